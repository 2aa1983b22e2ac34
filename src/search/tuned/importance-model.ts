/**
 * Which weights matter, by what was known before and by what a search learns from its own evaluations: a weight whose dropping was
 * rejected counts as more important than it looked. Nothing but accepted or not is used, so that evaluations may stop early.
 */
import type { Masks } from '../../core/mask.ts';
import { randomStream } from '../../core/random.ts';
import type { Importance } from './options.ts';
import { Ranking } from './ranking.ts';

/** Factor of a weight's importance for every rejected proposal that dropped it. */
const FACTOR = 1.1;

/** Rejections that make no more difference. */
const MOST = 60;

const POWERS = Array.from({ length: MOST }).reduce<number[]>(
  (powers) => [...powers, powers.at(-1)! * FACTOR],
  [1],
);

/** Of each layer, pairs of a weight's index and its rejections, where there are any. */
type StoredCounts = readonly (readonly (readonly [number, number])[])[];

export interface StoredImportanceModel {
  readonly known: StoredCounts;
  readonly pending: StoredCounts;
}

export class ImportanceModel {
  readonly #seed: string;
  readonly #importance: Importance;
  /** Rejections that the rankings are made of, and those since. */
  readonly #known: readonly Uint8Array[];
  readonly #pending: readonly Map<number, number>[];
  readonly #rankings: Ranking[];

  constructor(
    seed: string,
    importance: Importance,
    weights: readonly number[],
    stored?: StoredImportanceModel,
  ) {
    this.#seed = seed;
    this.#importance = importance;
    this.#known = weights.map((count, layer) => {
      const counts = new Uint8Array(count);
      for (const [index, rejections] of stored?.known[layer] ?? []) counts[index] = rejections;
      return counts;
    });
    this.#pending = weights.map((_, layer) => new Map(stored?.pending[layer]));
    this.#rankings = weights.map((_, layer) => this.#rank(layer));
  }

  /** Of each layer; what was rejected since `commit` does not count yet. */
  get rankings(): readonly Ranking[] {
    return this.#rankings;
  }

  /** Takes in that going from `masks` to `proposal` was rejected. */
  recordRejection(masks: Masks, proposal: Masks): void {
    if (this.#importance === 'none') return;
    proposal.forEach((mask, layer) => {
      if (mask === masks[layer]) return;
      const pending = this.#pending[layer]!;
      mask.words.forEach((word, w) => {
        for (let dropped = masks[layer]!.words[w]! & ~word; dropped !== 0; dropped &= dropped - 1) {
          const index = 32 * w + 31 - Math.clz32(dropped & -dropped);
          pending.set(index, (pending.get(index) ?? 0) + 1);
        }
      });
    });
  }

  /** Ranks the weights anew, by all that is known now. */
  commit(): void {
    this.#pending.forEach((pending, layer) => {
      if (pending.size === 0) return;
      const known = this.#known[layer]!;
      for (const [index, rejections] of pending) known[index] = Math.min(MOST, known[index]! + rejections);
      pending.clear();
      this.#rankings[layer] = this.#rank(layer);
    });
  }

  #rank(layer: number): Ranking {
    const counts = this.#known[layer]!;
    if (this.#importance === 'none') return new Ranking(counts.length);
    if (this.#importance === 'learned') {
      const random = randomStream(this.#seed, 'tuned annealing', 'ties', layer);
      const ties = Float64Array.from(counts, () => random());
      return new Ranking(counts.length, Float64Array.from(counts), ties);
    }
    const prior = this.#importance[layer]!;
    return new Ranking(
      counts.length,
      Float64Array.from(counts, (count, i) => prior[i]! * POWERS[count]!),
    );
  }

  store(): StoredImportanceModel {
    return {
      known: this.#known.map((counts) => [...counts.entries()].filter(([, count]) => count > 0)),
      pending: this.#pending.map((counts) => [...counts]),
    };
  }
}
