/** What the import of a layer gets. */
import { elementsOf, shapeText } from '../../../network/shapes.ts';
import type { Shape } from '../../../network/network.ts';
import { shown } from '../../safetensors/header.ts';
import type { Layer } from '../config/layer.ts';
import type { NetworkImport } from '../network-import.ts';
import type { Value, ValueKind } from '../value.ts';

export interface Call {
  readonly layer: Layer;
  readonly inputs: readonly Value[];
  readonly network: NetworkImport;
  /** Whether images of the network are [channels, rows, columns] in Keras too. */
  readonly channelsFirst: boolean;
  /** Major version of Keras. */
  readonly version: number;
}

/** Adds what a layer does; returns what it gives. Throws 'bad-input' for what no network here can do. */
export type LayerImport = (call: Call) => Value;

/** What a layer of one input reads. */
export function single(call: Call): Value {
  const { inputs, layer } = call;
  if (inputs.length !== 1) throw layer.unsupported(`reads ${inputs.length} tensors, it takes 1`);
  return inputs[0]!;
}

/** Likewise, of one of these kinds. */
export function singleOf(call: Call, ...kinds: readonly ValueKind[]): Value {
  const value = single(call);
  if (!kinds.includes(value.kind))
    throw call.layer.unsupported(`reads a ${value.kind}, only a ${kinds.join(' or a ')} is supported`);
  return value;
}

/** Channels, height and width of an image, signal or plane. */
export const imageShape = ({ network }: Call, { node }: Value): readonly [number, number, number] => {
  const [channels, height = 1, width = 1] = network.shapeOf(node);
  return [channels!, height, width];
};

/** The shape in Keras, without the batch. */
export function kerasShape(call: Call, value: Value): Shape {
  const [channels, height, width] = imageShape(call, value);
  switch (value.kind) {
    case 'image':
      return call.channelsFirst ? [channels, height, width] : [height, width, channels];
    case 'signal':
      return [width, channels];
    case 'plane':
      return [height, width];
    case 'vector':
      return [elementsOf(call.network.shapeOf(value.node))];
  }
}

/** Throws 'bad-input' unless an axis is that of the channels or features. */
export function checkChannelAxis(call: Call, value: Value, axis: unknown): void {
  // Old versions have a list of one.
  const given: unknown = Array.isArray(axis) ? axis[0] : axis;
  const { length } = kerasShape(call, value);
  const positive = typeof given === 'number' ? (given < 0 ? given + length + 1 : given) : NaN;
  const wanted = value.kind === 'image' && call.channelsFirst ? 1 : length;
  if (positive === wanted && value.kind !== 'plane') return;
  throw call.layer.unsupported(
    `works along axis ${shown(given)} of ${shapeText(kerasShape(call, value))}, only that of the channels is supported`,
  );
}
