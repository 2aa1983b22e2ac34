import { macsOf } from '../../../src/engine/plan/macs.ts';
import { fuse } from '../../../src/network/fuse.ts';
import { aliveAt } from '../../../src/network/liveness.ts';
import type { Network } from '../../../src/network/network.ts';
import type { CountingEvaluator } from '../../../src/search/contract.ts';

/**
 * Records at which fused layers an evaluator starts, as its work shows: a batch that takes just the multiply-accumulates
 * of the layers from one on has started there. Batches that also extend the cache are not recorded.
 */
export function recordStarts(evaluator: CountingEvaluator, network: Network) {
  const layers = fuse(network);
  const rest = layers.map((_, s) => macsOf(layers, s, layers.length));
  const starts = new Set<number>();
  const recording: CountingEvaluator = {
    ...{ layers: evaluator.layers, depth: evaluator.depth, images: evaluator.images },
    macsPerImage: evaluator.macsPerImage,
    get work() {
      return evaluator.work;
    },
    get batchWidth() {
      return evaluator.batchWidth;
    },
    close: () => evaluator.close(),
    async evaluate(candidates, options) {
      const before = evaluator.work;
      const evaluations = await evaluator.evaluate(candidates, options);
      const { macs, imagesEvaluated } = evaluator.work;
      const images = imagesEvaluated - before.imagesEvaluated;
      layers.forEach(({ mask }, s) => {
        // Layers without weights take no multiply-accumulates, and no candidate starts there.
        if (images > 0 && mask !== undefined && macs - before.macs === rest[s]! * images) starts.add(s);
      });
      return evaluations;
    },
  };
  /** Whether some batch started between the two ends of a residual block, where two tensors are alive. */
  const insideBlock = () => [...starts].some((s) => aliveAt(layers, s).length > 1);
  return { recording, starts, insideBlock };
}
