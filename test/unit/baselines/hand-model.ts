import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Model } from '../../../src/network/model.ts';
import { flat, full, modelOf, stack } from '../../helpers/data/networks.ts';

/** Two pixels, two hidden units, two classes. Weights are numbered 0 to 3 in `fc`, 4 to 7 in `out`, [output, input]. */
export const handModel: Model = modelOf(
  stack([1, 1, 2], flat, full('fc', 2, 'relu'), full('out', 2)),
  { mean: 0, std: 1 },
  [
    { weight: Float32Array.of(1, -1.5, 0.5, 0.75), bias: Float32Array.of(0, 0) },
    { weight: Float32Array.of(2, -2.2, -0.1, 0.1), bias: Float32Array.of(3, 0) },
  ],
);

/** Three times the pixels (1, 0), once (1, 1): a last quad without padding. */
export const handImages: ImageSet = {
  count: 4,
  height: 1,
  width: 2,
  pixels: Uint8Array.of(255, 0, 255, 0, 255, 255, 255, 0),
  labels: Uint8Array.of(0, 1, 0, 1),
};
