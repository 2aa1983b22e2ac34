/**
 * Which weights matter, from what was known before and from what the search learns: a weight counts as more important for
 * every rejected proposal that dropped it. Nothing but accepted or rejected is learned from, so that evaluations may stop
 * early.
 */
import { badStored, checked, listOf, record, tupleOf, wholeNumber, type Codec } from '../../../core/codec.ts';
import type { Masks } from '../../../core/mask.ts';
import { randomStream } from '../../../core/random.ts';
import type { Importance } from '../options.ts';
import { Ranking } from './ranking.ts';

/** Factor of a weight's importance for every rejection. */
const FACTOR = 1.1;

/** Rejections of a weight that are counted; more make no difference. */
const MAX_REJECTIONS = 60;

const POWERS = Array.from({ length: MAX_REJECTIONS }).reduce<number[]>(
  (powers) => [...powers, powers.at(-1)! * FACTOR],
  [1],
);

/** Rejections that are remembered one by one before they are added to `pending`, which copies the counts of a layer. */
const MAX_RECENT = 64;

/** Counts are one byte for each weight of each layer. */
export interface Rejections {
  /** Rejections that the rankings take into account. */
  readonly known: readonly Uint8Array[];
  /** Rejections since, but for the most recent ones. */
  readonly pending: readonly Uint8Array[];
  readonly recent: readonly Rejection[];
  /** Of each layer; follow from `known`. */
  readonly rankings: readonly Ranking[];
}

interface Rejection {
  readonly masks: Masks;
  readonly proposal: Masks;
}

/** Of each layer, pairs of a weight's index and its rejections, by rising index; weights without rejections are left out. */
type StoredCounts = readonly (readonly (readonly number[])[])[];

export interface StoredRejections {
  readonly known: StoredCounts;
  readonly pending: StoredCounts;
}

export class ImportanceModel {
  readonly #seed: string;
  readonly #importance: Importance;
  readonly #weights: readonly number[];
  readonly #initial: Masks | undefined;
  readonly codec: Codec<Rejections, StoredRejections>;

  /**
   * @param weights number of weights of each layer
   * @param initial those that are not pruned from the start
   */
  constructor(seed: string, importance: Importance, weights: readonly number[], initial?: Masks) {
    this.#seed = seed;
    this.#importance = importance;
    this.#weights = weights;
    this.#initial = initial;
    this.codec = this.#codec();
  }

  /** No rejections. */
  start(): Rejections {
    const none = this.#weights.map((count) => new Uint8Array(count));
    return { known: none, pending: none, recent: [], rankings: none.map((_, i) => this.#rank(none, i)) };
  }

  /** Adds that going from `masks` to `proposal` was rejected. The rankings stay until `commit`. */
  recordRejection(rejections: Rejections, masks: Masks, proposal: Masks): Rejections {
    if (this.#importance === 'none') return rejections;
    const recent = [...rejections.recent, { masks, proposal }];
    if (recent.length < MAX_RECENT) return { ...rejections, recent };
    return { ...rejections, pending: allPending({ ...rejections, recent }), recent: [] };
  }

  /** Ranks the weights by all rejections so far. */
  commit(rejections: Rejections): Rejections {
    const pending = allPending(rejections);
    const isChanged = pending.map((counts) => counts.some((count) => count > 0));
    const known = rejections.known.map((counts, i) => (isChanged[i] ? added(counts, pending[i]!) : counts));
    return {
      known,
      pending: pending.map((counts, i) => (isChanged[i] ? new Uint8Array(counts.length) : counts)),
      recent: [],
      rankings: rejections.rankings.map((ranking, i) => (isChanged[i] ? this.#rank(known, i) : ranking)),
    };
  }

  #rank(known: readonly Uint8Array[], layer: number): Ranking {
    const counts = known[layer]!;
    const initial = this.#initial?.[layer];
    if (this.#importance === 'none') return new Ranking(counts.length, undefined, undefined, initial);
    if (this.#importance === 'learned') {
      const random = randomStream(this.#seed, 'tuned annealing', 'ties', layer);
      const ties = Float64Array.from(counts, () => random());
      return new Ranking(counts.length, Float64Array.from(counts), ties, initial);
    }
    const prior = this.#importance[layer]!;
    const scores = Float64Array.from(counts, (count, i) => prior[i]! * POWERS[count]!);
    return new Ranking(counts.length, scores, undefined, initial);
  }

  #codec(): Codec<Rejections, StoredRejections> {
    const counts = tupleOf(this.#weights.map(countsCodec));
    const stored = record<Pick<Rejections, 'known' | 'pending'>, StoredRejections>({
      known: counts,
      pending: counts,
    });
    return {
      encode: (rejections) => stored.encode({ known: rejections.known, pending: allPending(rejections) }),
      decode: (json, path) => {
        const { known, pending } = stored.decode(json, path);
        return { known, pending, recent: [], rankings: known.map((_, i) => this.#rank(known, i)) };
      },
    };
  }
}

/** `pending` with the recent rejections added. */
function allPending({ pending, recent }: Rejections): readonly Uint8Array[] {
  if (recent.length === 0) return pending;
  return pending.map((counts, layer) => {
    const ofLayer = recent.filter(({ masks, proposal }) => proposal[layer] !== masks[layer]);
    if (ofLayer.length === 0) return counts;
    const counted = counts.slice();
    for (const { masks, proposal } of ofLayer) {
      proposal[layer]!.words.forEach((word, w) => {
        for (let dropped = masks[layer]!.words[w]! & ~word; dropped !== 0; dropped &= dropped - 1) {
          const index = 32 * w + 31 - Math.clz32(dropped & -dropped);
          counted[index] = Math.min(MAX_REJECTIONS, counted[index]! + 1);
        }
      });
    }
    return counted;
  });
}

function added(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((count, i) => Math.min(MAX_REJECTIONS, count + b[i]!));
}

function countsCodec(weights: number): Codec<Uint8Array, readonly (readonly number[])[]> {
  const pair = tupleOf([wholeNumber(0, weights - 1), wholeNumber(1, MAX_REJECTIONS)]);
  const pairs = checked(listOf(pair, 0, weights), (found, path) => {
    found.forEach(([index], i) => {
      if (i > 0 && index! <= found[i - 1]![0]!) {
        throw badStored(`${path}[${i}][0]`, index, `above ${found[i - 1]![0]}, the index before it`);
      }
    });
  });
  return {
    encode: (counts) => pairs.encode([...counts.entries()].filter(([, count]) => count > 0)),
    decode(stored, path) {
      const counts = new Uint8Array(weights);
      for (const [index, count] of pairs.decode(stored, path)) counts[index!] = count!;
      return counts;
    },
  };
}
