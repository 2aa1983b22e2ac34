/** The part of an evaluator that is the same on every backend: checks, plan, order of calls, work counts. */
import type { LossSum } from '../kernels/softmax-cross-entropy.ts';
import type {
  Candidate,
  CountingEvaluator,
  Evaluation,
  EvaluatorWork,
  PrunableLayer,
} from '../search/contract.ts';
import { MasksearchError } from '../core/error.ts';
import { checkMasks, type Masks } from '../core/mask.ts';
import { badOption } from '../core/options.ts';
import { ALL_OPTIMIZATIONS, type Optimizations, type EvaluatorOptions } from './optimizations.ts';
import { problemOf } from '../network/problem.ts';
import { fuse, type FusedLayer } from '../network/fuse.ts';
import type { Network } from '../network/network.ts';
import { sumLimit, toEvaluation } from './plan/sum-limit.ts';
import { macsOf, prunedMacsOf } from './plan/macs.ts';
import { PrefixCache, type BatchPlan } from './plan/prefix-cache.ts';
import { EvaluationCache } from './plan/evaluation-cache.ts';
import { measureBatchWidth } from './batch-width.ts';

/** A candidate for a backend. */
export interface Job {
  readonly masks: Masks;
  /** A sum of losses above this, in `LOSS_UNITS`, is as good as any: the backend may stop. */
  readonly sumLimit: number;
}

/** What a backend computed: all images, or fewer if their sum is above the job's `sumLimit`. */
export interface JobResult {
  readonly sum: LossSum;
  readonly images: number;
}

/** A backend: runs the layers of a plan over all images. One call at a time. */
export interface NetworkRunner {
  readonly images: number;
  /** Candidates that one call may hold. */
  readonly largestBatch: number;
  /** Bytes written to the device by `run` so far. */
  readonly uploadedBytes: number;
  /** Whether several candidates at once may take less time than one after the other. */
  readonly parallel: boolean;
  /** Whether pruned weights take no time. */
  readonly skipsPruned: boolean;
  /**
   * Visits the highest-loss images first from now on, by their losses in the last job that was run over all images. What
   * is cached stays so. Does nothing where that is not known, or of no use to the backend.
   */
  reorder(signal?: AbortSignal): Promise<void>;
  /** Why nothing can be run any more; undefined as long as it can. */
  readonly lost?: MasksearchError | undefined;
  run(plan: BatchPlan, jobs: readonly Job[], signal?: AbortSignal): Promise<readonly JobResult[]>;
  close(): Promise<void>;
}

const NO_WORK = { candidates: 0, forwardPasses: 0, imagesEvaluated: 0, macs: 0, skippedMacs: 0, rounds: 0 };

export class EngineEvaluator implements CountingEvaluator {
  readonly layers: readonly PrunableLayer[];
  readonly depth: number;
  readonly images: number;
  readonly macsPerImage: number;
  readonly #fusedLayers: readonly FusedLayer[];
  readonly #runner: NetworkRunner;
  readonly #optimizations: Optimizations;
  readonly #cache: PrefixCache;
  readonly #recent = new EvaluationCache();
  #counts = { ...NO_WORK };
  /** Measured batch width by the layer that candidates start at, and the layer that the last did. */
  readonly #batchWidths = new Map<number, number>();
  #start = 0;
  /** Whether anybody asked for the batch width since it was last measured: it costs some evaluations. */
  #batchWidthWanted = false;
  #lastCall: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(network: Network, runner: NetworkRunner, { optimizations }: EvaluatorOptions = {}) {
    this.#fusedLayers = fuse(network);
    ({ layers: this.layers, depth: this.depth } = problemOf(network));
    this.images = runner.images;
    this.macsPerImage = macsOf(this.#fusedLayers, 0, this.#fusedLayers.length);
    this.#runner = runner;
    this.#optimizations = { ...ALL_OPTIMIZATIONS, ...optimizations };
    this.#cache = new PrefixCache(this.#fusedLayers, { enabled: this.#optimizations.prefixCache });
  }

  get work(): EvaluatorWork {
    return { ...this.#counts, uploadedBytes: this.#runner.uploadedBytes };
  }

  get batchWidth(): number {
    this.#batchWidthWanted = true;
    return this.#batchWidths.get(this.#start) ?? 1;
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
    // Also where the answer would be known without it.
    if (this.#runner.lost) throw this.#runner.lost;
    checkAborted(signal);
    for (const { masks, lossLimit } of candidates) {
      checkMasks(masks, this.layers);
      if (Number.isNaN(lossLimit))
        throw badOption('lossLimit', lossLimit, 'a number', 'leave it out for none');
    }
    const evaluations = candidates.map((candidate) => this.#withoutForward(candidate));
    const open = [...candidates.keys()].filter((i) => !evaluations[i]);
    const { largestBatch } = this.#runner;
    for (let first = 0; first < open.length; first += largestBatch) {
      const batch = open.slice(first, first + largestBatch);
      const sums = await this.#run(
        batch.map((i) => candidates[i]!),
        signal,
      );
      sums.forEach((sum, k) => {
        const i = batch[k]!;
        evaluations[i] = toEvaluation(sum, this.images, candidates[i]!.lossLimit);
      });
    }
    this.#counts.rounds++;
    this.#counts.candidates += candidates.length - open.length;
    return evaluations as Evaluation[];
  }

  /** The evaluation of a candidate that needs no computing. */
  #withoutForward({ masks, lossLimit }: Candidate): Evaluation | undefined {
    if (this.#optimizations.zeroForward && lossLimit !== undefined && lossLimit < 0)
      return { exceeded: true };
    const known = this.#optimizations.reuse ? this.#recent.find(masks) : undefined;
    return known && toEvaluation(known, this.images, lossLimit);
  }

  async #run(batch: readonly Candidate[], signal?: AbortSignal): Promise<readonly LossSum[]> {
    checkAborted(signal);
    const { earlyRejection, hardestFirst } = this.#optimizations;
    const jobs = batch.map(({ masks, lossLimit }) => ({
      masks,
      sumLimit: earlyRejection ? sumLimit(lossLimit, this.images) : Infinity,
    }));
    const plan = this.#cache.plan(jobs.map(({ masks }) => masks));
    try {
      if (hardestFirst && jobs.some((job) => job.sumLimit < Infinity)) await this.#runner.reorder(signal);
      const results = await this.#runner.run(plan, jobs, signal);
      this.#count(plan, jobs, results);
      results.forEach(({ sum, images }, k) => {
        if (images === this.images) this.#recent.add(jobs[k]!.masks, sum);
      });
      await this.#measureBatchWidth(plan.start, jobs[0]!.masks, signal);
      return results.map(({ sum }) => sum);
    } catch (error) {
      this.#cache.clear();
      throw error;
    }
  }

  /** Counted as work like any other, though nobody is told what it finds. */
  async #measureBatchWidth(start: number, masks: Masks, signal?: AbortSignal): Promise<void> {
    this.#start = start;
    if (!this.#runner.parallel || !this.#batchWidthWanted || this.#batchWidths.has(start)) return;
    this.#batchWidthWanted = false;
    const plan = { extend: undefined, start };
    const secondsOf = async (count: number) => {
      const jobs = Array.from({ length: count }, () => ({ masks, sumLimit: Infinity }));
      const began = performance.now();
      const results = await this.#runner.run(plan, jobs, signal);
      const seconds = (performance.now() - began) / 1000;
      this.#count(plan, jobs, results);
      this.#counts.candidates -= count;
      return seconds;
    };
    try {
      this.#batchWidths.set(start, await measureBatchWidth(secondsOf, this.#runner.largestBatch));
    } catch {
      // What was asked for is known, and what is wrong with the device the next call will say.
      this.#cache.clear();
      if (!signal?.aborted) this.#batchWidths.set(start, 1);
    }
  }

  #count({ extend, start }: BatchPlan, jobs: readonly Job[], results: readonly JobResult[]): void {
    const count = (masks: Masks, from: number, to: number, images: number) => {
      this.#counts.macs += macsOf(this.#fusedLayers, from, to) * images;
      if (this.#runner.skipsPruned) {
        this.#counts.skippedMacs += prunedMacsOf(this.#fusedLayers, masks, from, to) * images;
      }
    };
    if (extend) count(extend.masks, extend.from, extend.to, this.images);
    jobs.forEach(({ masks }, k) => {
      const { images } = results[k]!;
      count(masks, start, this.#fusedLayers.length, images);
      this.#counts.imagesEvaluated += images;
    });
    this.#counts.candidates += jobs.length;
    this.#counts.forwardPasses += jobs.length;
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
