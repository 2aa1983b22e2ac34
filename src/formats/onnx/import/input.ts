/** The input of a graph, and how the network's is laid out. */
import { MasksearchError } from '../../../core/error.ts';
import type { Shape } from '../../../network/network.ts';
import { elementsOf, shapeText } from '../../../network/shapes.ts';
import { shown } from '../../safetensors/header.ts';
import type { OnnxTensor, OnnxValue } from '../messages.ts';
import { invalid } from './errors.ts';
import type { InputLayout } from './input-layout.ts';
import { MAX_MOVED } from './values/layout.ts';
import { sizeOf, unlessIdentity } from './values/value.ts';

/** Older files name the initializers as inputs too. */
export function onlyInput(
  inputs: readonly OnnxValue[],
  constants: ReadonlyMap<string, OnnxTensor>,
): OnnxValue {
  const own = inputs.filter(({ name }) => !constants.has(name));
  const [input] = own;
  if (own.length === 1) return input!;
  const names = own.map(({ name }) => shown(name)).join(', ');
  throw new MasksearchError(
    'bad-input',
    own.length === 0
      ? 'the graph has no input'
      : `the graph has ${own.length} inputs, ${names}, one is supported`,
    'export the network with its image as the only input',
  );
}

/** How the input is laid out: as [channels, height, width] or [features], from the order in the graph. */
export interface Layout {
  readonly shape: Shape;
  /** Index here of each element of the graph's input. */
  readonly order: Uint32Array | undefined;
}

/** Channels are few: where the last axis has at most that many and the first does not, they are last. */
const MAX_COLOURS = 4;

/** What the shape shows. Throws 'bad-input' for one that is not fixed, and for more axes than an image has. */
export function firstLayout({ name, shape }: OnnxValue, isChannelsFirst: boolean): Layout {
  const image = shape?.slice(1);
  if (!image || image.length === 0 || image.some((size) => size === undefined))
    throw new MasksearchError(
      'bad-input',
      `the size of the input ${shown(name)} is not fixed`,
      'export the network with a fixed height and width; the batch may stay open',
    );
  const axes = image as number[];
  const elements = sizeOf(axes);
  if (elements > MAX_MOVED) throw invalid(`the input ${shown(name)} has ${elements} elements`);
  const [first, second, third] = axes;
  switch (axes.length) {
    case 1:
      return { shape: [first!], order: undefined };
    case 2:
      return { shape: [1, first!, second!], order: undefined };
    case 3: {
      const isLast = !isChannelsFirst && third! <= MAX_COLOURS && first! > MAX_COLOURS;
      if (!isLast) return { shape: axes, order: undefined };
      const area = first! * second!;
      const order = Uint32Array.from(
        { length: elements },
        (_, i) => (i % third!) * area + Math.floor(i / third!),
      );
      return { shape: [third!, first!, second!], order: unlessIdentity(order) };
    }
    default:
      throw new MasksearchError(
        'bad-input',
        `the input ${shown(name)} is ${shapeText(axes)}, only vectors, signals and images are supported`,
        'export the network for one image at a time',
      );
  }
}

/**
 * Throws 'bad-input' if data in the order of the graph would be taken for something else: their shape must show the layout, which is
 * then channels first or channels last.
 */
export function checkLayout({ name, shape }: OnnxValue, layout: Layout): void {
  const { order } = layout;
  if (!order) return;
  const channels = layout.shape[0]!;
  const axes = shape!.slice(1);
  const area = order.length / channels;
  const isLast =
    axes.length > 1 &&
    axes.at(-1) === channels &&
    order.every((at, i) => at === (i % channels) * area + Math.floor(i / channels));
  const long = (sizes: readonly number[]) => sizes.filter((size) => size !== 1).join(' x ');
  const isClear = long(layout.shape) !== long([...layout.shape.slice(1), channels]);
  if (isLast && isClear) return;
  throw new MasksearchError(
    'bad-input',
    `the network reads its input ${shown(name)} of ${shapeText(axes as number[])} in another order, which the shape of data does not show`,
    'export the network for images with channels first, or for features as it reads them',
  );
}

/** What an operator shows: it reads element i of `shape` from `order[i]` of the layout so far. */
export function newLayout(before: Layout, { shape, order }: InputLayout): Layout {
  const elements = elementsOf(before.shape);
  if (elementsOf(shape) !== elements) throw invalid('the input is read in part');
  if (!order) return { shape, order: before.order };
  const inverse = new Uint32Array(elements);
  order.forEach((from, to) => (inverse[from] = to));
  const given = before.order ?? inverse.map((_, i) => i);
  return { shape, order: unlessIdentity(given.map((at) => inverse[at]!)) };
}
