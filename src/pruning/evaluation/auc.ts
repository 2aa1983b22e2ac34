/** The area under the ROC curve: how well outputs separate images with the answer yes from those with no, whatever the threshold. */
import type { AreaUnderCurve } from '../../report/run/result.ts';

/** Outputs and their targets, both [image][output]; targets are 1 or 0. */
export interface Answers {
  readonly outputs: Float32Array;
  readonly targets: ArrayLike<number>;
  /** Outputs per image. */
  readonly width: number;
}

/**
 * Mean over the outputs; `leftOut` are those that have one answer for all images, for which there is none. Undefined if all are left
 * out.
 */
export function areaUnderCurve(
  unpruned: Float32Array,
  pruned: Float32Array,
  { targets, width }: Omit<Answers, 'outputs'>,
): AreaUnderCurve | undefined {
  const all = Array.from({ length: width }, (_, output) => output);
  const areas = [unpruned, pruned].map((outputs) =>
    all.map((output) => areaOf({ outputs, targets, width }, output)),
  );
  const leftOut = all.filter((output) => areas[0]![output] === undefined);
  if (leftOut.length === width) return undefined;
  const mean = (values: readonly (number | undefined)[]) =>
    values.reduce<number>((sum, value = 0) => sum + value, 0) / (width - leftOut.length);
  return { unpruned: mean(areas[0]!), pruned: mean(areas[1]!), ...(leftOut.length > 0 && { leftOut }) };
}

/**
 * The chance that an image with target 1 has a higher output than one with target 0, of equal outputs half: from the sum of the ranks
 * of the ones, where equal outputs share the mean of their ranks (Mann and Whitney). Undefined if all targets are equal.
 */
export function areaOf({ outputs, targets, width }: Answers, output: number): number | undefined {
  const count = targets.length / width;
  const values = Array.from({ length: count }, (_, image) => ({
    score: outputs[image * width + output]!,
    isOne: targets[image * width + output]! !== 0,
  })).sort((a, b) => a.score - b.score);
  let [ones, rankSum] = [0, 0];
  for (let first = 0; first < count;) {
    let end = first + 1;
    while (end < count && values[end]!.score === values[first]!.score) end++;
    const equal = values.slice(first, end).filter(({ isOne }) => isOne).length;
    ones += equal;
    // Ranks from 1: those of the equal ones are first + 1 to end.
    rankSum += (equal * (first + 1 + end)) / 2;
    first = end;
  }
  const zeros = count - ones;
  return ones === 0 || zeros === 0 ? undefined : (rankSum - (ones * (ones + 1)) / 2) / (ones * zeros);
}
