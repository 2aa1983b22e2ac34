/** The part of an evaluator that is the same on every backend: checks, plan, order of calls, work counts. */
import type { LossSum } from '../kernels/softmax-cross-entropy.ts';
import type {
  Candidate,
  CountingEvaluator,
  Evaluation,
  EvaluatorWork,
  PrunableLayer,
} from '../search/contract.ts';
import { MasksearchError } from '../search/error.ts';
import { checkMasks, type Masks } from '../search/mask.ts';
import { problemOf, stagesOf, type Network } from './network.ts';
import { PrefixCache, toEvaluation, type BatchPlan } from './plan.ts';

/** A backend: runs the stages of a plan over all images. One call at a time. */
export interface StageRunner {
  readonly images: number;
  /** Candidates that one call may hold. */
  readonly largestBatch: number;
  /** Bytes written to the device by `run` so far. */
  readonly uploadedBytes: number;
  run(plan: BatchPlan, batch: readonly Masks[], signal?: AbortSignal): Promise<readonly LossSum[]>;
  close(): Promise<void>;
}

export class StagedEvaluator implements CountingEvaluator {
  readonly layers: readonly PrunableLayer[];
  readonly depth: number;
  readonly images: number;
  readonly macsPerImage: number;
  readonly width = 1;
  readonly #runner: StageRunner;
  readonly #cache: PrefixCache;
  #counts = { candidates: 0, forwardPasses: 0, imagesEvaluated: 0, macs: 0, skippedMacs: 0, rounds: 0 };
  #lastCall: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(network: Network, runner: StageRunner) {
    const stages = stagesOf(network);
    ({ layers: this.layers, depth: this.depth } = problemOf(network));
    this.images = runner.images;
    this.macsPerImage = stages.reduce((sum, stage) => sum + stage.macs, 0);
    this.#runner = runner;
    this.#cache = new PrefixCache(stages);
  }

  get work(): EvaluatorWork {
    return { ...this.#counts, uploadedBytes: this.#runner.uploadedBytes };
  }

  evaluate(
    candidates: readonly Candidate[],
    options: { signal?: AbortSignal } = {},
  ): Promise<readonly Evaluation[]> {
    // Calls wait for each other: a backend's buffers serve one batch at a time.
    const call = this.#lastCall.then(() => this.#evaluate(candidates, options.signal));
    this.#lastCall = call.catch(() => undefined);
    return call;
  }

  async #evaluate(candidates: readonly Candidate[], signal?: AbortSignal): Promise<readonly Evaluation[]> {
    if (this.#closed) {
      throw new MasksearchError('closed', 'the evaluator was closed', 'make a new one from the engine');
    }
    for (const { masks } of candidates) checkMasks(masks, this.layers);
    const evaluations: Evaluation[] = [];
    this.#counts.rounds++;
    for (let first = 0; first < candidates.length; first += this.#runner.largestBatch) {
      const batch = candidates.slice(first, first + this.#runner.largestBatch);
      const sums = await this.#run(
        batch.map(({ masks }) => masks),
        signal,
      );
      sums.forEach((sum, i) => evaluations.push(toEvaluation(sum, this.images, batch[i]!.lossLimit)));
    }
    return evaluations;
  }

  async #run(batch: readonly Masks[], signal?: AbortSignal): Promise<readonly LossSum[]> {
    checkAborted(signal);
    const plan = this.#cache.plan(batch);
    try {
      const sums = await this.#runner.run(plan, batch, signal);
      this.#counts.candidates += batch.length;
      this.#counts.forwardPasses += batch.length;
      this.#counts.imagesEvaluated += batch.length * this.images;
      this.#counts.macs += plan.macs * this.images;
      return sums;
    } catch (error) {
      this.#cache.clear();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // The batch in hand is finished first; those that wait behind it are refused.
    await this.#lastCall;
    await this.#runner.close();
  }
}

/** Throws if the caller has asked to stop. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new MasksearchError('aborted', 'the evaluation was aborted', 'evaluate again to continue', {
      cause: signal.reason,
    });
  }
}
