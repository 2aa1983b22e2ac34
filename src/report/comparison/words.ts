/** Texts that the pages and terminal tables of both presets share. */
import { count, fixed, percent } from '../text/numbers.ts';
import { METHOD_ABBREVIATIONS } from '../text/words.ts';
import type { ComparedRun, Comparison } from './comparison.ts';
import { isPartial, searchedLayers } from './figures.ts';
import { spreadOf } from './statistics.ts';

/** Name of the decisive accuracy. */
export function accuracyName({ heldOut }: Pick<Comparison, 'heldOut'>): string {
  return heldOut ? 'test accuracy' : 'accuracy on the tuning images';
}

/** "SA, seed 1" or "split 1, seed 2": how the runs of a preset differ. */
export function runName(
  { preset }: Pick<Comparison, 'preset'>,
  { method, splitSeed, seed }: ComparedRun,
): string {
  return `${preset === 'paper' ? METHOD_ABBREVIATIONS[method] : `split ${splitSeed}`}, seed ${seed}`;
}

/** Which layers were searched, if not all, as a list with none or one sentence. `others` are the baselines. */
export function partialNote(
  comparison: Pick<Comparison, 'layers' | 'runs'>,
  others = 'the baselines',
): readonly string[] {
  if (!isPartial(comparison)) return [];
  return [`The searches pruned ${searchedLayers(comparison).join(', ')} alone, ${others} all layers.`];
}

/** Where the deviations of matched baselines come from. */
export const BASELINE_DEVIATION =
  'for magnitude pruning and Wanda, which have no seed, it comes only from the runs’ different sparsities';

/** Fractions as "87.44 ± 0.12 %": mean and sample standard deviation, which a single value does not have. */
export function percentSpread(fractions: readonly number[]): string {
  const { mean, deviation } = spreadOf(fractions);
  return fractions.length > 1 ? withDeviation(fixed(100 * mean, 2), percent(deviation)) : percent(mean);
}

/** Values as "0.9923 ± 0.0041", with `digits` decimals: mean and sample standard deviation, which a single value does not have. */
export function fixedSpread(values: readonly number[], digits: number): string {
  const { mean, deviation } = spreadOf(values);
  return values.length > 1
    ? withDeviation(fixed(mean, digits), fixed(deviation, digits))
    : fixed(mean, digits);
}

/** Whole numbers as "1,426 ± 7", without a deviation if all are equal. */
export function countSpread(values: readonly number[]): string {
  const { mean, deviation } = spreadOf(values);
  return deviation === 0 ? count(mean) : withDeviation(count(mean), count(deviation));
}

/** "1.20 percentage points", the size of a difference; undefined if it is 0 in the digits shown. */
export function pointsText(points: number): string | undefined {
  const size = fixed(Math.abs(points), 2);
  return size === '0.00' ? undefined : `${size}\u00a0percentage points`;
}

function withDeviation(mean: string, deviation: string): string {
  return `${mean}\u00a0±\u00a0${deviation}`;
}
