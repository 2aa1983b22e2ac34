/** A network with other names of parameters. */
import type { Network, Node } from '../../network/network.ts';

/** The network with `nameOf` each of its parameters. */
export function withParameterNames(network: Network, nameOf: (name: string) => string): Network {
  return { ...network, nodes: network.nodes.map((node) => renamed(node, nameOf)) };
}

function renamed(node: Node, nameOf: (name: string) => string): Node {
  const named = <Field extends string>(field: Field, name: string | undefined) =>
    (name === undefined ? {} : { [field]: nameOf(name) }) as { readonly [F in Field]?: string };
  switch (node.kind) {
    case 'conv2d':
    case 'dense':
      return { ...node, weight: nameOf(node.weight), ...named('bias', node.bias) };
    case 'batchNorm':
      return {
        ...node,
        ...named('scale', node.scale),
        ...named('shift', node.shift),
        mean: nameOf(node.mean),
        variance: nameOf(node.variance),
      };
    case 'affine':
      return { ...node, scale: nameOf(node.scale), shift: nameOf(node.shift) };
    case 'pool2d':
    case 'globalPool':
    case 'activation':
    case 'add':
    case 'concat':
    case 'pad':
    case 'flatten':
      return node;
  }
}
