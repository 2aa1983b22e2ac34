/** What a layer gives, as Keras and as the network here see it. */
import type { Shape } from '../../network/network.ts';

/**
 * - `image`: Keras [rows, columns, channels], here [channels, rows, columns]
 * - `signal`: Keras [length, channels], here [channels, 1, length]
 * - `plane`: Keras [rows, columns], an image without an axis for its channel, here [1, rows, columns]
 * - `vector`: Keras [features], here [features], or [features, 1, 1]
 */
export type ValueKind = 'image' | 'signal' | 'plane' | 'vector';

export interface Value {
  readonly node: string;
  readonly kind: ValueKind;
  /** Of a vector whose features are in another order here: what was flattened, one after the other. Undefined if they are in the same. */
  readonly pieces?: readonly Piece[] | undefined;
  /** What this is after a last function that only losses apply: nothing may read it. */
  readonly ending?: Ending | undefined;
}

/** An image that became features: Keras has its channels last, the network here first. */
export interface Piece {
  readonly channels: number;
  readonly area: number;
}

export interface Ending {
  readonly function: 'softmax' | 'sigmoid';
  /** The value that it is a function of. */
  readonly of: Value;
}

/** The index in Keras of each of `count` features; undefined if it is the same. */
export function featuresBefore({ pieces }: Value, count: number): Uint32Array | undefined {
  if (!pieces) return undefined;
  const indices = new Uint32Array(count);
  let start = 0;
  for (const { channels, area } of pieces) {
    for (let channel = 0; channel < channels; channel++)
      for (let pixel = 0; pixel < area; pixel++)
        indices[start + channel * area + pixel] = start + pixel * channels + channel;
    start += channels * area;
  }
  return indices;
}

/** Keras's shape of an input, without the batch, here. */
export function inputShape(kind: ValueKind, sizes: readonly number[]): Shape {
  const [first, second, third] = sizes as readonly [number, number, number];
  switch (kind) {
    case 'image':
      return [third, first, second];
    case 'signal':
      return [second, 1, first];
    case 'plane':
      return [1, first, second];
    case 'vector':
      return [first];
  }
}
