/** masked_conv2d and masked_dense: a layer with bias, activation and pooling, of which some weights are pruned. */
import * as assert from 'uvu/assert';
import { ACTIVATIONS, type Activation } from '../../../src/kernels/activation.ts';
import { convSizes, type ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import type { DenseShape } from '../../../src/kernels/masked-dense.ts';
import { maskedConv2d as referenceConv2d } from '../../../src/kernels/reference/masked-conv2d.ts';
import { maskedDense as referenceDense } from '../../../src/kernels/reference/masked-dense.ts';
import { ACTIVATION_LIMIT, quadsOf, type Tiling } from '../../../src/kernels/spec.ts';
import { assertClose } from '../../helpers/assert-close.ts';
import { assertSensitive } from '../../helpers/assert-sensitive.ts';
import { generator } from '../../helpers/numbers.ts';
import { padImages, unpadImages } from '../../helpers/run-kernel.ts';
import { convBounds, denseBounds } from '../../helpers/tolerance.ts';
import type { KernelCase } from '../case.ts';
import { SHAPES } from './shapes.ts';

export interface LayerInput<Shape> {
  readonly shape: Shape;
  readonly images: number;
  /** [feature, image]; the output, activated and pooled, is too. */
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** Bits of `weight`. */
  readonly mask: Uint32Array;
  /** How a GPU divides the work. */
  readonly tiling: Tiling;
  /** What takes the output, for devices that write it where the next layer reads it. */
  readonly next: NextLayer;
}

/** A dense layer, or a convolution with that padding. */
export type NextLayer = 'dense' | 0 | 1 | 2;

/** Workgroup size, images and outputs of an invocation. */
type TilingRow = readonly [workgroupSize: number, images: 1 | 2 | 4, outputs: number];

type ConvRow = readonly [
  shape: Omit<ConvShape, 'activation'>,
  activation: Activation,
  images: number,
  density: number,
  tiling: TilingRow,
  next: NextLayer,
];

type DenseRow = readonly [
  inputs: number,
  outputs: number,
  activation: Activation,
  images: number,
  density: number,
  tiling: TilingRow,
];

/** Around quads, blocks of 24 images and halves of them, and workgroups of 64 invocations of 4. */
const IMAGE_COUNTS = [1, 3, 4, 5, 12, 13, 23, 24, 25, 255, 256, 257];

const { lenetConv1, lenetConv2, oddPooled, oddPlain, pointwise, wholeImage } = SHAPES;

const convRows: readonly ConvRow[] = [
  [lenetConv1, 'sigmoid', 13, 0.6, [64, 1, 8], 0],
  [lenetConv2, 'sigmoid', 13, 0.4, [16, 4, 8], 'dense'],
  ...ACTIVATIONS.map((activation): ConvRow => [oddPooled, activation, 21, 0.5, [32, 2, 4], 1]),
  ...IMAGE_COUNTS.map((images): ConvRow => [
    oddPlain,
    'tanh',
    images,
    0.7,
    [64, 4, 8],
    images % 2 === 0 ? 'dense' : 2,
  ]),
  ...[0, 0.1, 1].map((density): ConvRow => [oddPooled, 'relu', 9, density, [256, 1, 4], 'dense']),
  ...[0, 0.1, 1].map((density): ConvRow => [oddPooled, 'relu', 9, density, [256, 1, 4], 2]),
  [oddPlain, 'sigmoid', 50, 1, [64, 4, 8], 1],
  [pointwise, 'none', 66, 0.5, [16, 4, 12], 2],
  [pointwise, 'none', 24, 1, [16, 4, 12], 'dense'],
  [wholeImage, 'none', 6, 0.9, [1, 2, 8], 'dense'],
];

const denseRows: readonly DenseRow[] = [
  [400, 120, 'sigmoid', 70, 0.5, [64, 1, 8]],
  [84, 10, 'none', 70, 0.5, [16, 4, 16]],
  ...ACTIVATIONS.map((activation): DenseRow => [37, 13, activation, 11, 0.5, [32, 2, 4]]),
  ...[1, 2, 3, 4, 5].map((outputs): DenseRow => [33, outputs, 'tanh', 7, 0.8, [64, 1, 4]]),
  ...[1, 2, 3, 4, 5].map((outputs): DenseRow => [33, outputs, 'tanh', 7, 1, [64, 1, 4]]),
  ...IMAGE_COUNTS.map((images): DenseRow => [19, 6, 'sigmoid', images, 0.6, [64, 4, 8]]),
  ...[0, 0.1, 1].map((density): DenseRow => [130, 9, 'none', 10, density, [256, 2, 12]]),
];

const tilingOf = ([workgroupSize, images, outputs]: TilingRow) => ({ workgroupSize, images, outputs });

export const maskedConv2d = convRows.map(([shape, activation, images, density, tiling, next]) => {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool } = shape;
  const name =
    `${inChannels}x${inHeight}x${inWidth} to ${outChannels}, kernel ${kernel}, padding ${padding}, pool ${pool}, ` +
    `into ${next === 'dense' ? 'a dense layer' : `padding ${next}`}`;
  const sizes = {
    inputs: inChannels * inHeight * inWidth,
    weights: convSizes({ ...shape, activation }).weights,
    biases: outChannels,
  };
  const given = { shape: { ...shape, activation }, images, tiling: tilingOf(tiling), next };
  return randomCase(name, given, density, sizes, { reference: referenceConv2d, bounds: convBounds });
});

const twinOfDense = { reference: referenceDense, bounds: denseBounds };

export const maskedDense = [
  ...denseRows.map(([inputs, outputs, activation, images, density, tiling]) => {
    const shape = { inputs, outputs, activation };
    const sizes = { inputs, weights: inputs * outputs, biases: outputs };
    const given = { shape, images, tiling: tilingOf(tiling), next: 'dense' } as const;
    return randomCase(`${inputs} to ${outputs}`, given, density, sizes, twinOfDense);
  }),
  ...(['none', 'relu'] as const).map((activation) =>
    plantedCase(
      `${activation} is clamped, so that no later sum overflows`,
      activation,
      [1e15, 1e15],
      [
        [1e15, 1e15, Math.fround(ACTIVATION_LIMIT)],
        [-1e15, -1e15, activation === 'relu' ? 0 : -Math.fround(ACTIVATION_LIMIT)],
        [0.25, 0.25, Math.fround(5e14)],
      ],
    ),
  ),
  ...(['sigmoid', 'tanh'] as const).map((activation) =>
    plantedCase(
      `${activation} reaches its bounds and does not exceed them`,
      activation,
      [1e15],
      [
        [1e15, 1],
        [-1e15, activation === 'tanh' ? -1 : 'tiny'],
        [1e-13, 1],
        [0, activation === 'tanh' ? 0 : 0.5],
      ],
    ),
  ),
];

interface Sizes {
  readonly inputs: number;
  readonly weights: number;
  readonly biases: number;
}

/** Both with activations [..., quad, 4]: a layer in float64, and how far from it float32 may be. */
type OfLayer<Shape> = (
  shape: Shape,
  quads: number,
  x: Float64Array,
  weight: Float32Array,
  bias: Float32Array,
  mask: Uint32Array,
) => Float64Array;

interface Twin<Shape> {
  readonly reference: OfLayer<Shape>;
  readonly bounds: OfLayer<Shape>;
}

/** A layer of random numbers against its float64 twin; a flipped mask bit and two swapped weights must be noticed. */
function randomCase<Shape extends { readonly activation: Activation }>(
  shapeName: string,
  given: Pick<LayerInput<Shape>, 'shape' | 'images' | 'tiling' | 'next'>,
  density: number,
  { inputs, weights, biases }: Sizes,
  { reference, bounds }: Twin<Shape>,
): KernelCase<LayerInput<Shape>, Float32Array> {
  const { shape, images, tiling } = given;
  const name =
    `${shapeName}, ${shape.activation}, ${images} images, density ${density}, ` +
    `${tiling.workgroupSize} invocations of ${tiling.images} x ${tiling.outputs}`;
  return {
    name,
    input() {
      const random = generator(name);
      const x = random.floats(inputs * images, 2);
      const [weight, bias] = [random.floats(weights), random.floats(biases)];
      const mask = random.bits(weights, density);
      // Two of every five outputs are complete, unless few weights are kept: some kernels treat those differently.
      for (let i = 0; density >= 0.5 && i < weights; i++) {
        if (Math.floor((i * biases) / weights) % 5 < 2) mask[i >>> 5]! |= 1 << (i & 31);
      }
      return { ...given, x, weight, bias, mask };
    },
    check(y, { x, weight, bias, mask }) {
      const [quads, padded] = [quadsOf(images), new Float64Array(padImages(x, images))];
      const bound = unpadImages(bounds(shape, quads, padded, weight, bias, mask), images);
      const compare = (otherWeight: Float32Array, otherMask: Uint32Array) => {
        const twin = reference(shape, quads, padded, otherWeight, bias, otherMask);
        // With all weights pruned every pixel of a channel is its bias; with one channel all are the same.
        assertClose(y, unpadImages(twin, images), { label: name, bound, allowConstant: density === 0 });
      };
      compare(weight, mask);
      if (density > 0) assertSensitive(weight, mask, compare);
    },
  };
}

/** A dense layer over one image, unpruned and without biases. `rows`: the weights of each output, then what it must be. */
function plantedCase(
  name: string,
  activation: Activation,
  x: readonly number[],
  rows: readonly (readonly (number | 'tiny')[])[],
): KernelCase<LayerInput<DenseShape>, Float32Array> {
  return {
    name,
    input: () => ({
      shape: { inputs: x.length, outputs: rows.length, activation },
      images: 1,
      x: Float32Array.from(x),
      weight: Float32Array.from(rows.flatMap((row) => row.slice(0, -1) as number[])),
      bias: new Float32Array(rows.length),
      mask: Uint32Array.of(2 ** (x.length * rows.length) - 1),
      tiling: { workgroupSize: 64, images: 1, outputs: 4 },
      next: 'dense',
    }),
    check(y) {
      const isTiny = (value: number) => value > 0 && value < 1e-34;
      const expected = rows.map((row) => row.at(-1));
      assert.equal(
        Array.from(y, (value, i) => (expected[i] === 'tiny' && isTiny(value) ? 'tiny' : value)),
        expected,
      );
    },
  };
}
