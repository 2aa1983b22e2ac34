/** Operators that put masks together from those of several individuals. */
import { countKept, type Mask, type Masks } from '../../core/mask.ts';
import type { RandomStream } from '../../core/random.ts';
import { withLayer, type RepairContext } from './repair.ts';

/** What a child has done better than its parent. */
export interface Difference {
  readonly from: Masks;
  readonly to: Masks;
  /** Nats that its loss is higher. */
  readonly lossChange: number;
  /** In which it was found. */
  readonly generation: number;
}

/**
 * Uniform crossover: every weight comes from either parent with equal probability. Each layer then keeps as many weights as in the first
 * parent, so that the child has as many zeros.
 */
export function uniformCrossover(
  first: Masks,
  second: Masks,
  context: Pick<RepairContext, 'searched' | 'rankings'>,
  random: RandomStream,
): Masks {
  let child = first;
  for (const layer of context.searched) {
    const [a, b] = [first[layer]!, second[layer]!];
    if (a === b) continue;
    child = withLayer(child, layer, mixed(a, b, random), countKept(a), context);
  }
  return child;
}

/** Bits of both masks, each with equal probability. */
function mixed({ length, words }: Mask, other: Mask, random: RandomStream): Mask {
  return {
    length,
    words: words.map((word, w) => {
      const differing = word ^ other.words[w]!;
      return differing === 0 ? word : word ^ (differing & Math.floor(random() * 2 ** 32));
    }),
  };
}

/** Layer-wise crossover: every layer comes whole from either parent. */
export function layerwiseCrossover(
  first: Masks,
  second: Masks,
  { searched }: Pick<RepairContext, 'searched'>,
  random: RandomStream,
): Masks {
  return searched.reduce(
    (child, layer) => (random() < 0.5 ? child.with(layer, second[layer]!) : child),
    first,
  );
}

/** `masks` with what `difference` dropped dropped, and what it restored restored. */
export function withDifference(masks: Masks, { from, to }: Difference): Masks {
  return masks.map((mask, layer) => {
    const [before, after] = [from[layer]!, to[layer]!];
    if (before === after) return mask;
    return {
      length: mask.length,
      words: mask.words.map((word, w) => {
        const [old, now] = [before.words[w]!, after.words[w]!];
        return (word & ~(old & ~now)) | (now & ~old);
      }),
    };
  });
}
