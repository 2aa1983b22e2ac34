/** The genetic operators on the mask of one layer: a gene is a weight's bit. */
import { emptyWords, type Mask } from '../../core/mask.ts';
import type { RandomStream } from '../../core/random.ts';

/** A mask that drops each weight with probability `rate`. */
export function randomMask(length: number, rate: number, random: RandomStream): Mask {
  const words = emptyWords(length);
  for (let gene = 0; gene < length; gene++) {
    if (random() >= rate) words[gene >>> 5]! |= 1 << (gene & 31);
  }
  return { length, words };
}

/** Redraws each gene with probability `rate`: as 1 with probability `rate`, else as 0. */
export function mutate({ length, words }: Mask, rate: number, random: RandomStream): Mask {
  const mutated = words.slice();
  for (let gene = 0; gene < length; gene++) {
    if (random() >= rate) continue;
    const bit = 1 << (gene & 31);
    if (random() < rate) mutated[gene >>> 5]! |= bit;
    else mutated[gene >>> 5]! &= ~bit;
  }
  return { length, words: mutated };
}

/**
 * Two children of one cut: the genes before it from one parent, the others from the other parent.
 *
 * @param cut number of genes before it, in the order of `order`
 * @param order indices of the genes, see `articleOrder`
 */
export function crossOver(a: Mask, b: Mask, cut: number, order: Uint32Array): readonly [Mask, Mask] {
  const before = emptyWords(a.length);
  for (const gene of order.subarray(0, cut)) before[gene >>> 5]! |= 1 << (gene & 31);
  const child = (first: Mask, second: Mask): Mask => ({
    length: first.length,
    words: before.map((bits, w) => (first.words[w]! & bits) | (second.words[w]! & ~bits)),
  });
  return [child(a, b), child(b, a)];
}

/**
 * The order in which the article flattens a layer's weights, as indices into our order. Its tensors are Keras's: those
 * of a convolution [ky, kx, in, out] where ours are [out, in, ky, kx], of a dense layer [in, out] for our [out, in]. Other
 * tensors keep their order.
 */
export function articleOrder(shape: readonly number[]): Uint32Array {
  const axes = shape.length === 4 ? [2, 3, 1, 0] : shape.length === 2 ? [1, 0] : [...shape.keys()];
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  let order = [0];
  for (const axis of axes) {
    const steps = Array.from({ length: shape[axis]! }, (_, i) => i * strides[axis]!);
    order = order.flatMap((base) => steps.map((step) => base + step));
  }
  return Uint32Array.from(order);
}

/** `count` different whole numbers below `end`, each choice and order equally likely. */
export function drawWithoutReplacement(count: number, end: number, random: RandomStream): readonly number[] {
  const numbers = Array.from({ length: end }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random.double() * (end - i));
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers.slice(0, count);
}
