/** Nodes of a network as operators. */
import type { Node, Shape } from '../../../network/network.ts';
import { exportActivation } from './activations.ts';
import type { AddOperator, OperatorGraph } from './graph.ts';
import { padsOf } from './pad.ts';
import { exportPool, windowAttributes } from './pools.ts';

/** Where a node is written. */
export interface Place {
  readonly graph: OperatorGraph;
  /** Names of the values that it reads, and their shapes without the batch. */
  readonly inputs: readonly string[];
  readonly shapes: readonly Shape[];
  /** The name under which the graph has a parameter. */
  readonly parameter: (name: string) => string;
  /** The reserved name of its value; undefined for one that is made from the node's. */
  readonly output: string | undefined;
}

/** Adds the operators of a node; returns the name of its value. */
export function exportNode(node: Node, { graph, inputs, shapes, parameter, output }: Place): string {
  const add: AddOperator = (operator, operands, { part, attributes = {} } = {}) =>
    part === undefined
      ? graph.call(operator, operands, { name: node.name, attributes }, output)
      : graph.call(operator, operands, { name: `${node.name}.${part}`, attributes });
  const [x, shape] = [inputs[0]!, shapes[0]!];
  const given = (name: string | undefined) => (name === undefined ? [] : [parameter(name)]);
  switch (node.kind) {
    case 'conv2d': {
      const attributes = {
        ...windowAttributes(node),
        ...{ pads: { ints: node.padding }, group: { int: node.groups } },
      };
      return add('Conv', [x, parameter(node.weight), ...given(node.bias)], { attributes });
    }
    case 'dense': {
      const features = shape.length === 1 ? x : add('Flatten', [x], { part: 'features' });
      const attributes = { transB: { int: 1 } };
      return add('Gemm', [features, parameter(node.weight), ...given(node.bias)], { attributes });
    }
    case 'pool2d':
      return exportPool(node, shape, x, add, graph);
    case 'globalPool':
      return add(node.operation === 'max' ? 'GlobalMaxPool' : 'GlobalAveragePool', [x]);
    case 'activation':
      return exportActivation(node, x, add, graph);
    case 'batchNorm': {
      const channels = shape[0]!;
      const [scale = graph.filled([channels], 1)] = given(node.scale);
      const [shift = graph.filled([channels], 0)] = given(node.shift);
      const attributes = { epsilon: { float: node.epsilon } };
      const statistics = [parameter(node.mean), parameter(node.variance)];
      return add('BatchNormalization', [x, scale, shift, ...statistics], { attributes });
    }
    case 'affine': {
      const perChannel = (name: string, part: string) =>
        shape.length === 1
          ? parameter(name)
          : add('Unsqueeze', [parameter(name), graph.integers([1, 2])], { part });
      const scaled = add('Mul', [x, perChannel(node.scale, 'scale')], { part: 'scaled' });
      return add('Add', [scaled, perChannel(node.shift, 'shift')]);
    }
    case 'add':
      return add(inputs.length === 2 ? 'Add' : 'Sum', inputs);
    case 'concat':
      return add('Concat', inputs, { attributes: { axis: { int: 1 } } });
    case 'pad':
      return add('Pad', [x, padsOf(graph, node.padding, node.channels)]);
    case 'flatten':
      return add('Flatten', [x]);
  }
}
