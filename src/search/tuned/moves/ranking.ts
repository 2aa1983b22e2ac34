/** Which weights a move takes: kept and pruned weights of a layer in the order of their importance. */
import { isKept, type Mask } from '../../../core/mask.ts';
import type { RandomStream } from '../../../core/random.ts';

/** How strongly picks favour one end of the order: the place of a pick is this power of a uniform number. */
const BIAS = 5;

/** Share of picks that ignore the order, so that a search can contradict whatever made it. */
const UNIFORM_SHARE = 0.02;

/** Draws per weight that is wanted before a pick gives up: those already taken are drawn in vain. */
const DRAWS_PER_PICK = 20;

interface Lists {
  readonly mask: Mask;
  /** Indices of kept and of pruned weights, the least important first. */
  readonly kept: Uint32Array;
  readonly pruned: Uint32Array;
}

/** The weights of one layer by importance; without an order all weights are alike. */
export class Ranking {
  readonly #order: Uint32Array;
  readonly #biased: boolean;
  #lists: Lists | undefined;

  /** @param scores importance of each weight; equal ones keep the order of `ties`. All alike if not given. */
  constructor(weights: number, scores?: Float64Array, ties?: Float64Array) {
    this.#order = Uint32Array.from({ length: weights }, (_, i) => i);
    this.#biased = scores !== undefined;
    if (scores) {
      this.#order.sort((a, b) => scores[a]! - scores[b]! || (ties ? ties[a]! - ties[b]! : 0) || a - b);
    }
  }

  /** Up to `count` different kept weights of `mask`, rather the least important ones. */
  pickKept(mask: Mask, count: number, random: RandomStream): readonly number[] {
    return this.#pick(this.#listsOf(mask).kept, count, random, false);
  }

  /** Up to `count` different pruned weights of `mask`, rather the most important ones. */
  pickPruned(mask: Mask, count: number, random: RandomStream): readonly number[] {
    return this.#pick(this.#listsOf(mask).pruned, count, random, true);
  }

  /** The `count` least important kept weights. */
  lowestKept(mask: Mask, count: number): readonly number[] {
    return [...this.#listsOf(mask).kept.subarray(0, count)];
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
