/** The inputs of a layer at some places of its window, laid out side by side. */
import { momentsSizes } from '../../../src/kernels/second-moments.ts';
import type { LayerShape } from '../../../src/network/fused-layer.ts';
import { layerSizes } from '../../../src/network/layer-sizes.ts';
import { momentsShapeOf } from '../../../src/network/moments-shape.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { generator } from '../../helpers/data/numbers.ts';
import type { KernelCase } from '../table.ts';
import { GENERAL_SHAPES, SHAPES } from './shapes.ts';

export interface Im2colInput {
  readonly layer: LayerShape;
  readonly group: number;
  /** Places of the window: the first, and the one before which to end. */
  readonly places: readonly [first: number, end: number];
  /** At most 24. */
  readonly images: number;
  /** [element, image]. */
  readonly x: Float32Array;
}

type Im2colCase = KernelCase<Im2colInput, Float32Array>;

/** @param places at the end, or at the start if negative */
function im2colCase(label: string, layer: LayerShape, images: number, places: number, group = 0): Im2colCase {
  const shape = momentsShapeOf(layer);
  const { size, rows, columns, positions, groupChannels } = momentsSizes(shape);
  const count = Math.min(positions, Math.abs(places));
  const [first, end] = places < 0 ? [0, count] : [positions - count, positions];
  const name = `${label}, group ${group}, ${images} images, places ${first} to ${end} of ${rows} x ${columns}`;
  return {
    name,
    input: () => ({
      ...{ layer, group, images, places: [first, end] as const },
      x: generator(name).floats(layerSizes(layer).inputs * images, 4),
    }),
    check(found, { x }) {
      const { kernel, stride, padding, dilation, inHeight, inWidth } = shape;
      const expected = new Float32Array(size * count * 24);
      for (let i = 0; i < expected.length; i++) {
        const [input, place, image] = [
          Math.floor(i / 24 / count),
          first + (Math.floor(i / 24) % count),
          i % 24,
        ];
        if (image >= images) continue;
        const [tap, channel] = [input % (kernel[0] * kernel[1]), Math.floor(input / (kernel[0] * kernel[1]))];
        const row =
          Math.floor(place / columns) * stride[0] + Math.floor(tap / kernel[1]) * dilation[0] - padding[0];
        const column = (place % columns) * stride[1] + (tap % kernel[1]) * dilation[1] - padding[1];
        const isInside = row >= 0 && column >= 0 && row < inHeight && column < inWidth;
        const element = ((group * groupChannels + channel) * inHeight + row) * inWidth + column;
        if (input === size - 1) expected[i] = 1;
        else if (isInside) expected[i] = x[element * images + image]!;
      }
      assertClose(found, expected, { label: name });
    },
  };
}

const LINEAR = { activation: 'none', alpha: 0 } as const;
const conv = (shape: (typeof GENERAL_SHAPES)[string]): LayerShape => ({
  kind: 'conv2d',
  shape: { ...shape, ...LINEAR },
});
const dense: LayerShape = { kind: 'dense', shape: { inputs: 37, outputs: 2, ...LINEAR } };

export const im2col: readonly Im2colCase[] = [
  ...Object.entries(GENERAL_SHAPES)
    .filter(([name]) => name !== 'deepPoints')
    .map(([name, shape], i) =>
      im2colCase(name, conv(shape), [24, 7][i % 2]!, i % 3 === 0 ? -8 : 8, shape.groups - 1),
    ),
  ...[1, 11, 12, 13, 23, 24].map((images) => im2colCase('oddPlain', conv(SHAPES.oddPlain), images, 5)),
  ...[5, 24].map((images) => im2colCase('dense', dense, images, 1)),
];
