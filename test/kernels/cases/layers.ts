/** Layers beside convolutions and dense ones: depthwise convolutions, and layers without weights to prune. */
import {
  DEFAULT_ALPHA,
  ACTIVATIONS,
  type Activated,
  type Activation,
} from '../../../src/kernels/activation.ts';
import type { DepthwiseShape } from '../../../src/kernels/masked-depthwise-conv2d.ts';
import type { PoolShape } from '../../../src/kernels/pool2d.ts';
import { quadsOf, type Tiling } from '../../../src/kernels/spec.ts';
import { runLayer } from '../../../src/engine/reference/forward.ts';
import type { LayerKind, LayerShape } from '../../../src/network/fused-layer.ts';
import { layerSizes } from '../../../src/network/layer-sizes.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { assertSensitive } from '../../helpers/assert/sensitive.ts';
import { layerBounds } from '../../helpers/assert/tolerance.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { padImages, unpadImages } from '../pad-images.ts';
import type { KernelCase } from '../table.ts';

export interface LayerCaseInput {
  readonly layer: LayerShape;
  readonly images: number;
  /** How a GPU divides the work. */
  readonly tiling: Tiling;
  /** Of every tensor that it reads: [element, image]. The output is likewise. */
  readonly inputs: readonly Float32Array[];
  /** Empty if the layer has none; of an affine layer the scale. */
  readonly weight: Float32Array;
  /** Empty if the layer has none; of an affine layer the shift. */
  readonly bias: Float32Array;
  /** Bits of `weight`; empty if there is nothing to prune. */
  readonly mask: Uint32Array;
}

type LayerCase = KernelCase<LayerCaseInput, Float32Array>;
type TilingRow = readonly [workgroupSize: number, images: 1 | 2 | 4, outputs: number];

const ending = (activation: Activation): Activated => ({
  activation,
  alpha: DEFAULT_ALPHA[activation] ?? 0,
});

const plainWindow = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] } as const;

/** Around multiples of 4, of 12 and 24, and of a workgroup's images. */
const IMAGE_COUNTS = [1, 3, 5, 12, 23, 25, 257];

/** Elements per image of each tensor that a layer reads. */
function inputSizes(layer: LayerShape): readonly number[] {
  const { inputs } = layerSizes(layer);
  if (layer.kind === 'add') return [inputs / 2, inputs / 2];
  if (layer.kind === 'concat') return layer.shape.channels.map((channels) => channels * layer.shape.area);
  return [inputs];
}

function describe(layer: LayerShape): string {
  return Object.entries(layer.shape)
    .map(([name, size]) => `${name} ${String(size)}`)
    .join(', ');
}

/** Random numbers; fails also if a flipped mask bit or two swapped weights would not be noticed. */
function layerCase(
  layer: LayerShape,
  images: number,
  density = 1,
  [workgroupSize, perInvocation, outputs]: TilingRow = [64, 1, 4],
): LayerCase {
  const tiling = { workgroupSize, images: perInvocation, outputs };
  const isPruned = layer.kind === 'depthwise';
  const name =
    `${describe(layer)}, ${images} images, ` +
    (isPruned ? `density ${density}, ` : '') +
    `${workgroupSize} invocations of ${perInvocation} x ${outputs}`;
  const { weights, biases } = layerSizes(layer);
  return {
    name,
    input() {
      const random = generator(`${layer.kind} ${name}`);
      const inputs = inputSizes(layer).map((size) => random.floats(size * images, 4));
      const [weight, bias] = [random.floats(weights, 2), random.floats(biases)];
      const mask = isPruned ? random.bits(weights, density) : new Uint32Array(0);
      return { layer, images, tiling, inputs, weight, bias, mask };
    },
    check(y, { inputs, weight, bias, mask }) {
      const quads = quadsOf(images);
      const padded = inputs.map((x) => new Float64Array(padImages(x, images)));
      const compare = (otherWeight: Float32Array, otherMask: Uint32Array) => {
        const bits = { length: weights, words: otherMask };
        const twin = runLayer(layer, quads, padded, { weight: otherWeight, bias }, bits);
        const bound = layerBounds(layer, quads, padded, { weight: otherWeight, bias, mask: otherMask });
        assertClose(y, unpadImages(twin, images), {
          label: name,
          bound: unpadImages(bound, images),
          allowConstant: density === 0,
        });
      };
      compare(weight, mask);
      if (isPruned && density > 0) assertSensitive(weight, mask, compare);
    },
  };
}

const deep: DepthwiseShape = {
  ...{ channels: 3, inHeight: 7, inWidth: 9, multiplier: 1, ...plainWindow, kernel: [3, 3] },
  ...ending('relu'),
};

const depthwise: readonly LayerCase[] = [
  ...IMAGE_COUNTS.map((images) =>
    layerCase({ kind: 'depthwise', shape: { ...deep, padding: [1, 1, 1, 1] } }, images, 0.7),
  ),
  ...ACTIVATIONS.map((activation) =>
    layerCase({ kind: 'depthwise', shape: { ...deep, ...ending(activation) } }, 13, 0.6),
  ),
  ...[0, 0.1, 0.5, 1].map((density) =>
    layerCase(
      { kind: 'depthwise', shape: { ...deep, stride: [2, 2], padding: [0, 0, 1, 1] } },
      26,
      density,
      [32, 4, 4],
    ),
  ),
  layerCase(
    { kind: 'depthwise', shape: { ...deep, kernel: [5, 2], stride: [1, 3], padding: [2, 0, 1, 1] } },
    9,
    0.8,
    [16, 2, 4],
  ),
  layerCase(
    { kind: 'depthwise', shape: { ...deep, dilation: [2, 3], padding: [2, 3, 2, 3] } },
    9,
    0.8,
    [256, 1, 4],
  ),
  layerCase({ kind: 'depthwise', shape: { ...deep, multiplier: 2, kernel: [1, 1] } }, 9, 0.8),
  layerCase(
    { kind: 'depthwise', shape: { ...deep, inHeight: 1, inWidth: 20, kernel: [1, 4], stride: [1, 2] } },
    30,
    0.8,
  ),
];

const pooled: PoolShape = {
  ...{
    channels: 3,
    inHeight: 7,
    inWidth: 9,
    operation: 'max',
    ...plainWindow,
    kernel: [2, 2],
    stride: [2, 2],
  },
  ...{ countPadding: false, ceil: false },
};

const pool2d: readonly LayerCase[] = (['max', 'average'] as const).flatMap((operation) => {
  const of = (shape: Partial<PoolShape>, images = 13, tiling?: TilingRow) =>
    layerCase({ kind: 'pool2d', shape: { ...pooled, operation, ...shape } }, images, 1, tiling);
  return [
    ...IMAGE_COUNTS.map((images) => of({}, images)),
    of({ ceil: true }),
    of({ kernel: [3, 3], padding: [1, 1, 1, 1] }, 13, [16, 4, 4]),
    of({ kernel: [3, 3], padding: [1, 1, 1, 1], countPadding: true, ceil: true }),
    of({ kernel: [3, 2], stride: [1, 2], padding: [0, 1, 2, 0], countPadding: true }, 26, [256, 2, 4]),
    of({ kernel: [3, 3], stride: [1, 1], dilation: [2, 3] }),
    of({ kernel: [7, 9], stride: [1, 1] }, 25),
    of({ kernel: [1, 1], stride: [2, 3] }, 25),
    of({ channels: 2, inHeight: 1, inWidth: 30, kernel: [1, 3], stride: [1, 3] }),
    // More output pixels than a grid has workgroups in y.
    of({ channels: 2, inHeight: 256, inWidth: 129, kernel: [1, 1], stride: [1, 1] }, 2, [1, 4, 4]),
  ];
});

const affine: readonly LayerCase[] = [
  ...ACTIVATIONS.map((activation) =>
    layerCase({ kind: 'affine', shape: { channels: 5, area: 6, ...ending(activation) } }, 13),
  ),
  ...IMAGE_COUNTS.map((images) =>
    layerCase({ kind: 'affine', shape: { channels: 2, area: 9, ...ending('none') } }, images, 1, [16, 4, 4]),
  ),
  layerCase({ kind: 'affine', shape: { channels: 70, area: 1, ...ending('relu') } }, 30, 1, [256, 1, 4]),
];

const add: readonly LayerCase[] = [
  ...ACTIVATIONS.map((activation) =>
    layerCase({ kind: 'add', shape: { channels: 5, area: 6, ...ending(activation) } }, 13),
  ),
  ...IMAGE_COUNTS.map((images) =>
    layerCase({ kind: 'add', shape: { channels: 3, area: 7, ...ending('relu') } }, images, 1, [16, 4, 4]),
  ),
];

const concat: readonly LayerCase[] = IMAGE_COUNTS.flatMap((images) => [
  layerCase({ kind: 'concat', shape: { channels: [2, 3], area: 6 } }, images),
  layerCase({ kind: 'concat', shape: { channels: [9, 1], area: 1 } }, images, 1, [16, 4, 4]),
]);

const pad: readonly LayerCase[] = IMAGE_COUNTS.flatMap((images) => [
  layerCase(
    {
      kind: 'pad',
      shape: { channels: 2, inHeight: 3, inWidth: 4, padding: [1, 0, 2, 3], before: 0, after: 0 },
    },
    images,
  ),
  layerCase(
    {
      kind: 'pad',
      shape: { channels: 2, inHeight: 3, inWidth: 4, padding: [0, 0, 0, 0], before: 1, after: 2 },
    },
    images,
    1,
    [16, 4, 4],
  ),
]);

/** By the kind of the layer. */
export const layers = { depthwise, pool2d, affine, add, concat, pad } as const satisfies Readonly<
  Partial<Record<LayerKind, readonly LayerCase[]>>
>;
