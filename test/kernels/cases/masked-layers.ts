/** masked_conv2d and masked_dense: one layer with bias, activation and pooling, some of its weights pruned. */
import * as assert from 'uvu/assert';
import {
  ACTIVATIONS,
  DEFAULT_ALPHA,
  type Activated,
  type Activation,
} from '../../../src/kernels/activation.ts';
import { convSizes, type ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import type { DenseShape } from '../../../src/kernels/masked-dense.ts';
import { maskedConv2d as referenceConv2d } from '../../../src/kernels/reference/masked-conv2d.ts';
import { maskedDense as referenceDense } from '../../../src/kernels/reference/masked-dense.ts';
import type { LayerOperands } from '../../../src/kernels/reference/weights-tile.ts';
import { ACTIVATION_LIMIT, quadsOf, type Tiling } from '../../../src/kernels/spec.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { assertSensitive } from '../../helpers/assert/sensitive.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { layerBounds } from '../../helpers/assert/tolerance.ts';
import { padImages, unpadImages } from '../pad-images.ts';
import type { KernelCase } from '../table.ts';
import { GENERAL_SHAPES, MANY_PIXELS, SHAPES } from './shapes.ts';

export interface LayerInput<Shape> {
  readonly shape: Shape;
  readonly images: number;
  /** How a GPU divides the work. */
  readonly tiling: Tiling;
  /** The layer that reads the output: WebAssembly writes the output in that layer's layout. */
  readonly next: NextLayer;
  /** [feature, image]; so is the output, activated and pooled. */
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** Bits of `weight`. */
  readonly mask: Uint32Array;
}

/** A dense layer, or a convolution with that padding. */
export type NextLayer = 'dense' | 0 | 1 | 2;

type TilingRow = readonly [workgroupSize: number, images: 1 | 2 | 4, outputs: number];
type Row<Shape> = readonly [shape: Shape, images: number, density: number, TilingRow, next?: NextLayer];

/** Around multiples of 4, of 12 and 24 (half a block and a block of WebAssembly), and of 64 invocations of 4 images. */
const IMAGE_COUNTS = [1, 3, 4, 5, 12, 13, 23, 24, 25, 255, 256, 257];

const { lenetConv1, lenetConv2, oddPooled, oddPlain, pointwise, wholeImage } = SHAPES;
const ending = (activation: Activation): Activated => ({ activation, alpha: DEFAULT_ALPHA[activation] ?? 0 });
const pooled = (activation: Activation): ConvShape => ({ ...oddPooled, ...ending(activation) });
const plain = (activation: Activation): ConvShape => ({ ...oddPlain, ...ending(activation) });

const convRows: readonly Row<ConvShape>[] = [
  [{ ...lenetConv1, ...ending('sigmoid') }, 13, 0.6, [64, 1, 8], 0],
  [{ ...lenetConv2, ...ending('sigmoid') }, 13, 0.4, [16, 4, 8], 'dense'],
  ...ACTIVATIONS.map((activation): Row<ConvShape> => [pooled(activation), 21, 0.5, [32, 2, 4], 1]),
  ...IMAGE_COUNTS.map((n): Row<ConvShape> => [plain('tanh'), n, 0.7, [64, 4, 8], n % 2 ? 2 : 'dense']),
  ...[0, 0.1, 1].map((density): Row<ConvShape> => [pooled('relu'), 9, density, [256, 1, 4], 'dense']),
  ...[0, 0.1, 1].map((density): Row<ConvShape> => [pooled('relu'), 9, density, [256, 1, 4], 2]),
  [plain('sigmoid'), 50, 1, [64, 4, 8], 1],
  [{ ...pointwise, ...ending('none') }, 66, 0.5, [16, 4, 12], 2],
  [{ ...pointwise, ...ending('none') }, 24, 1, [16, 4, 12], 'dense'],
  [{ ...wholeImage, ...ending('none') }, 6, 0.9, [1, 2, 8], 'dense'],
  // All windows, in several tilings.
  ...Object.values(GENERAL_SHAPES).map((shape, i): Row<ConvShape> =>
    i % 2 === 0
      ? [{ ...shape, ...ending('relu') }, 6, 0.7, [16, 4, 4]]
      : [{ ...shape, ...ending('none') }, 67, 0.7, [64, 1, 8]],
  ),
  ...(['elu', 'leaky-relu'] as const).map((activation): Row<ConvShape> => [
    { ...plain(activation), alpha: 1.5 },
    9,
    0.7,
    [16, 4, 4],
  ]),
  [{ ...MANY_PIXELS, ...ending('none') }, 3, 1, [1, 4, 4]],
];

const sized = (inputs: number, outputs: number, activation: Activation): DenseShape => ({
  inputs,
  outputs,
  ...ending(activation),
});

const denseRows: readonly Row<DenseShape>[] = [
  [sized(400, 120, 'sigmoid'), 70, 0.5, [64, 1, 8]],
  [sized(84, 10, 'none'), 70, 0.5, [16, 4, 16]],
  ...ACTIVATIONS.map((activation): Row<DenseShape> => [sized(37, 13, activation), 11, 0.5, [32, 2, 4]]),
  ...[1, 2, 3, 4, 5].map((outputs): Row<DenseShape> => [sized(33, outputs, 'tanh'), 7, 0.8, [64, 1, 4]]),
  ...[1, 2, 3, 4, 5].map((outputs): Row<DenseShape> => [sized(33, outputs, 'tanh'), 7, 1, [64, 1, 4]]),
  ...IMAGE_COUNTS.map((images): Row<DenseShape> => [sized(19, 6, 'sigmoid'), images, 0.6, [64, 4, 8]]),
  ...[0, 0.1, 1].map((density): Row<DenseShape> => [sized(130, 9, 'none'), 10, density, [256, 2, 12]]),
];

/** Gives the float64 output of a kernel, or how far from it float32 may be: [..., quad, 4]. */
type OfLayer<Shape> = (shape: Shape, quads: number, x: Float64Array, operands: LayerOperands) => Float64Array;

interface Kind<Shape> {
  readonly reference: OfLayer<Shape>;
  readonly bounds: OfLayer<Shape>;
  readonly sizes: (shape: Shape) => readonly [inputs: number, weights: number, biases: number];
}

const conv2d: Kind<ConvShape> = {
  reference: referenceConv2d,
  bounds: (shape, quads, x, operands) => layerBounds({ kind: 'conv2d', shape }, quads, [x], operands),
  sizes: (shape) => [
    shape.inChannels * shape.inHeight * shape.inWidth,
    convSizes(shape).weights,
    shape.outChannels,
  ],
};

const dense: Kind<DenseShape> = {
  reference: referenceDense,
  bounds: (shape, quads, x, operands) => layerBounds({ kind: 'dense', shape }, quads, [x], operands),
  sizes: ({ inputs, outputs }) => [inputs, inputs * outputs, outputs],
};

/** Random numbers; fails also if a flipped mask bit or two swapped weights would not be noticed. */
function randomCase<Shape extends Activated>(
  { reference, bounds, sizes }: Kind<Shape>,
  [shape, images, density, [workgroupSize, perInvocation, outputs], next = 'dense']: Row<Shape>,
): KernelCase<LayerInput<Shape>, Float32Array> {
  const tiling = { workgroupSize, images: perInvocation, outputs };
  const sizesOfShape = Object.entries(shape).map((size) => size.join(' '));
  const name =
    `${sizesOfShape.join(', ')}, ${images} images, density ${density}, into ${next}, ` +
    `${workgroupSize} invocations of ${perInvocation} x ${outputs}`;
  return {
    name,
    input() {
      const [inputs, weights, biases] = sizes(shape);
      const random = generator(name);
      const mask = random.bits(weights, density);
      // Two of every five outputs are complete, unless few weights are kept: some kernels treat those differently.
      for (let i = 0; density >= 0.5 && i < weights; i++) {
        if (Math.floor((i * biases) / weights) % 5 < 2) mask[i >>> 5]! |= 1 << (i & 31);
      }
      const [x, weight, bias] = [
        random.floats(inputs * images, 2),
        random.floats(weights),
        random.floats(biases),
      ];
      return { shape, images, tiling, next, x, weight, bias, mask };
    },
    check(y, { x, weight, bias, mask }) {
      const [quads, padded] = [quadsOf(images), new Float64Array(padImages(x, images))];
      const bound = unpadImages(bounds(shape, quads, padded, { weight, bias, mask }), images);
      const compare = (otherWeight: Float32Array, otherMask: Uint32Array) => {
        const twin = reference(shape, quads, padded, { weight: otherWeight, bias, mask: otherMask });
        // With all weights pruned every pixel of a channel is its bias; with one channel all are the same.
        assertClose(y, unpadImages(twin, images), { label: name, bound, allowConstant: density === 0 });
      };
      compare(weight, mask);
      if (density > 0) assertSensitive(weight, mask, compare);
    },
  };
}

/** A dense layer of one output whose weights are all 1e15 and whose bias is 0, over images of equal pixels. */
function plantedCase(
  { activation, inputs, name }: { activation: Activation; inputs: number; name: string },
  pixels: readonly number[],
  expected: readonly (number | 'tiny' | 'tiny below 0')[],
): KernelCase<LayerInput<DenseShape>, Float32Array> {
  const images = pixels.length;
  return {
    name: `${activation} ${name}`,
    input: () => ({
      ...{ shape: { inputs, outputs: 1, ...ending(activation) }, images, next: 'dense' as const },
      tiling: { workgroupSize: 64, images: 1, outputs: 4 },
      x: Float32Array.from({ length: inputs * images }, (_, i) => pixels[i % images]!),
      ...{ weight: new Float32Array(inputs).fill(1e15), bias: new Float32Array(1) },
      mask: Uint32Array.of(2 ** inputs - 1),
    }),
    check(y) {
      const found = Array.from(y, (value) => {
        if (value > 0 && value < 1e-34) return 'tiny';
        return value < 0 && value > -1e-33 ? 'tiny below 0' : value;
      });
      assert.equal(found, expected);
    },
  };
}

const limit = Math.fround(ACTIVATION_LIMIT);
const clamped = (activation: Activation, below: number | 'tiny below 0') => {
  const given = { activation, inputs: 2, name: 'is clamped, so that no later sum overflows' };
  return plantedCase(given, [1e15, -1e15, 0.25], [limit, below, Math.fround(5e14)]);
};
const bounded = (activation: Activation, below: number | 'tiny', middle: number) => {
  const given = { activation, inputs: 1, name: 'reaches its bounds and does not exceed them' };
  return plantedCase(given, [1e15, -1e15, 1e-13, 0], [1, below, 1, middle]);
};

export const maskedConv2d = convRows.map((row) => randomCase(conv2d, row));

export const maskedDense = [
  ...denseRows.map((row) => randomCase(dense, row)),
  ...[clamped('none', -limit), clamped('relu', 0), clamped('gelu-tanh', 'tiny below 0')],
  ...[bounded('sigmoid', 'tiny', 0.5), bounded('tanh', -1, 0)],
];
