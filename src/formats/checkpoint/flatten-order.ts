/**
 * The order of the features that a file's dense layers read from an image. Here and in PyTorch an image is flattened as channels, rows, columns; in Keras as
 * rows, columns, channels. Shapes do not tell which.
 */
import type { MasksearchError } from '../../core/error.ts';
import type { Network, Shape } from '../../network/network.ts';
import { ofNode, parameterUses } from '../../network/parameter-shapes.ts';
import { elementsOf, inferShapes } from '../../network/shapes.ts';
import { shown } from '../safetensors/header.ts';

/** The first is the default. */
export const FLATTENS = ['channels-rows-columns', 'rows-columns-channels'] as const;
export type Flatten = (typeof FLATTENS)[number];

/** By name of a parameter: the index in the file of each of its numbers. */
export type Orders = ReadonlyMap<string, Uint32Array>;

/**
 * The orders of parameters in a file that flattens images as rows, columns, channels: of dense layers that read such features, and of normalisations before
 * them. Throws what `refused` makes of a reason for a network that adds or joins such features, or has such a parameter elsewhere too.
 */
export function ordersOfRowsFirst(network: Network, refused: (why: string) => MasksearchError): Orders {
  const shapes = inferShapes(network);
  const uses = parameterUses(network);
  const features = new Map<string, Uint32Array>();
  const orders = new Map<string, Uint32Array>();
  const found = new Map<string, number>();
  for (const node of network.nodes) {
    const [input] = node.inputs;
    const shape = shapes.get(input!)!;
    const own = features.get(input!) ?? (node.kind === 'flatten' ? flattened(shape) : undefined);
    if (!own) continue;
    if (node.kind === 'add' || node.kind === 'concat')
      throw refused(`${shown(node.name)} combines the features of several images`);
    for (const [name, { length }] of ofNode(node, shape)) {
      // The bias of a dense layer is of its outputs.
      if (name === undefined || (node.kind === 'dense' && length === 1)) continue;
      found.set(name, (found.get(name) ?? 0) + 1);
      orders.set(name, node.kind === 'dense' ? ofRows(own, node.outputs) : own);
    }
    if (node.kind !== 'dense') features.set(node.name, own);
  }
  const shared = [...found].find(([name, count]) => uses.get(name) !== count)?.[0];
  if (shared !== undefined) throw refused(`${shown(shared)} is used elsewhere too`);
  return orders;
}

/** Whether a dense layer reads features of an image of several channels, so that their order matters. */
export function hasFlattenOrder(network: Network): boolean {
  const shapes = inferShapes(network);
  return network.nodes.some(
    ({ kind, inputs }) => kind === 'flatten' && flattened(shapes.get(inputs[0]!)!) !== undefined,
  );
}

/** For each feature its index where rows come first; undefined if that is the same. */
function flattened(shape: Shape): Uint32Array | undefined {
  const [channels, ...sides] = shape as [number, ...number[]];
  const area = elementsOf(sides);
  if (channels === 1 || area === 1) return undefined;
  return Uint32Array.from(
    { length: channels * area },
    (_, i) => (i % area) * channels + Math.floor(i / area),
  );
}

/** The same for each of several rows. */
function ofRows(order: Uint32Array, rows: number): Uint32Array {
  const { length } = order;
  return Uint32Array.from(
    { length: rows * length },
    (_, i) => Math.floor(i / length) * length + order[i % length]!,
  );
}
