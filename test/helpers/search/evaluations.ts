import type { ImageSet } from '../../../src/data/dataset.ts';
import { ALL_OPTIMIZATIONS, type Optimizations } from '../../../src/engine/optimizations.ts';
import type { Model } from '../../../src/network/model.ts';
import { classesOf } from '../../../src/network/fuse.ts';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { softmaxCrossEntropy } from '../../../src/kernels/reference/softmax-cross-entropy.ts';
import { LOSS_UNITS } from '../../../src/kernels/loss-sum.ts';
import { QUAD, quadsOf } from '../../../src/kernels/spec.ts';
import type { Candidate, Evaluation, Evaluator } from '../../../src/search/contract.ts';
import type { Masks } from '../../../src/core/mask.ts';
import { withTimeout } from '../gpu.ts';
import { logitBounds, lossBound } from '../assert/tolerance.ts';

export const OPTIMIZATION_NAMES = Object.keys(ALL_OPTIMIZATIONS) as (keyof Optimizations)[];

/** Every candidate runs all layers over all images, in their own order. */
export const NO_OPTIMIZATIONS = Object.fromEntries(
  OPTIMIZATION_NAMES.map((name) => [name, false]),
) as unknown as Optimizations;

/** Evaluates `candidates` in batches of `batchWidth`. */
export async function evaluateAll(
  evaluator: Evaluator,
  candidates: readonly Candidate[],
  batchWidth = 1,
): Promise<readonly Evaluation[]> {
  const evaluations: Evaluation[] = [];
  for (let i = 0; i < candidates.length; i += batchWidth) {
    const batch = evaluator.evaluate(candidates.slice(i, i + batchWidth));
    evaluations.push(...(await withTimeout(batch, 30_000, 'an evaluation')));
  }
  return evaluations;
}

/** Evaluates masks without a limit. */
export async function evaluateFull(evaluator: Evaluator, masks: Masks) {
  const [evaluation] = await evaluateAll(evaluator, [{ masks }]);
  if (!evaluation || evaluation.exceeded) throw new Error('there is no loss');
  return evaluation;
}

/** The float64 results of masks, and how far float32 may be from them. */
export interface Expectation {
  readonly loss: number;
  /** A class score that is off by at most b changes the cross-entropy by at most 2 b. */
  readonly bound: number;
  /** The best class of each image. */
  readonly predictions: Uint8Array;
  /** Images whose two best classes are closer than the bounds of their scores: float32 may prefer the other. */
  readonly unclear: number;
}

export function expectation(model: Model, images: ImageSet, masks: Masks): Expectation {
  const { count, labels } = images;
  const classes = classesOf(model.network);
  const logits = referenceLogits(model, images, masks);
  const bounds = logitBounds(model, images, masks);
  const losses = new Uint32Array(count);
  const { units } = softmaxCrossEntropy({ classes }, count, logits, labels!, losses);
  const stride = quadsOf(count) * QUAD;
  const predictions = new Uint8Array(count);
  let [unclear, bound] = [0, 0];
  for (let image = 0; image < count; image++) {
    const at = (values: Float64Array) =>
      Array.from({ length: classes }, (_, c) => values[c * stride + image]!);
    const [scores, reach] = [at(logits), at(bounds)];
    const [best, second] = scores.map((_, c) => c).sort((a, b) => scores[b]! - scores[a]!);
    predictions[image] = best!;
    if (scores[best!]! - scores[second!]! <= reach[best!]! + reach[second!]!) unclear++;
    bound += 2 * Math.max(...reach) + lossBound(classes, losses[image]! / LOSS_UNITS);
  }
  return { loss: units / LOSS_UNITS / count, bound: bound / count, predictions, unclear };
}
