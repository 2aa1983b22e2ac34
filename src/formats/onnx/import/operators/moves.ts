/** Operators on activations that only move their elements, and those that take some or add zeros. */
import { shapeText } from '../../../../network/shapes.ts';
import type { Padding } from '../../../../kernels/window.ts';
import {
  activation,
  attribute,
  axisOf,
  constant,
  countWork,
  inside,
  integers,
  layoutAxes,
  type Call,
} from '../call.ts';
import { unsupported } from '../errors.ts';
import { transposed, type Moved } from '../values/layout.ts';
import { gather, sliceRanges, VIEWS } from '../values/views.ts';
import {
  imageAxes,
  isConstant,
  sizeOf,
  unlessIdentity,
  type Activation,
  type Constant,
  type Value,
} from '../values/value.ts';

/** The batch must stay the first axis: an image is never mixed with another. */
export function view(call: Call): Activation {
  const x = call.inputs[0] as Activation;
  const batch = x.shape[0]!;
  const isTransposed = call.onnx.operator === 'Transpose';
  if (isTransposed) countWork(call, x, 2);
  // Indices in one image are enough where the batch stays in front.
  const image = isTransposed ? [1, ...imageAxes(x)] : x.shape;
  const { shape, source } = VIEWS[call.onnx.operator]!(call, image);
  if (isTransposed ? attribute(call, 'ints', 'perm')?.[0] !== 0 : shape[0] !== batch)
    throw unsupported(call.onnx, `turns ${shapeText(x.shape)} into ${shapeText(shape)}, which mixes images`);
  return reordered(x, { shape: [batch, ...shape.slice(1)], source });
}

/** `x` as the graph sees it from here on; `source` is that of one image. */
function reordered(x: Activation, { shape, source }: Moved): Activation {
  if (!source) return { ...x, shape };
  const size = sizeOf(shape.slice(1));
  const before = x.order;
  const order = source.slice(0, size).map((from) => (before ? before[from]! : from));
  return { ...x, shape, order: unlessIdentity(order) };
}

/** Every so many rows and columns, as the shortcut of a residual network without weights. */
export function slice(call: Call): Activation {
  const { onnx, network } = call;
  const whole = activation(call);
  const { starts, steps, counts } = sliceRanges(call, whole.shape);
  if (steps.every((step) => step === 1) && shapeText(counts) === shapeText(whole.shape)) return whole;
  const x = network.computed(whole);
  const axes = layoutAxes(call, x);
  const stride = [1, 1];
  const isStride =
    axes !== undefined &&
    steps[0] === 1 &&
    counts[0] === x.shape[0] &&
    axes.every((axis, i) => {
      const [start, step, count] = [starts[i + 1]!, steps[i + 1]!, counts[i + 1]!];
      if (axis > 0) stride[axis - 1] = step;
      const isAll = count === Math.ceil(x.shape[i + 1]! / step);
      return start === 0 && step > 0 && isAll && (axis > 0 || step === 1);
    });
  if (!isStride || x.layout.length !== 3)
    throw unsupported(onnx, 'takes a part of its input, only every so many rows and columns are supported');
  const added = network.add(
    onnx,
    {
      ...{ kind: 'pool2d', operation: 'max', kernel: [1, 1], stride: stride as [number, number] },
      ...{ padding: [0, 0, 0, 0], dilation: [1, 1], countPadding: false, ceil: false },
    },
    x.node,
  );
  return { ...x, ...added, shape: counts, order: orderOf(call, added.layout, axes), isInput: false };
}

/** Of a tensor whose axes were moved. Padding makes it large from a few bytes. */
function orderOf(
  { network, onnx }: Call,
  layout: readonly number[],
  axes: readonly number[],
): Uint32Array | undefined {
  network.budget.work(onnx, 3 * sizeOf(layout));
  const left = layout.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return transposed(layout, [...axes, ...left]).source;
}

/** The only place of an axis. */
export function gatherOne(call: Call): Activation {
  const x = activation(call);
  const at = constant(call, 1, 'places');
  if (!at) throw unsupported(call.onnx, 'has no places');
  countWork(call, x);
  const image = { ...x, shape: [1, ...imageAxes(x)] };
  const axis = axisOf(call, attribute(call, 'int', 'axis') ?? 0, x.shape.length);
  if (axis === 0 || x.shape[axis] !== 1 || at.numbers.length !== 1)
    throw unsupported(call.onnx, 'takes a part of its input');
  const result = reordered(image, gather(call, image.shape, at));
  return { ...result, shape: [x.shape[0]!, ...imageAxes(result)] };
}

export function pad(call: Call): Activation {
  const { onnx, network } = call;
  const mode = attribute(call, 'text', 'mode') ?? 'constant';
  const value = constant(call, 2, 'values')?.numbers[0] ?? attribute(call, 'float', 'value') ?? 0;
  if (mode !== 'constant' || value !== 0) throw unsupported(onnx, 'pads with something other than zeros');
  const pads = integers(call, 1, 'pads');
  const given = activation(call);
  const rank = given.shape.length;
  const padded =
    integers(call, 3, 'axes')?.map((axis) => axisOf(call, axis, rank)) ?? given.shape.map((_, i) => i);
  if (pads?.length !== 2 * padded.length) throw unsupported(onnx, `has no two paddings for each axis`);
  const before = given.shape.map(() => 0);
  const after = given.shape.map(() => 0);
  padded.forEach((axis, i) => {
    before[axis] = pads[i]!;
    after[axis] = pads[i + padded.length]!;
  });
  const all = [...before, ...after];
  if (all.every((size) => size === 0)) return given;
  const x = network.computed(given);
  const axes = layoutAxes(call, x);
  if (!axes || x.layout.length !== 3 || before[0] !== 0 || after[0] !== 0 || all.some((size) => size < 0))
    throw unsupported(onnx, 'adds zeros elsewhere than around images or after channels');
  const padding = [0, 0, 0, 0];
  const channels = [0, 0];
  axes.forEach((axis, i) => {
    const [start, end] = [before[i + 1]!, after[i + 1]!];
    if (axis === 0) channels.splice(0, 2, start, end);
    else {
      padding[axis - 1] = start;
      padding[axis + 1] = end;
    }
  });
  const step = {
    kind: 'pad',
    padding: padding as unknown as Padding,
    channels: channels as [number, number],
  } as const;
  const added = network.add(onnx, step, x.node);
  const shape = x.shape.map((size, axis) => before[axis]! + size + after[axis]!);
  return { ...x, ...added, shape, order: orderOf(call, added.layout, axes), isInput: false };
}

export function concat(call: Call): Activation {
  const { onnx, network } = call;
  const inputs = call.inputs.filter((value) => value !== undefined);
  const [first] = inputs.filter((value): value is Activation => !isConstant(value));
  const axis = axisOf(call, attribute(call, 'int', 'axis') ?? 1, first!.shape.length);
  if (axis === 0) throw unsupported(onnx, 'joins batches');
  if (inputs.length === 1) return inside(call, first!);
  const zeros = withZeros(call, inputs, axis);
  if (zeros) return zeros;
  const given = inputs.map((value) => {
    if (isConstant(value)) throw unsupported(onnx, 'joins an activation with constants other than zeros');
    const x = network.computed(inside(call, value));
    return imageAxes(x).length === 1 ? network.flat(onnx, x) : x;
  });
  const isMixed = new Set(given.map(({ layout }) => layout.length)).size > 1;
  const parts = isMixed ? given.map((x) => network.flattened(onnx, x)) : given;
  const layouts = parts.map(({ layout }) => shapeText(layout.slice(1)));
  const shapes = parts.map(({ shape }) => shapeText(shape.with(axis, 1)));
  if (new Set(shapes).size > 1 || new Set(layouts).size > 1)
    throw unsupported(onnx, `joins ${parts.map((x) => shapeText(imageAxes(x))).join(' and ')}`);
  const added = network.add(onnx, { kind: 'concat' }, ...parts.map(({ node }) => node));
  const total = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const shape = parts[0]!.shape.with(axis, total);
  const result: Activation = { kind: 'activation', ...added, shape, order: undefined, isInput: false };
  // As most networks do it.
  if (axis === 1 && parts.every(({ order }) => order === undefined)) return result;
  countWork(call, result);
  return { ...result, order: unlessIdentity(joinedOrder(parts, shape, axis)) };
}

/** In the layout, one tensor's elements follow the other's; in the graph, slices of them along the axis do. */
function joinedOrder(parts: readonly Activation[], shape: readonly number[], axis: number): Uint32Array {
  const order = new Uint32Array(sizeOf(shape.slice(1)));
  const outer = sizeOf(shape.slice(1, axis));
  const row = sizeOf(shape.slice(axis));
  let before = 0;
  let column = 0;
  for (const part of parts) {
    const own = sizeOf(part.shape.slice(axis));
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < own; i++) {
        const from = o * own + i;
        order[o * row + column + i] = before + (part.order ? part.order[from]! : from);
      }
    }
    before += sizeOf(part.layout);
    column += own;
  }
  return order;
}

/** An activation between constants that are all zeros is padded. */
function withZeros(call: Call, inputs: readonly Value[], axis: number): Activation | undefined {
  const at = inputs.findIndex((value) => !isConstant(value));
  const isZero = (value: Value | undefined): value is Constant =>
    value !== undefined && isConstant(value) && value.numbers.every((number) => number === 0);
  if (!inputs.every((value, i) => i === at || isZero(value))) return undefined;
  const { onnx, network } = call;
  const x = network.computed(inside(call, inputs[at] as Activation));
  const axes = layoutAxes(call, x);
  if (axes?.[axis - 1] !== 0 || x.layout.length !== 3) return undefined;
  const size = (values: readonly Value[]) => values.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const channels = [size(inputs.slice(0, at)), size(inputs.slice(at + 1))] as const;
  const added = network.add(onnx, { kind: 'pad', padding: [0, 0, 0, 0], channels }, x.node);
  const shape = x.shape.with(axis, channels[0] + x.shape[axis]! + channels[1]);
  return { ...x, ...added, shape, order: orderOf(call, added.layout, axes), isInput: false };
}
