/** Sums, differences, products and quotients: of activations with each other and with constants. */
import { shapeText } from '../../../../network/shapes.ts';
import { activation, constant, attribute, countWork, flag, imageOf, inside, type Call } from '../call.ts';
import { unsupported } from '../errors.ts';
import { InputLayout } from '../input-layout.ts';
import { broadcast, fitsInto, transposed } from '../values/layout.ts';
import { float32Of, type ChannelVector } from '../network-import.ts';
import { imageAxes, isConstant, sameOrder, sizeOf, type Activation, type Constant } from '../values/value.ts';

type Arithmetic = (x: number, y: number) => number;

const OPERATIONS = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
  Pow: (x, y) => x ** y,
} as const satisfies Readonly<Record<string, Arithmetic>>;

export type ArithmeticOperator = keyof typeof OPERATIONS;

export function arithmetic(operator: ArithmeticOperator): (call: Call) => Activation {
  return (call) => {
    const [left, right] = call.inputs;
    if (left === undefined || right === undefined)
      throw unsupported(call.onnx, 'reads one tensor, it needs two');
    if (isConstant(right)) return withConstant(call, operator, activation(call, 0), right, false);
    if (isConstant(left)) return withConstant(call, operator, activation(call, 1), left, true);
    const [x, y] = [inside(call, left), inside(call, right)];
    const both = call.network.withFunctions(call.onnx, x, y, OPERATIONS[operator]);
    if (both) return both;
    if (operator === 'Add') return added(call, [x, y]);
    throw unsupported(
      call.onnx,
      'combines two tensors that both depend on the input, only their sum is supported',
    );
  };
}

/** Any number of activations and constants. */
export function sum(call: Call): Activation {
  const constants = call.inputs.filter(isConstant);
  const inputs = call.inputs.flatMap((input, index) => (isConstant(input) ? [] : [activation(call, index)]));
  const [only] = inputs;
  if (!only) throw unsupported(call.onnx, 'reads no tensor that depends on the input');
  const total = inputs.length === 1 ? only : added(call, inputs);
  return constants.reduce((before, value) => withConstant(call, 'Add', before, value, false), total);
}

function added(call: Call, inputs: readonly Activation[]): Activation {
  const { onnx, network } = call;
  const given = inputs.map((x) => network.computed(x));
  // Features, and an image of one pixel that was flattened in the graph.
  const isMixed = new Set(given.map(({ layout }) => layout.length)).size > 1;
  const computed = isMixed ? given.map((x) => network.flattened(onnx, x)) : given;
  const [first] = computed;
  for (const other of computed) {
    if (shapeText(other.shape) !== shapeText(first!.shape))
      throw unsupported(
        onnx,
        `adds ${shapeText(imageAxes(first!))} and ${shapeText(imageAxes(other))}, only equal shapes are supported`,
      );
    if (other.order) countWork(call, other);
    if (shapeText(other.layout) !== shapeText(first!.layout) || !sameOrder(other.order, first!.order))
      throw unsupported(onnx, 'adds two tensors whose elements are in different orders');
  }
  const nodes = computed.map(({ node }) => node);
  return { ...first!, ...network.add(onnx, { kind: 'add' }, ...nodes), isInput: false };
}

/** @param isFirst whether the constant is the left operand */
function withConstant(
  call: Call,
  operator: ArithmeticOperator,
  x: Activation,
  value: Constant,
  isFirst: boolean,
): Activation {
  const { onnx, network } = call;
  const of: Arithmetic = OPERATIONS[operator];
  if (value.numbers.length === 1) {
    const number = value.numbers[0]!;
    return network.withFunction(
      onnx,
      x,
      isFirst ? (element) => of(number, element) : (element) => of(element, number),
    );
  }
  if (operator === 'Pow' || (operator === 'Div' && isFirst))
    throw unsupported(onnx, 'is supported with a single number alone');
  const { base, vector } = perChannel(call, x, value);
  const { values, origin } = vector;
  if (operator === 'Add' && !x.pending && attachedAsBias(call, base, vector)) return base;
  const channels = values.length;
  const ones = () => new Float32Array(channels).fill(1);
  const zeros = () => new Float32Array(channels);
  switch (operator) {
    case 'Add':
      return network.affine(onnx, base, { values: ones() }, { values, origin });
    case 'Sub':
      return isFirst
        ? network.affine(onnx, base, { values: ones().fill(-1) }, { values, origin })
        : network.affine(onnx, base, { values: ones() }, { values: values.map((number) => -number) });
    case 'Mul':
      return network.affine(onnx, base, { values, origin }, { values: zeros() });
    case 'Div':
      return network.affine(onnx, base, { values: values.map((number) => 1 / number) }, { values: zeros() });
  }
}

/** A bias that exporters write as an operator of its own. */
function attachedAsBias(call: Call, { node }: Activation, { values, origin }: ChannelVector): boolean {
  const { onnx, network, isReadOnce } = call;
  const read = onnx.inputs.find((name, i) => !isConstant(call.inputs[i]) && name !== '');
  if (read === undefined || !network.takesBias(node) || !isReadOnce(read)) return false;
  network.attachBias(node, network.vector(onnx, 'bias', values, origin));
  return true;
}

/** A constant as one number per channel of `x`, which is flattened if only then each number has a channel. */
function perChannel(
  call: Call,
  x: Activation,
  value: Constant,
): { readonly base: Activation; readonly vector: ChannelVector } {
  const { onnx, network } = call;
  const batched = [1, ...imageAxes(x)];
  if (!fitsInto(value.shape, batched))
    throw unsupported(
      onnx,
      `combines ${shapeText(imageAxes(x))} with a constant of ${shapeText(value.shape)}, which is no number for each channel`,
    );
  const base = network.computed(x);
  if (isForChannels(base, value))
    return { base, vector: { values: float32Of(value.numbers), origin: value.origin } };
  countWork(call, base, 3);
  const { source } = broadcast(value.shape, batched);
  for (const candidate of [base, undefined]) {
    const found = candidate ?? network.flat(onnx, base);
    const vector = channelVector(found, value, source);
    if (vector) return { base: found, vector };
    // Images have too many elements for one number each.
    if (x.shape.length !== 2) break;
  }
  if (base.isInput && isForLastAxis(base, value)) throw channelsLast(base);
  throw unsupported(onnx, 'combines an image with numbers that differ within a channel');
}

const isForLastAxis = (x: Activation, { shape, numbers }: Constant) =>
  numbers.length === shape.at(-1) && numbers.length === x.shape.at(-1);

/** The input is read again as [channels, height, width] from [height, width, channels]. */
function channelsLast(x: Activation): InputLayout {
  const axes = imageAxes(x);
  const [channels, width, height] = [axes.at(-1)!, axes.at(-2)!, axes.at(-3) ?? 1];
  const { source } = transposed([height, width, channels], [2, 0, 1]);
  const { order } = x;
  return new InputLayout(
    [channels, height, width],
    source && order ? source.map((at) => order[at]!) : (source ?? order),
  );
}

/** Whether a constant has a number for each channel, which are the first axis and in order. */
function isForChannels({ layout, shape, order }: Activation, { shape: own, numbers }: Constant): boolean {
  const axis = own.length - shape.length + 1;
  const [, channels] = shape;
  return (
    order === undefined && channels === layout[0] && numbers.length === channels && own[axis] === channels
  );
}

/** Undefined if numbers differ within a channel. */
function channelVector(
  { layout, order }: Activation,
  { numbers, origin }: Constant,
  source: Uint32Array | undefined,
): ChannelVector | undefined {
  const channels = layout[0]!;
  const elements = sizeOf(layout);
  const area = elements / channels;
  const values = new Float32Array(channels).fill(NaN);
  let isInOrder = numbers.length === channels;
  for (let i = 0; i < elements; i++) {
    const channel = Math.floor((order ? order[i]! : i) / area);
    const from = source ? source[i]! : i;
    const number = Math.fround(numbers[from]!);
    if (!Number.isNaN(values[channel]!) && values[channel] !== number) return undefined;
    values[channel] = number;
    isInOrder &&= from === channel;
  }
  return { values, origin: isInOrder ? origin : undefined };
}

export function batchNormalization(call: Call): Activation {
  const { onnx, network } = call;
  if (flag(call, 'training_mode')) throw unsupported(onnx, 'normalises with the statistics of a batch');
  if (call.opset < 9 && attribute(call, 'int', 'spatial') === 0)
    throw unsupported(onnx, 'normalises each pixel alone');
  const names = ['scale', 'shift', 'mean', 'variance'] as const;
  const given = names.map((name, i) => constant(call, i + 1, name));
  const read = network.computed(activation(call));
  // Each of the features of a vector is a channel.
  const x = read.shape.length === 2 ? network.flat(onnx, read) : imageOf(call, read).x;
  if (x.layout[0] !== x.shape[1])
    throw unsupported(onnx, 'reads a tensor whose second axis is not its channels');
  const [scale, shift, mean, variance] = given.map((value, i) => {
    if (value && value.numbers.length === x.layout[0]) {
      const inOrder = { values: float32Of(value.numbers), origin: value.origin };
      // Features of an image whose channels were last have another order in the layout.
      const { values, origin } = x.order ? channelVector(x, value, undefined)! : inOrder;
      return network.vector(onnx, names[i]!, values, origin);
    }
    throw unsupported(
      onnx,
      `has ${value?.numbers.length ?? 0} numbers as its ${names[i]} for ${x.layout[0]} channels`,
    );
  }) as [string, string, string, string];
  const epsilon = attribute(call, 'float', 'epsilon') ?? 1e-5;
  const step = { kind: 'batchNorm', scale, shift, mean, variance, epsilon } as const;
  return { ...x, ...network.add(onnx, step, x.node), isInput: false };
}
