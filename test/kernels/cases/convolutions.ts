/** masked_conv2d beyond LeNet's layers: strides, dilation, groups, any kernel and padding, both kinds of pooling, all activations. */
import { ACTIVATIONS, DEFAULT_ALPHA, type Activation } from '../../../src/kernels/activation.ts';
import { convSizes, type ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import { maskedConv2d as reference } from '../../../src/kernels/reference/masked-conv2d.ts';
import { quadsOf } from '../../../src/kernels/spec.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { assertSensitive } from '../../helpers/assert/sensitive.ts';
import { layerBounds } from '../../helpers/assert/tolerance.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { padImages, unpadImages } from '../pad-images.ts';
import type { KernelCase } from '../table.ts';
import type { LayerInput, NextLayer } from './masked-layers.ts';

interface Row {
  readonly shape?: Partial<ConvShape>;
  readonly end?: Activation;
  readonly images?: number;
  readonly density?: number;
  readonly next?: NextLayer;
}

/** Odd sizes, so that the last of two pixels has no neighbour. */
const base: ConvShape = {
  ...{ inChannels: 4, inHeight: 8, inWidth: 9, outChannels: 6, groups: 1, pool: 'none' },
  ...{ kernel: [3, 3], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] },
  ...{ activation: 'relu', alpha: 0 },
};

const rows: readonly Row[] = [
  ...ACTIVATIONS.map((end): Row => ({ end, shape: { padding: [1, 1, 1, 1] } })),
  // Activations with other parameters than the usual.
  ...(['leaky-relu', 'elu', 'hard-sigmoid'] as const).map((activation): Row => ({
    shape: { activation, alpha: 0.3 },
  })),
  // Strides over images that they do and do not divide.
  { shape: { stride: [2, 2] } },
  { shape: { stride: [2, 2], padding: [1, 1, 1, 1] }, next: 1 },
  { shape: { stride: [1, 3] }, density: 1, next: 2 },
  { shape: { stride: [3, 1], padding: [0, 1, 0, 1] }, density: 0.1 },
  { shape: { stride: [4, 5], kernel: [1, 1] }, density: 1, images: 37 },
  // A different padding on every side.
  { shape: { padding: [2, 0, 1, 3] }, images: 24, next: 1 },
  { shape: { padding: [0, 1, 1, 0], stride: [2, 2] }, images: 23 },
  // Kernels that are not square, and one as large as the image.
  { shape: { kernel: [1, 5], padding: [0, 2, 0, 2] } },
  { shape: { kernel: [5, 1] }, density: 1 },
  { shape: { kernel: [2, 4], padding: [1, 2, 0, 1] } },
  { shape: { kernel: [8, 9] }, images: 25, density: 1 },
  // One column.
  { shape: { kernel: [3, 9] }, images: 13, next: 1 },
  // Channels of a power of two of pixels.
  { shape: { inHeight: 8, inWidth: 8 }, density: 1 },
  // Holes.
  { shape: { dilation: [2, 2] } },
  { shape: { dilation: [2, 3], padding: [2, 3, 2, 3] }, density: 1, next: 0 },
  { shape: { dilation: [3, 1], stride: [1, 2], kernel: [2, 3] } },
  // Groups whose outputs are complete, in pairs and not.
  ...[1, 0.5, 0].map((density): Row => ({ shape: { groups: 2 }, density })),
  { shape: { groups: 2, outChannels: 10, stride: [2, 1], padding: [1, 1, 0, 0] }, density: 1 },
  { shape: { groups: 4, outChannels: 8 }, density: 1, images: 25 },
  { shape: { groups: 4, outChannels: 4, kernel: [2, 2] }, density: 1 },
  // Pooling of images with even and odd sizes.
  ...(['max', 'average'] as const).flatMap((pool): Row[] => [
    { shape: { pool } },
    { shape: { pool, inHeight: 9, inWidth: 10 }, next: 2, images: 26 },
    { shape: { pool, stride: [2, 1], padding: [1, 2, 1, 0] }, density: 1 },
    { shape: { pool, groups: 2, dilation: [1, 2] }, end: 'tanh' },
    { shape: { pool, kernel: [1, 1] }, end: 'gelu', density: 1 },
  ]),
  { shape: { pool: 'max' }, end: 'none' },
  // Signals.
  { shape: { inHeight: 1, inWidth: 30, kernel: [1, 5], stride: [1, 2], padding: [0, 2, 0, 2] } },
  { shape: { inHeight: 1, inWidth: 31, kernel: [1, 3], dilation: [1, 4], groups: 2 }, density: 1 },
  // Around half a block and a block of WebAssembly.
  ...[1, 12, 23, 25, 49].map((images): Row => ({
    images,
    shape: { stride: [2, 2], padding: [1, 0, 1, 0], groups: 2 },
  })),
];

/** Random numbers; fails also if a flipped mask bit or two swapped weights would not be noticed. */
function convolution(row: Row): KernelCase<LayerInput<ConvShape>, Float32Array> {
  const { end, images = 13, density = 0.6, next = 'dense' } = row;
  const ending = end === undefined ? {} : { activation: end, alpha: DEFAULT_ALPHA[end] ?? 0 };
  const shape = { ...base, ...row.shape, ...ending };
  const { weights } = convSizes(shape);
  const changed = Object.entries({ ...row.shape, ...ending }).map((size) => size.join(' '));
  const name = [...changed, `${images} images`, `density ${density}`, `into ${next}`].join(', ');
  return {
    name,
    input() {
      const random = generator(`convolution ${name}`);
      return {
        ...{ shape, images, next, tiling: { workgroupSize: 64, images: 1, outputs: 4 } },
        x: random.floats(shape.inChannels * shape.inHeight * shape.inWidth * images, 2),
        weight: random.floats(weights),
        bias: random.floats(shape.outChannels),
        mask: random.bits(weights, density),
      };
    },
    check(y, { x, weight, bias, mask }) {
      const [quads, padded] = [quadsOf(images), new Float64Array(padImages(x, images))];
      const bounds = layerBounds({ kind: 'conv2d', shape }, quads, [padded], { weight, bias, mask });
      const compare = (otherWeight: Float32Array, otherMask: Uint32Array) => {
        const twin = reference(shape, quads, padded, { weight: otherWeight, bias, mask: otherMask });
        assertClose(y, unpadImages(twin, images), {
          label: name,
          bound: unpadImages(bounds, images),
          allowConstant: density === 0,
        });
      };
      compare(weight, mask);
      if (density > 0) assertSensitive(weight, mask, compare);
    },
  };
}

export const convolutions = rows.map(convolution);
