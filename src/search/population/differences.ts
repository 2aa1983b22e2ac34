/** Which differences are joined in the next generation. */
import { countPruned, type Masks } from '../../core/mask.ts';
import { areEqual } from './breeder.ts';
import { withDifference, type Difference } from './crossover.ts';

/** The `count` most efficient differences that `masks` do not have yet. */
export function worthJoining(
  differences: readonly Difference[],
  masks: Masks,
  count: number,
): readonly Difference[] {
  const missing = differences.filter((one) => !areEqual(withDifference(masks, one), masks));
  return byEfficiency(missing).slice(0, count);
}

/** Those that lower the loss first, then by weights pruned for each nat, most first. */
function byEfficiency(differences: readonly Difference[]): readonly Difference[] {
  const efficiency = ({ from, to, lossChange }: Difference) =>
    lossChange <= 0 ? Infinity : (countPruned(to) - countPruned(from)) / lossChange;
  const ranked = differences.map((difference) => ({ difference, value: efficiency(difference) }));
  ranked.sort((a, b) =>
    a.value === b.value ? a.difference.lossChange - b.difference.lossChange : b.value - a.value,
  );
  return ranked.map(({ difference }) => difference);
}
