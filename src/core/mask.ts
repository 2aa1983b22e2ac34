import { MasksearchError } from './error.ts';

/** One bit per weight, 1 = keep, packed in u32 words, little-endian bit order; unused bits are 0. Immutable. */
export interface Mask {
  readonly length: number;
  readonly words: Uint32Array;
}

/** One mask per prunable layer, in network order. Masks that differ in one layer share the mask objects of the others. */
export type Masks = readonly Mask[];

/** Words for a mask of `length` weights, none kept. Once they are part of a `Mask` they must not change any more. */
export function emptyWords(length: number): Uint32Array {
  return new Uint32Array(Math.ceil(length / 32));
}

/** A mask of `length` weights, all kept. */
export function fullMask(length: number): Mask {
  const words = emptyWords(length).fill(0xffffffff);
  const rest = length % 32;
  if (rest > 0) words[words.length - 1] = 2 ** rest - 1;
  return { length, words };
}

/** Number of weights in a tensor of this shape. */
export function weightsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether `words` hold exactly `length` bits: the right number of words, and no bit set beyond the last. */
export function packsBits(words: Uint32Array, length: number): boolean {
  const rest = length % 32;
  const stray = rest > 0 && (words.at(-1) ?? 0) >= 2 ** rest;
  return words.length === Math.ceil(length / 32) && !stray;
}

/** Masks that keep every weight of `layers`. */
export function fullMasks(layers: readonly { readonly shape: readonly number[] }[]): Masks {
  return layers.map(({ shape }) => fullMask(weightsOf(shape)));
}

/** A mask from one value per weight, non-zero = keep. */
export function maskFromBytes(bytes: ArrayLike<number>): Mask {
  const words = emptyWords(bytes.length);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) words[i >>> 5]! |= 1 << (i & 31);
  return { length: bytes.length, words };
}

/** One byte per weight, 1 = keep. */
export function maskToBytes(mask: Mask): Uint8Array {
  const bytes = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) bytes[i] = isKept(mask, i) ? 1 : 0;
  return bytes;
}

export function isKept(mask: Mask, index: number): boolean {
  return ((mask.words[index >>> 5]! >>> (index & 31)) & 1) === 1;
}

/** Number of kept weights. */
export function countKept(mask: Mask): number {
  let kept = 0;
  for (let word of mask.words) {
    // Counts bits in parallel: pairs, nibbles, bytes, then adds the bytes by one multiplication.
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    word = (word + (word >>> 4)) & 0x0f0f0f0f;
    kept += Math.imul(word, 0x01010101) >>> 24;
  }
  return kept;
}

/** Number of pruned weights, over all masks. */
export function countPruned(masks: Masks): number {
  return masks.reduce((sum, mask) => sum + mask.length - countKept(mask), 0);
}

export function masksEqual(a: Mask, b: Mask): boolean {
  if (a === b) return true;
  return a.length === b.length && a.words.every((word, i) => word === b.words[i]);
}

/** Keeps what both masks keep; they are of the same layer. */
export function intersection({ length, words }: Mask, other: Mask): Mask {
  return { length, words: words.map((word, w) => word & other.words[w]!) };
}

/** Fractions of zeros: `perLayer` in network order, `meanLayer` their unweighted mean, `global` zeros over weights. */
export interface Sparsity {
  readonly meanLayer: number;
  readonly global: number;
  readonly perLayer: readonly number[];
}

/** The fractions of pruned weights of `masks`. The order of summation is fixed: the article's cost depends on it. */
export function sparsityOf(masks: Masks): Sparsity {
  let zeros = 0;
  let weights = 0;
  const perLayer = masks.map((mask) => {
    const pruned = mask.length - countKept(mask);
    zeros += pruned;
    weights += mask.length;
    return pruned / mask.length;
  });
  const meanLayer = perLayer.reduce((sum, fraction) => sum + fraction, 0) / Math.max(1, perLayer.length);
  return { meanLayer, global: zeros / Math.max(1, weights), perLayer };
}

/** Throws 'bad-input' unless `masks` has one mask of the right length for each of `layers`. */
export function checkMasks(
  masks: Masks,
  layers: readonly { name: string; shape: readonly number[] }[],
): void {
  if (masks.length !== layers.length) {
    throw new MasksearchError(
      'bad-input',
      `got ${masks.length} masks for ${layers.length} prunable layers`,
      'pass one mask per prunable layer, in network order',
    );
  }
  layers.forEach((layer, i) => {
    const weights = weightsOf(layer.shape);
    if (masks[i]!.length !== weights) {
      throw new MasksearchError(
        'bad-input',
        `the mask of ${layer.name} has ${masks[i]!.length} bits for ${weights} weights`,
        `make it ${layer.shape.join(' x ')} bits`,
      );
    }
    const { words } = masks[i]!;
    if (!packsBits(words, weights)) {
      const stray = words.length === Math.ceil(weights / 32);
      throw new MasksearchError(
        'bad-input',
        `the mask of ${layer.name} has ${words.length} words${stray ? ' with bits beyond its last' : ''} for ${weights} bits`,
        'pack 32 bits to a word and leave the rest of the last word 0',
      );
    }
  });
}
