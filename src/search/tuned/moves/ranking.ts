/** Picks kept or pruned weights of a layer, by their importance. */
import { isKept, type Mask } from '../../../core/mask.ts';
import type { RandomStream } from '../../../core/random.ts';

/** How strongly picks favour one end of the order: the place of a pick is a uniform number to this power. */
const BIAS = 5;

/** Share of picks that ignore the order, so that a search can contradict it. */
const UNIFORM_SHARE = 0.02;

/** Most draws per weight that is wanted. A weight that was picked already may be drawn again, in vain. */
const DRAWS_PER_PICK = 20;

interface Lists {
  readonly mask: Mask;
  /** Indices of kept and of pruned weights, the least important first. */
  readonly kept: Uint32Array;
  readonly pruned: Uint32Array;
}

/** The weights of one layer by importance, or all alike. */
export class Ranking {
  readonly #order: Uint32Array;
  readonly #biased: boolean;
  #lists: Lists | undefined;

  /**
   * @param scores importance of each weight, equal ones in the order of `ties`; if undefined, all are alike
   * @param initial the weights that it prunes are pruned for good, and never picked
   */
  constructor(weights: number, scores?: Float64Array, ties?: Float64Array, initial?: Mask) {
    const all = Uint32Array.from({ length: weights }, (_, i) => i);
    this.#order = initial ? all.filter((i) => isKept(initial, i)) : all;
    this.#biased = scores !== undefined;
    if (scores) {
      this.#order.sort((a, b) => scores[a]! - scores[b]! || (ties ? ties[a]! - ties[b]! : 0) || a - b);
    }
  }

  /** Indices of up to `count` different kept weights of `mask`, preferably of the least important. */
  pickKept(mask: Mask, count: number, random: RandomStream): readonly number[] {
    return this.#pick(this.#listsOf(mask).kept, count, random, false);
  }

  /** Number of pruned weights of `mask` that may be restored. */
  countPruned(mask: Mask): number {
    return this.#listsOf(mask).pruned.length;
  }

  /** Indices of up to `count` different pruned weights of `mask`, preferably of the most important. */
  pickPruned(mask: Mask, count: number, random: RandomStream): readonly number[] {
    return this.#pick(this.#listsOf(mask).pruned, count, random, true);
  }

  /** Indices of the `count` least important kept weights of `mask`. */
  lowestKept(mask: Mask, count: number): readonly number[] {
    return [...this.#listsOf(mask).kept.subarray(0, count)];
  }

  /** Indices of the `count` most important pruned weights of `mask` that may be restored. */
  highestPruned(mask: Mask, count: number): readonly number[] {
    const { pruned } = this.#listsOf(mask);
    return [...pruned.subarray(Math.max(0, pruned.length - count))];
  }

  #pick(list: Uint32Array, count: number, random: RandomStream, fromEnd: boolean): readonly number[] {
    const wanted = Math.min(count, list.length);
    const picked = new Set<number>();
    for (let draw = 0; picked.size < wanted && draw < DRAWS_PER_PICK * wanted; draw++) {
      const uniform = !this.#biased || random() < UNIFORM_SHARE;
      const place = Math.floor(list.length * (uniform ? random() : biased(random())));
      picked.add(list[fromEnd ? list.length - 1 - place : place]!);
    }
    return [...picked];
  }

  #listsOf(mask: Mask): Lists {
    if (this.#lists?.mask === mask) return this.#lists;
    const kept = new Uint32Array(mask.length);
    const pruned = new Uint32Array(mask.length);
    let keptCount = 0;
    let prunedCount = 0;
    for (const index of this.#order) {
      if (isKept(mask, index)) kept[keptCount++] = index;
      else pruned[prunedCount++] = index;
    }
    return (this.#lists = {
      mask,
      kept: kept.subarray(0, keptCount),
      pruned: pruned.subarray(0, prunedCount),
    });
  }
}

/** u to the power of `BIAS`, by products: the same bits on every engine. */
function biased(u: number): number {
  let power = u;
  for (let i = 1; i < BIAS; i++) power *= u;
  return power;
}
