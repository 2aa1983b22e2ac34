/** Layers that move elements or add zeros. */
import { INPUT } from '../../../network/network.ts';
import { elementsOf, shapeText } from '../../../network/shapes.ts';
import { shown } from '../../safetensors/header.ts';
import { isList, listOf, type Json } from '../config/json.ts';
import { inputShape, type Value } from '../value.ts';
import { imageShape, kerasShape, single, singleOf, type Call, type LayerImport } from './call.ts';

export const flatten: LayerImport = (call) => {
  // With channels first, Keras turns them to be last before it flattens.
  const turns = call.layer.text('channels_last', 'data_format') === 'channels_first';
  return flat(call, single(call), !call.channelsFirst || turns);
};

/** @param channelsLast whether the channels of a pixel follow each other in Keras */
function flat(call: Call, x: Value, channelsLast: boolean): Value {
  const { layer, network } = call;
  if (x.kind === 'vector') return x;
  const [channels, height, width] = imageShape(call, x);
  const area = height * width;
  const { node } = network.add(layer, { kind: 'flatten' }, [x.node]);
  const moves = channelsLast && channels > 1 && area > 1;
  return { node, kind: 'vector', pieces: moves ? [{ channels, area }] : undefined };
}

/** Only to a vector, or where one axis of length 1 comes or goes, or of the input of the network. */
export const reshape: LayerImport = (call) => {
  const { layer, network } = call;
  const x = single(call);
  const from = kerasShape(call, x);
  const to = targetOf(call, layer.get('target_shape', 'dims'), elementsOf(from));
  if (shapeText(to) === shapeText(from)) return x;
  if (to.length === 1) return flat(call, x, !call.channelsFirst);
  const refused = () =>
    layer.unsupported(
      `makes ${shapeText(to)} of ${shapeText(from)}, only a vector, an axis of length 1 and the input of the network are supported`,
    );
  if (call.channelsFirst) throw refused();
  const shape = network.shapeOf(x.node);
  if (to.length === 3) {
    // As it is here already.
    const wanted = inputShape('image', to);
    if (shape.length === 3 && shapeText(shape) === shapeText(wanted) && !x.pieces)
      return { node: x.node, kind: 'image' };
    const isMoved = x.kind === 'vector' || x.kind === 'signal' || x.kind === 'plane';
    if (x.node === INPUT && isMoved && network.nodes.length === 0) {
      network.shapeInput(wanted);
      return { node: INPUT, kind: 'image' };
    }
    throw refused();
  }
  if (to.length !== 2) throw refused();
  // A row or column of an image is a signal.
  const signal = inputShape('signal', to);
  if (shape.length === 3 && shapeText(shape) === shapeText(signal) && !x.pieces)
    return { node: x.node, kind: 'signal' };
  if (x.node === INPUT && network.nodes.length === 0 && (x.kind === 'vector' || to[1] === 1)) {
    network.shapeInput(signal);
    return { node: INPUT, kind: 'signal' };
  }
  throw refused();
};

/** Sizes, of which one may be -1. */
function targetOf({ layer }: Call, value: Json, elements: number): readonly number[] {
  const sizes = listOf(value);
  if (
    !isList(value) ||
    sizes.length === 0 ||
    sizes.length > 3 ||
    !sizes.every((size) => Number.isSafeInteger(size))
  )
    throw layer.unsupported(`has ${shown(value)} as target_shape, only one to three sizes are supported`);
  const given = sizes as readonly number[];
  const known = given.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const to = given.map((size) => (size === -1 ? elements / known : size));
  if (elementsOf(to) !== elements || !to.every((size) => Number.isSafeInteger(size) && size >= 1))
    throw layer.unsupported(`makes ${shapeText(given)} of ${elements} numbers`);
  return to;
}

export const zeroPadding =
  (axes: 1 | 2): LayerImport =>
  (call) => {
    const { layer, network } = call;
    const x = singleOf(call, axes === 1 ? 'signal' : 'image');
    const [rows, columns] = axes === 1 ? [[0, 0], pair(call, layer.get('padding') ?? 1)] : pairs(call);
    const padding = [rows![0]!, columns![0]!, rows![1]!, columns![1]!] as const;
    const step = { kind: 'pad', padding, channels: [0, 0] } as const;
    return { node: network.add(layer, step, [x.node]).node, kind: x.kind };
  };

/** [top, bottom] and [left, right]. */
function pairs(call: Call): readonly (readonly number[])[] {
  const padding = call.layer.get('padding') ?? 1;
  // Keras 1 may have four.
  if (isList(padding) && padding.length === 4)
    return [padding.slice(0, 2), padding.slice(2)].map((two) => pair(call, two));
  if (isList(padding)) return padding.map((one) => pair(call, one));
  return [pair(call, padding), pair(call, padding)];
}

function pair({ layer }: Call, value: Json): readonly number[] {
  if (typeof value === 'number') return [value, value];
  if (isList(value) && value.length === 2 && value.every((one) => typeof one === 'number')) return value;
  throw layer.unsupported(`has ${shown(value)} as padding, only numbers are supported`);
}
