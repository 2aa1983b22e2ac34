/** The article's genetic operators, on masks of one layer: a gene is the bit of a weight. */
import { emptyWords, type Mask } from '../../core/mask.ts';
import type { RandomStream } from '../../core/random.ts';
import { drawWithoutReplacement } from '../../core/shuffle.ts';

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
 * Two children from one cut: each has the genes before the cut from one parent and those after it from the other.
 *
 * @param cut number of genes before the cut, in the order of `order`
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
 * of a convolution are [ky, kx, in, out] where ours are [out, in, ky, kx], those of a dense layer [in, out] where ours are
 * [out, in]. Other tensors keep their order.
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

/** The individual of the lowest cost among `size` different ones, drawn at random; the one drawn first if costs are equal. */
export function tournamentWinner<Individual extends { readonly cost: number }>(
  population: readonly Individual[],
  size: number,
  random: RandomStream,
): Individual {
  const below = (bound: number) => Math.floor(random.double() * bound);
  const drawn = drawWithoutReplacement(size, population.length, below).map((i) => population[i]!);
  return drawn.reduce((best, one) => (one.cost < best.cost ? one : best));
}
