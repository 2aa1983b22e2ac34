import { INPUT, type Network, type Node, type Shape } from './network.ts';
import { channelsOf, elementsOf, inferShapes, misfit, shapeText, shown } from './shapes.ts';

/**
 * The shape of every parameter that a network names, in the order of first use. Throws 'bad-input' for a graph that does not fit together,
 * or if nodes that share a parameter need different shapes of it.
 */
export function parameterShapes(network: Network): ReadonlyMap<string, Shape> {
  const shapes = inferShapes(network);
  const parameters = new Map<string, Shape>();
  for (const node of network.nodes) {
    const input = shapes.get(node.inputs[0] ?? INPUT)!;
    for (const [name, shape] of ofNode(node, input)) {
      if (name === undefined) continue;
      const first = parameters.get(name) ?? shape;
      if (shapeText(first) !== shapeText(shape))
        throw misfit(
          node,
          `needs ${shown(name)} as ${shapeText(shape)}, an earlier node as ${shapeText(first)}`,
          'share a parameter only where its shape is the same',
        );
      parameters.set(name, first);
    }
  }
  return parameters;
}

/** How many nodes name each parameter. */
export function parameterUses(network: Network): ReadonlyMap<string, number> {
  const shapes = inferShapes(network);
  const uses = new Map<string, number>();
  for (const node of network.nodes) {
    for (const [name] of ofNode(node, shapes.get(node.inputs[0] ?? INPUT)!)) {
      if (name !== undefined) uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  }
  return uses;
}

/** What one node needs; `input` is the shape that it reads. */
export function ofNode(
  node: Node,
  input: Shape,
): readonly (readonly [name: string | undefined, shape: Shape])[] {
  switch (node.kind) {
    case 'conv2d':
      return [
        [node.weight, [node.outChannels, input[0]! / node.groups, ...node.kernel]],
        [node.bias, [node.outChannels]],
      ];
    case 'dense':
      return [
        [node.weight, [node.outputs, elementsOf(input)]],
        [node.bias, [node.outputs]],
      ];
    case 'batchNorm':
    case 'affine': {
      const { channels } = channelsOf(input);
      const names =
        node.kind === 'affine'
          ? [node.scale, node.shift]
          : [node.scale, node.shift, node.mean, node.variance];
      return names.map((name) => [name, [channels]] as const);
    }
    case 'pool2d':
    case 'globalPool':
    case 'activation':
    case 'add':
    case 'concat':
    case 'pad':
    case 'flatten':
      return [];
  }
}
