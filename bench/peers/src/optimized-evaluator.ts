import type { Candidate, Evaluation, Masks } from 'masksearch';
import type { Digits } from './digits.ts';
import type { CandidateEvaluator } from './peer-evaluator.ts';
import { PrefixCache, sharedLayers, type Prefix } from './prefix-cache.ts';
import { RecentScores } from './recent-scores.ts';
import type { Runtime } from './runtime.ts';
import { evaluationOf, exceeds, scoreOf } from './score.ts';

/** More than one, since a search may go back to masks from before its last. */
const REMEMBERED = 8;

/** What was done, and what was not, so far. */
export interface OptimizedWork {
  /** Candidates whose answer needed no forward pass: repeats, and those with a limit that no loss can meet. */
  readonly withoutForward: number;
  /** Candidates that were given up before their last batch. */
  readonly stoppedEarly: number;
  /** Images whose loss was computed, summed over candidates. */
  readonly images: number;
}

/**
 * A runtime that is spared what the library's own evaluators spare theirs. The activations that enter the first layer
 * to differ from the candidates before are kept; masks that were just evaluated are not evaluated again; no forward
 * pass is run for a limit below 0; batches are visited hardest first, until their losses alone exceed the limit.
 */
export class OptimizedEvaluator<Activations> implements CandidateEvaluator {
  readonly images: number;
  readonly #runtime: Runtime<Activations>;
  readonly #cache: PrefixCache<Activations>;
  readonly #recent = new RecentScores(REMEMBERED);
  /** Of the latest candidate that was evaluated in full: loss of each image, in the order of the set. */
  #losses: Uint32Array | undefined;
  /** Masks of the latest candidate that was run at all. */
  #previous: Masks | undefined;
  readonly #work = { withoutForward: 0, stoppedEarly: 0, images: 0 };

  /** Takes the runtime over: it is closed with the evaluator. */
  constructor(runtime: Runtime<Activations>, digits: Digits, batchSize: number) {
    this.images = digits.count;
    this.#runtime = runtime;
    this.#cache = new PrefixCache(runtime, digits, batchSize);
  }

  get work(): OptimizedWork {
    return { ...this.#work };
  }

  async evaluate({ masks, lossLimit = Infinity }: Candidate): Promise<Evaluation> {
    if (lossLimit < 0) {
      this.#work.withoutForward++;
      return { exceeded: true };
    }
    const known = this.#recent.find(masks);
    if (known) {
      this.#work.withoutForward++;
      return evaluationOf(known, this.images, lossLimit);
    }
    const depth = Math.max(sharedWith(this.#previous, masks), sharedWith(this.#recent.latest, masks));
    this.#previous = masks;
    this.#runtime.setMasks(masks);
    return this.#run(await this.#cache.prefixFor(masks, depth, this.#losses), masks, lossLimit);
  }

  async #run(prefix: Prefix<Activations>, masks: Masks, lossLimit: number): Promise<Evaluation> {
    const losses = new Uint32Array(this.images);
    let visited = 0;
    let units = 0;
    let correct = 0;
    for (const { activations, labels } of prefix.batches) {
      const scores = await this.#runtime.logProbabilities(prefix.depth, activations);
      const score = scoreOf(scores, labels, losses.subarray(visited));
      visited += labels.length;
      units += score.units;
      correct += score.correct;
      this.#work.images += labels.length;
      if (exceeds(units, this.images, lossLimit)) {
        if (visited < this.images) this.#work.stoppedEarly++;
        return { exceeded: true };
      }
    }
    this.#losses = new Uint32Array(this.images);
    for (const [i, image] of prefix.order.entries()) this.#losses[image] = losses[i]!;
    this.#recent.add(masks, { units, correct });
    return evaluationOf({ units, correct }, this.images, lossLimit);
  }

  async close(): Promise<void> {
    this.#cache.clear();
    await this.#runtime.close();
  }
}

/** Layers before the first that differs; 0 if there is nothing to compare with or no difference. */
function sharedWith(others: Masks | undefined, masks: Masks): number {
  const shared = others ? sharedLayers(others, masks) : 0;
  return shared === masks.length ? 0 : shared;
}
