import type { ImageSet } from '../data/dataset.ts';
import type { Model } from '../network/model.ts';
import { prunableWeights, problemOf } from '../network/problem.ts';
import { inputNorms } from './input-norms.ts';
import type { PruningOrder } from './order.ts';
import { ascendingPerOutput, uniformOverLayers } from './ranking.ts';

/**
 * By rising |w| times the L2 norm of the weight's input over `images`, compared among the weights of one output; the
 * same fraction of every layer, and of every output of it. After Sun, Liu, Bair and Kolter, "A Simple and Effective
 * Pruning Approach for Large Language Models" (2023, arXiv:2306.11695), who prune dense layers; `inputNorms` says what
 * the input of a convolution's weight is. Rejects with 'bad-input' if model and images do not fit each other, with
 * 'aborted' once `signal` is.
 */
export async function wandaOrder(
  model: Model,
  images: ImageSet,
  options?: { readonly signal?: AbortSignal | undefined },
): Promise<PruningOrder> {
  const scores = await wandaScores(model, images, options);
  const rankings = problemOf(model.network).layers.map(({ shape }, layer) =>
    ascendingPerOutput(scores[layer]!, shape[0]!),
  );
  return uniformOverLayers(rankings);
}

/** |w| times the norm of the weight's input, one array for each layer with weights. Rejects as `wandaOrder` does. */
export async function wandaScores(
  model: Model,
  images: ImageSet,
  options?: { readonly signal?: AbortSignal | undefined },
): Promise<readonly Float64Array[]> {
  const norms = await inputNorms(model, images, options);
  return prunableWeights(model).map((weight, layer) => {
    const norm = norms[layer]!;
    return Float64Array.from(weight, (w, i) => Math.abs(w) * norm[i]!);
  });
}
