/** Second moments of the inputs of convolutions, depthwise ones and dense layers. */
import * as assert from 'uvu/assert';
import { secondMoments as twin } from '../../../src/kernels/reference/second-moments.ts';
import { momentError } from '../../../src/kernels/reference/tolerance.ts';
import { momentsSizes } from '../../../src/kernels/second-moments.ts';
import type { LayerShape } from '../../../src/network/fused-layer.ts';
import { layerSizes } from '../../../src/network/layer-sizes.ts';
import { momentsShapeOf } from '../../../src/network/moments-shape.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { padImages } from '../pad-images.ts';
import type { KernelCase } from '../table.ts';
import { GENERAL_SHAPES, SHAPES } from './shapes.ts';

export interface MomentsInput {
  readonly layer: LayerShape;
  readonly images: number;
  /** How a GPU divides the work. */
  readonly workgroupSize: number;
  /** [element, image]. */
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** [group, input, input] each. */
export interface MomentsOutput {
  /** Of x with itself. Its upper triangles; the rest may be anything. */
  readonly gram: Float64Array;
  /** Of x with y. */
  readonly cross: Float64Array;
}

type MomentsCase = KernelCase<MomentsInput, MomentsOutput>;

const LINEAR = { activation: 'none', alpha: 0 } as const;

/** Random numbers, of which a part of `density` is not 0. */
function momentsCase(
  label: string,
  layer: LayerShape,
  images: number,
  density: number,
  workgroupSize = 16,
): MomentsCase {
  const name = `${label}, ${images} images, density ${density}, ${workgroupSize} invocations`;
  return {
    name,
    input() {
      const random = generator(name);
      const { inputs } = layerSizes(layer);
      const some = () =>
        random.floats(inputs * images, 4).map((value) => (random.below(1000) < 1000 * density ? value : 0));
      return { layer, images, workgroupSize, x: some(), y: some() };
    },
    check({ gram, cross }, { x, y }) {
      const shape = momentsShapeOf(layer);
      const { size } = momentsSizes(shape);
      const sumsOf = (a: Float64Array, b: Float64Array) => {
        const sums = new Float64Array(shape.groups * size * size);
        twin(shape, images, a, b, sums);
        return sums;
      };
      const a = new Float64Array(padImages(x, images));
      const b = new Float64Array(padImages(y, images));
      const upper = (sums: Float64Array) => sums.filter((_, i) => i % size >= Math.floor(i / size) % size);
      const compare = (label: string, found: Float64Array, left: Float64Array, right: Float64Array) => {
        const part = label === 'gram' ? upper : (sums: Float64Array) => sums;
        const bound = sumsOf(left.map(Math.abs), right.map(Math.abs)).map(momentError);
        assertClose(part(found), part(sumsOf(left, right)), {
          label,
          bound: part(bound),
          allowConstant: density === 0,
        });
      };
      compare('gram', gram, a, a);
      compare('cross', cross, a, b);
      if (density === 0) return;
      // The last image is off, and tensors are swapped.
      const other = x.map((value, i) => (i % images === images - 1 ? 1.5 * value : value));
      const wrong = new Float64Array(padImages(other, images));
      assert.throws(() => compare('gram', gram, wrong, wrong), /are off/);
      assert.throws(() => compare('cross', cross, wrong, b), /are off/);
      assert.throws(() => compare('cross', cross, b, a), /are off/);
    },
  };
}

const dense = (inputs: number): LayerShape => ({ kind: 'dense', shape: { inputs, outputs: 1, ...LINEAR } });
const window = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], kernel: [3, 3] } as const;
const deep = { channels: 5, inHeight: 7, inWidth: 6, multiplier: 2, ...window, ...LINEAR };
const conv = (shape: (typeof GENERAL_SHAPES)[string]): LayerShape => ({
  kind: 'conv2d',
  shape: { ...shape, ...LINEAR },
});

/** Around multiples of 4, of 12 and 24. */
const IMAGE_COUNTS = [1, 3, 12, 23, 25, 49];

export const secondMoments: readonly MomentsCase[] = [
  ...Object.entries({ ...GENERAL_SHAPES, ...SHAPES })
    .filter(([name]) => name !== 'deepPoints')
    .map(([name, shape], i) =>
      momentsCase(name, conv(shape), name === 'lenetConv2' ? 5 : 13, [1, 0.5, 0.1][i % 3]!),
    ),
  ...IMAGE_COUNTS.map((images) => momentsCase('oddPlain', conv(SHAPES.oddPlain), images, 0.7)),
  ...[0, 0.1, 1].map((density) => momentsCase('dense 37', dense(37), 26, density)),
  // Around tiles of pairs, and panels of 48 inputs.
  ...[1, 2, 3, 46, 47, 48, 95].map((inputs) => momentsCase(`dense ${inputs}`, dense(inputs), 50, 1)),
  // More than one piece of 256 quads.
  momentsCase('dense 6', dense(6), 1100, 1),
  ...[1, 4, 32, 64, 128, 256].map((size) => momentsCase('dense 70', dense(70), 9, 0.8, size)),
  ...IMAGE_COUNTS.map((images) => momentsCase('depthwise', { kind: 'depthwise', shape: deep }, images, 0.8)),
  momentsCase('depthwise, strided', { kind: 'depthwise', shape: { ...deep, stride: [2, 2] } }, 9, 0.5, 64),
];
