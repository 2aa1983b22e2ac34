/** Layers that read several tensors. */
import { shapeText } from '../../../network/shapes.ts';
import { shown } from '../../safetensors/header.ts';
import type { Piece, Value } from '../value.ts';
import { checkChannelAxis, kerasShape, type Call, type LayerImport } from './call.ts';

export const add: LayerImport = (call) => {
  const { layer, network } = call;
  const [first, ...more] = several(call);
  const text = (value: Value) =>
    `${value.kind} ${shapeText(kerasShape(call, value))} ${JSON.stringify(value.pieces)}`;
  for (const value of more)
    if (text(value) !== text(first!))
      throw layer.unsupported(
        `adds ${shapeText(kerasShape(call, first!))} and ${shapeText(kerasShape(call, value))}, only equal shapes are supported`,
      );
  const nodes = aligned(call, [first!, ...more]).map(({ node }) => node);
  return { ...first!, node: network.add(layer, { kind: 'add' }, nodes).node };
};

export const concatenate: LayerImport = (call) => {
  const { layer, network } = call;
  const values = several(call);
  const [first] = values;
  checkChannelAxis(call, first!, layer.get('axis', 'concat_axis') ?? -1);
  const pixels = (value: Value) => `${value.kind} ${shapeText(network.shapeOf(value.node).slice(1))}`;
  const vectors = aligned(call, values);
  for (const value of vectors)
    if (pixels(value) !== pixels(vectors[0]!))
      throw layer.unsupported('joins tensors that differ in more than their channels');
  const { node } = network.add(
    layer,
    { kind: 'concat' },
    vectors.map((value) => value.node),
  );
  const pieces = vectors.some((value) => value.pieces)
    ? vectors.flatMap(
        (value): readonly Piece[] => value.pieces ?? [{ channels: 1, area: network.shapeOf(value.node)[0]! }],
      )
    : undefined;
  return { node, kind: first!.kind, pieces };
};

/** Vectors of pixels as vectors of features, where both are there. */
function aligned({ layer, network }: Call, values: readonly Value[]): readonly Value[] {
  const ranks = new Set(values.map(({ node }) => network.shapeOf(node).length));
  if (ranks.size === 1) return values;
  return values.map((value) =>
    value.kind === 'vector' && network.shapeOf(value.node).length === 3
      ? { ...value, node: network.add(layer, { kind: 'flatten' }, [value.node], '.flatten').node }
      : value,
  );
}

function several({ layer, inputs }: Call): readonly Value[] {
  if (inputs.length < 2) throw layer.unsupported(`reads ${inputs.length} tensors, at least 2 are supported`);
  return inputs;
}

/** Of Keras 1. */
export const merge: LayerImport = (call) => {
  const mode = call.layer.text('sum', 'mode');
  if (mode === 'sum') return add(call);
  if (mode === 'concat') return concatenate(call);
  throw call.layer.unsupported(`merges by ${shown(mode)}, only sum and concat are supported`);
};
