import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Model } from '../../../src/network/model.ts';
import { fuse } from '../../../src/network/fuse.ts';
import type { Network } from '../../../src/network/network.ts';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { QUAD, quadsOf } from '../../../src/kernels/spec.ts';
import { expectation } from '../search/evaluations.ts';
import { fullMasks, randomImages, randomModel } from './models.ts';

/**
 * Random images, and a random network that classifies them well: its own predictions are the labels, and its scores are
 * centred and scaled so that they differ between images. So pruning raises the loss, as for a trained network.
 */
export function classifier(
  network: Network,
  count: number,
  seed: string,
  scale: number,
): { model: Model; images: ImageSet } {
  const random = randomModel(network, seed);
  const unlabelled = randomImages(network, count, seed);
  const masks = fullMasks(network);
  const logits = referenceLogits(random, unlabelled, masks);
  const stride = quadsOf(count) * QUAD;
  // The last layer has weights and a bias.
  const { source } = fuse(network).at(-1)!;
  const [weight, bias] = [source.weight!, source.bias!];
  const tensors = new Map(random.tensors);
  tensors.set(
    weight,
    random.tensors.get(weight)!.map((w) => w * scale),
  );
  tensors.set(
    bias,
    random.tensors.get(bias)!.map((b, c) => {
      const scores = logits.subarray(c * stride, c * stride + count);
      return (b - scores.reduce((sum, score) => sum + score, 0) / count) * scale;
    }),
  );
  const model = { ...random, tensors };
  const { predictions } = expectation(model, unlabelled, masks);
  return { model, images: { ...unlabelled, labels: predictions } };
}
