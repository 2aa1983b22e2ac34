/** Convolutions, dense layers and pooling. */
import type { Table } from '../flatbuffer.ts';
import type { TfliteOperator } from '../decode.ts';
import { refused } from '../errors.ts';
import { giveFused } from './fused.ts';
import { int, ints, text, TO_FIRST, type Attributes, type GraphBuilder } from './graph-builder.ts';

/** Padding of windows: as many zeros as outputs at every stride need, one more after than before if they are odd. */
const paddingOf = (options: Table | undefined): Attributes => ({
  auto_pad: text(options?.int8(0) === 1 ? 'VALID' : 'SAME_UPPER'),
});

/** Fields 1 and 2 of the options of every operator with a window. */
const strideOf = (options: Table | undefined): Attributes => ({
  strides: ints(options?.int32(2) ?? 0, options?.int32(1) ?? 0),
});

export function convolution(graph: GraphBuilder, operator: TfliteOperator): void {
  const { options } = operator;
  const weight = graph.inputOf(operator, 1);
  const channels = graph.inputOf(operator, 0)?.shape[3] ?? 0;
  const perGroup = weight?.shape[3] ?? 0;
  const attributes = {
    ...{ ...paddingOf(options), ...strideOf(options), group: int(perGroup > 0 ? channels / perGroup : 0) },
    dilations: ints(options?.int32(5, 1) ?? 1, options?.int32(4, 1) ?? 1),
  };
  // [outputs, rows, columns, channels] in the file.
  const weights = graph.node(operator, 'Transpose', [weightOf(graph, operator)], { perm: ints(...TO_FIRST) });
  layer(graph, operator, weights, attributes, options?.int8(3) ?? 0);
}

export function depthwise(graph: GraphBuilder, operator: TfliteOperator): void {
  const { options } = operator;
  const attributes = {
    ...{ ...paddingOf(options), ...strideOf(options), group: int(graph.inputOf(operator, 0)?.shape[3] ?? 0) },
    dilations: ints(options?.int32(6, 1) ?? 1, options?.int32(5, 1) ?? 1),
  };
  // [1, rows, columns, outputs] in the file: the outputs of each channel are next to each other.
  const weights = graph.node(operator, 'Transpose', [weightOf(graph, operator)], { perm: ints(3, 0, 1, 2) });
  layer(graph, operator, weights, attributes, options?.int8(4) ?? 0);
}

function weightOf(graph: GraphBuilder, operator: TfliteOperator): string {
  if (!graph.isConstant(operator, 1))
    throw refused(
      operator.name,
      graph.output(operator).name,
      'has weights that depend on the input of the network',
    );
  return graph.read(operator, 1, 'last');
}

const biasOf = (graph: GraphBuilder, operator: TfliteOperator): readonly string[] =>
  (operator.inputs[2] ?? -1) < 0 ? [] : [graph.read(operator, 2, 'last')];

function layer(
  graph: GraphBuilder,
  operator: TfliteOperator,
  weights: string,
  attributes: Attributes,
  fused: number,
): void {
  const inputs = [graph.read(operator, 0, 'first'), weights, ...biasOf(graph, operator)];
  giveFused(graph, operator, graph.node(operator, 'Conv', inputs, attributes), 'first', fused);
}

export function fullyConnected(graph: GraphBuilder, operator: TfliteOperator): void {
  const { options } = operator;
  const weight = graph.inputOf(operator, 1);
  if (options && options.int8(1) !== 0)
    throw refused(operator.name, graph.output(operator).name, 'has weights in an order for other hardware');
  let x = graph.read(operator, 0, 'last');
  const given = graph.inputOf(operator, 0)?.shape ?? [];
  // All axes but the batch are features.
  if (given.length !== 2)
    x = graph.node(operator, 'Reshape', [x], { shape: ints(given[0] ?? 1, weight?.shape[1] ?? 0) });
  const inputs = [x, weightOf(graph, operator), ...biasOf(graph, operator)];
  let y = graph.node(operator, 'Gemm', inputs, { transB: int(1) });
  const { shape } = graph.output(operator);
  if (shape.length !== 2) y = graph.node(operator, 'Reshape', [y], { shape: ints(...shape) });
  giveFused(graph, operator, y, 'last', options?.int8(0) ?? 0);
}

export function pool(
  kind: 'MaxPool' | 'AveragePool',
): (graph: GraphBuilder, operator: TfliteOperator) => void {
  return (graph, operator) => {
    const { options } = operator;
    const attributes = {
      ...{ ...paddingOf(options), ...strideOf(options) },
      kernel_shape: ints(options?.int32(4) ?? 0, options?.int32(3) ?? 0),
    };
    const value = graph.node(operator, kind, [graph.read(operator, 0, 'first')], attributes);
    giveFused(graph, operator, value, 'first', options?.int8(5) ?? 0);
  };
}

/** Over axes that a tensor of the file names. */
export function reduction(
  kind: 'ReduceMean' | 'ReduceMax',
): (graph: GraphBuilder, operator: TfliteOperator) => void {
  return (graph, operator) => {
    const keeps = operator.options?.uint8(0) ?? 0;
    const axes = graph.wholeNumbers(operator, 1);
    const attributes = { axes: ints(...axes), keepdims: int(keeps) };
    const value = graph.node(operator, kind, [graph.read(operator, 0, 'last')], attributes);
    graph.give(operator, value, 'last');
  };
}
