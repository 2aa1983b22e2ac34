/** A comparison's figures grouped by method and by baseline, for tables and sentences. */
import {
  BASELINE_NAMES,
  spreadOf,
  type BaselineName,
  type ComparedRun,
  type Comparison,
  type MatchedPoint,
} from './article.ts';
import type { HistoryRow } from '../../search/contract.ts';
import { fixed, percent } from '../text/numbers.ts';
import { tradeOffScore, type Method } from '../run/result.ts';
import type { Score } from '../../search/contract.ts';

/** The runs of one method, by seed; at least one. */
export interface MethodRuns {
  readonly method: Method;
  readonly runs: readonly ComparedRun[];
}

/** A baseline at the global sparsities of one method's runs, one point for each run; at least one. */
export interface MatchedBaseline {
  readonly baseline: BaselineName;
  readonly points: readonly MatchedPoint[];
}

const METHODS: readonly Method[] = ['sa', 'ga'];

/** The methods that were run. */
export function methodsOf({ runs }: Comparison): readonly MethodRuns[] {
  return METHODS.map((method) => ({ method, runs: runs.filter((run) => run.method === method) })).filter(
    (group) => group.runs.length > 0,
  );
}

/** The baselines that were matched to the runs of `method`. */
export function matchedTo({ matched }: Comparison, method: Method): readonly MatchedBaseline[] {
  return BASELINE_NAMES.map((baseline) => ({
    baseline,
    points: matched.filter((point) => point.method === method && point.baseline === baseline),
  })).filter(({ points }) => points.length > 0);
}

/** The score that counts: on the test images if the search did not see them. */
export function decisive({ test, search }: { readonly test?: Score; readonly search: Score }): Score {
  return test ?? search;
}

/** The score of a run that counts. */
export function decisiveOf({ test, final }: ComparedRun): Score {
  return test ?? final;
}

/** Which images the decisive accuracy is on. */
export function accuracyName({ heldOut }: Pick<Comparison, 'heldOut'>): string {
  return heldOut ? 'test accuracy' : 'accuracy on the images searched';
}

/** The trade-off score of masks of a baseline. */
export function baselineTradeOff(
  point: Pick<MatchedPoint, 'sparsity' | 'search' | 'test'>,
  { unpruned }: Pick<Comparison, 'unpruned'>,
): number {
  return tradeOffScore(point.sparsity.meanLayer, decisive(point).accuracy, decisive(unpruned).accuracy);
}

/** The history row of a run's result; undefined if it accepted nothing, so that the result is the unpruned network. */
export function resultRow({ history, final }: ComparedRun): HistoryRow | undefined {
  return history.findLast(({ cost, loss }) => cost === final.cost && loss === final.loss);
}

/** Names of the layers that the searches pruned, in the order of the comparison's; the baselines prune all. */
export function searchedLayers({ layers, runs }: Pick<Comparison, 'layers' | 'runs'>): readonly string[] {
  const names = String(runs[0]?.parameters['layers'] ?? '').split(',');
  const all = layers.map(({ name }) => name);
  return names.every((name) => name === '') ? all : all.filter((name) => names.includes(name));
}

/** Whether the searches were limited to some layers, which the baselines were not. */
export function isPartial(comparison: Pick<Comparison, 'layers' | 'runs'>): boolean {
  return searchedLayers(comparison).length < comparison.layers.length;
}

/** The last history row of each layer, if there is one, in the order of the comparison's layers. */
export function lastRows({ layers }: Pick<Comparison, 'layers'>, { history }: ComparedRun) {
  return layers.map(({ position }) => history.findLast(({ layer }) => layer === position));
}

/** Mean of at least one value. */
export function meanOf(values: readonly number[]): number {
  return spreadOf(values).mean;
}

/** Fractions as "87.44 ± 0.12 %": mean and sample standard deviation; one value stands alone. */
export function percentSpread(fractions: readonly number[]): string {
  const { mean, deviation } = spreadOf(fractions);
  return fractions.length > 1 ? `${fixed(100 * mean, 2)}\u00a0±\u00a0${percent(deviation)}` : percent(mean);
}

/** Values as "0.9923 ± 0.0041", with `digits` decimals; one value stands alone. */
export function fixedSpread(values: readonly number[], digits: number): string {
  const { mean, deviation } = spreadOf(values);
  const text = fixed(mean, digits);
  return values.length > 1 ? `${text}\u00a0±\u00a0${fixed(deviation, digits)}` : text;
}
