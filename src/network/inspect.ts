/** What is in a model, node by node. */
import { fuse } from './fuse.ts';
import { totalOf } from '../core/math.ts';
import { prunableWeights, problemOf } from './problem.ts';
import type { Model } from './model.ts';
import { INPUT, type Node, type Shape } from './network.ts';
import { ofNode } from './parameter-shapes.ts';
import { elementsOf, inferShapes, type Shapes } from './shapes.ts';

/** A node with what it computes and what it holds. */
export interface InspectedNode {
  readonly name: string;
  readonly kind: Node['kind'];
  /** What sets it apart from others of its kind, such as "3 x 3, stride 2". */
  readonly details: string;
  /** Shape of its output. */
  readonly output: Shape;
  /** Numbers that it is parameterised by; those that it shares with an earlier node are counted there. */
  readonly parameters: number;
  /** Those among them that can be pruned, and how many of these are 0. */
  readonly prunable: number;
  readonly zeros: number;
  /** Multiply-accumulates with weights per image, with nothing pruned; padding counts like any pixel. */
  readonly macs: number;
}

export interface Inspection {
  readonly input: Shape;
  readonly nodes: readonly InspectedNode[];
  /** Sums over the nodes. */
  readonly parameters: number;
  readonly prunable: number;
  readonly zeros: number;
  readonly macs: number;
}

/** Throws 'bad-input' for a network that does not fit together. `model` must have passed `checkModel`. */
export function inspect(model: Model): Inspection {
  const { network } = model;
  const shapes = inferShapes(network);
  const zerosOf = zerosByWeight(model);
  const macsOf = macsByNode(model);
  const seen = new Set<string>();
  const nodes = network.nodes.map((node): InspectedNode => {
    const own = ofNode(node, shapes.get(node.inputs[0] ?? INPUT)!).filter(
      ([name]) => name !== undefined && !seen.has(name),
    );
    for (const [name] of own) seen.add(name!);
    const prunable = own.filter(([name]) => zerosOf.has(name!));
    return {
      name: node.name,
      kind: node.kind,
      details: detailsOf(node),
      output: shapes.get(node.name)!,
      parameters: totalOf(own.map(([, shape]) => elementsOf(shape))),
      prunable: totalOf(prunable.map(([, shape]) => elementsOf(shape))),
      zeros: totalOf(prunable.map(([name]) => zerosOf.get(name!)!)),
      macs: macsOf(node, shapes),
    };
  });
  const total = (of: 'parameters' | 'prunable' | 'zeros' | 'macs') => totalOf(nodes.map((node) => node[of]));
  return {
    input: network.input,
    nodes,
    parameters: total('parameters'),
    prunable: total('prunable'),
    zeros: total('zeros'),
    macs: total('macs'),
  };
}

/** Number of zeros in each weight tensor that can be pruned, by name. */
function zerosByWeight(model: Model): ReadonlyMap<string, number> {
  const weights = prunableWeights(model);
  return new Map(
    problemOf(model.network).layers.map(({ weight }, i) => [
      weight!,
      weights[i]!.reduce((zeros, value) => zeros + Number(value === 0), 0),
    ]),
  );
}

/** A node that the output does not depend on is never computed. */
function macsByNode({ network }: Model): (node: Node, shapes: Shapes) => number {
  const weights = new Set(fuse(network).map(({ source }) => source.weight));
  return (node, shapes) => {
    if (node.kind === 'dense' && weights.has(node.weight))
      return elementsOf(shapes.get(node.inputs[0]!)!) * node.outputs;
    if (node.kind === 'conv2d' && weights.has(node.weight)) {
      const channels = shapes.get(node.inputs[0]!)![0]!;
      return elementsOf(shapes.get(node.name)!) * (channels / node.groups) * elementsOf(node.kernel);
    }
    return 0;
  };
}

function detailsOf(node: Node): string {
  switch (node.kind) {
    case 'conv2d':
      return [windowOf(node), ...(node.groups > 1 ? [`${node.groups} groups`] : [])].join(', ');
    case 'pool2d':
      return `${node.operation} ${windowOf(node)}`;
    case 'globalPool':
      return node.operation;
    case 'activation':
      return node.activation;
    case 'dense':
    case 'batchNorm':
    case 'affine':
    case 'add':
    case 'concat':
    case 'pad':
    case 'flatten':
      return '';
  }
}

function windowOf({ kernel, stride, dilation }: Extract<Node, { kind: 'conv2d' | 'pool2d' }>): string {
  const of = (what: string, [down, across]: readonly [number, number]) =>
    down === 1 && across === 1 ? [] : [`${what} ${down === across ? down : `${down} x ${across}`}`];
  return [kernel.join(' x '), ...of('stride', stride), ...of('dilation', dilation)].join(', ');
}
