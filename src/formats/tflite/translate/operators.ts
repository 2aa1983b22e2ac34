/** The operators that a network may have. */
import type { TfliteOperator } from '../decode.ts';
import { refused } from '../errors.ts';
import { elementFunction, ELEMENT_OPERATORS, giveFused } from './fused.ts';
import { int, ints, TO_FIRST, type GraphBuilder, type Order } from './graph-builder.ts';
import { convolution, depthwise, fullyConnected, pool, reduction } from './layers.ts';

/** Adds nodes for an operator, and says what gives its output. */
type Translate = (graph: GraphBuilder, operator: TfliteOperator) => void;

/** Of two tensors, of a tensor and numbers, or of numbers alone. */
function arithmetic(kind: string, field?: number): Translate {
  return (graph, operator) => {
    const isImage = [0, 1].map((place) => graph.isImage(operator, place));
    const order: Order = isImage.includes(true) ? 'first' : 'last';
    const names = [0, 1].map((place) =>
      order === 'first' && graph.isConstant(operator, place)
        ? numbersPerChannel(graph, operator, place)
        : graph.read(operator, place, order),
    );
    const value = graph.node(operator, kind, names);
    const fused = field === undefined ? 0 : (operator.options?.int8(field) ?? 0);
    giveFused(graph, operator, value, order, fused);
  };
}

/** Numbers beside an image whose channels are first. */
function numbersPerChannel(graph: GraphBuilder, operator: TfliteOperator, place: number): string {
  const shape = graph.inputOf(operator, place)!.shape;
  const value = graph.read(operator, place, 'last');
  const missing = 4 - shape.length;
  if (missing < 0 || shape.every((size) => size === 1)) return value;
  const full = [...Array.from({ length: missing }, () => 1), ...shape];
  const image = missing === 0 ? value : graph.node(operator, 'Reshape', [value], { shape: ints(...full) });
  return graph.node(operator, 'Transpose', [image], { perm: ints(...TO_FIRST) });
}

/** An only slope for negative numbers, or one for each channel. */
const prelu: Translate = (graph, operator) => {
  const order = graph.isImage(operator, 0) ? 'first' : 'last';
  const names = [graph.read(operator, 0, order), graph.read(operator, 1, 'last')];
  graph.give(operator, graph.node(operator, 'PRelu', names), order);
};

const concatenation: Translate = (graph, operator) => {
  const { options, inputs } = operator;
  const rank = graph.output(operator).shape.length;
  const given = options?.int32(0) ?? 0;
  const axis = given < 0 ? given + rank : given;
  const order: Order = inputs.some((_, place) => graph.isImage(operator, place)) ? 'first' : 'last';
  const names = inputs.map((_, place) =>
    order === 'first' && graph.isConstant(operator, place)
      ? numbersPerChannel(graph, operator, place)
      : graph.read(operator, place, order),
  );
  const joined = graph.node(operator, 'Concat', names, {
    axis: int(order === 'first' ? TO_FIRST.indexOf(axis) : axis),
  });
  giveFused(graph, operator, joined, order, options?.int8(1) ?? 0);
};

/** To the shape that the file gives the output. */
const reshape: Translate = (graph, operator) => {
  const { shape } = graph.output(operator);
  const value = graph.node(operator, 'Reshape', [graph.read(operator, 0, 'last')], { shape: ints(...shape) });
  graph.give(operator, value, 'last');
};

const transpose: Translate = (graph, operator) => {
  const perm = ints(...graph.wholeNumbers(operator, 1));
  graph.give(
    operator,
    graph.node(operator, 'Transpose', [graph.read(operator, 0, 'last')], { perm }),
    'last',
  );
};

const pad: Translate = (graph, operator) => {
  const isImage = graph.isImage(operator, 0);
  const rank = graph.inputOf(operator, 0)?.shape.length ?? 0;
  const given = graph.wholeNumbers(operator, 1);
  const axes = isImage ? TO_FIRST : Array.from({ length: rank }, (_, axis) => axis);
  const side = (after: 0 | 1) => axes.map((axis) => given[2 * axis + after] ?? 0);
  const order = isImage ? 'first' : 'last';
  const value = operator.name === 'PADV2' ? [graph.read(operator, 2, 'last')] : [];
  const x = graph.read(operator, 0, order);
  const padded = graph.node(operator, 'Pad', value.length > 0 ? [x, '', ...value] : [x], {
    pads: ints(...side(0), ...side(1)),
  });
  graph.give(operator, padded, order);
};

function softmax(kind: 'Softmax' | 'LogSoftmax'): Translate {
  return (graph, operator) => {
    const beta = kind === 'Softmax' ? (operator.options?.float32(0) ?? 1) : 1;
    if (beta !== 1)
      throw refused(operator.name, graph.output(operator).name, `has a beta of ${beta}, only 1 is supported`);
    graph.give(
      operator,
      graph.node(operator, kind, [graph.read(operator, 0, 'last')], { axis: int(-1) }),
      'last',
    );
  };
}

const cast: Translate = (graph, operator) => {
  const { name, type } = graph.output(operator);
  if (type !== 'float32' && type !== 'float16')
    throw refused(
      operator.name,
      name,
      `makes numbers of type ${type ?? 'unknown'}, only floats are supported`,
    );
  graph.pass(operator);
};

/** Weights are dequantised where they are read; numbers at the input here. */
const dequantize: Translate = (graph, operator) => {
  const input = graph.inputOf(operator, 0);
  const isInput =
    input?.type === 'uint8' && input.quantization !== undefined && !graph.isConstant(operator, 0);
  if (!isInput) {
    graph.pass(operator);
    return;
  }
  const { scales, zeroPoints } = input.quantization;
  const order = graph.isImage(operator, 0) ? 'first' : 'last';
  const [scale, shift] = [graph.number(scales[0]!), graph.number(-scales[0]! * (zeroPoints[0] ?? 0))];
  const scaled = graph.node(operator, 'Mul', [graph.read(operator, 0, order), scale]);
  graph.give(operator, graph.node(operator, 'Add', [scaled, shift]), order);
};

export const OPERATORS: Readonly<Record<string, Translate>> = {
  CONV_2D: convolution,
  DEPTHWISE_CONV_2D: depthwise,
  FULLY_CONNECTED: fullyConnected,
  MAX_POOL_2D: pool('MaxPool'),
  AVERAGE_POOL_2D: pool('AveragePool'),
  MEAN: reduction('ReduceMean'),
  REDUCE_MAX: reduction('ReduceMax'),
  ADD: arithmetic('Add', 0),
  SUB: arithmetic('Sub', 0),
  MUL: arithmetic('Mul', 0),
  DIV: arithmetic('Div', 0),
  MAXIMUM: arithmetic('Max'),
  MINIMUM: arithmetic('Min'),
  ...Object.fromEntries(ELEMENT_OPERATORS.map((name) => [name, elementFunction])),
  PRELU: prelu,
  CONCATENATION: concatenation,
  RESHAPE: reshape,
  SQUEEZE: reshape,
  EXPAND_DIMS: reshape,
  TRANSPOSE: transpose,
  PAD: pad,
  PADV2: pad,
  SOFTMAX: softmax('Softmax'),
  LOG_SOFTMAX: softmax('LogSoftmax'),
  CAST: cast,
  QUANTIZE: (graph, operator) => graph.pass(operator),
  DEQUANTIZE: dequantize,
};
