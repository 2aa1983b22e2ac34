/**
 * The evaluator that every backend shares: it checks candidates, plans batches, keeps calls in order and counts work.
 * It knows a device only as a `NetworkRunner` (src/engine/backend.ts).
 */
import { predictionsPerImage } from '../kernels/loss.ts';
import type { LossSum } from '../kernels/loss-sum.ts';
import type {
  Candidate,
  CountingEvaluator,
  EvaluatedOutputs,
  Evaluation,
  EvaluatorWork,
  PrunableLayer,
} from '../search/contract.ts';
import { MasksearchError } from '../core/error.ts';
import { checkMasks, type Masks } from '../core/mask.ts';
import { badOption } from '../core/options.ts';
import { problemOf } from '../network/problem.ts';
import { fuse, type FusedLayer } from '../network/fuse.ts';
import type { Model } from '../network/model.ts';
import type { EvaluatorOptions, Job, JobResult, NetworkRunner } from './backend.ts';
import { measureBatchWidth } from './batch-width.ts';
import { CandidateTensors } from './candidate-tensors.ts';
import { checkAborted } from './check-aborted.ts';
import { ALL_OPTIMIZATIONS, type Optimizations } from './optimizations.ts';
import { EvaluationCache } from './plan/evaluation-cache.ts';
import { macsOf, prunedMacsOf } from './plan/macs.ts';
import type { NetworkState } from './plan/network-state.ts';
import { PrefixCache, type BatchPlan } from './plan/prefix-cache.ts';
import { sumLimit, toEvaluation } from './plan/sum-limit.ts';
import { lossOf } from './targets.ts';

const NO_WORK = { candidates: 0, forwardPasses: 0, imagesEvaluated: 0, macs: 0, skippedMacs: 0, rounds: 0 };

/** A candidate that was checked. */
type Checked = NetworkState & Pick<Candidate, 'lossLimit'>;

export class EngineEvaluator implements CountingEvaluator {
  readonly layers: readonly PrunableLayer[];
  readonly depth: number;
  readonly images: number;
  readonly macsPerImage: number;
  readonly #fusedLayers: readonly FusedLayer[];
  readonly #runner: NetworkRunner;
  /** See `predictionsPerImage`. */
  readonly #predictions: number;
  readonly #optimizations: Optimizations;
  readonly #tensors: CandidateTensors;
  readonly #prefixCache: PrefixCache;
  readonly #recent = new EvaluationCache();
  #counts = { ...NO_WORK };
  /** Measured batch widths, by the fused layer that candidates start at. */
  readonly #batchWidths = new Map<number, number>();
  /** The fused layer that the last batch started at. */
  #start = 0;
  /** Whether `batchWidth` was read since it was last measured. Measuring costs some forward passes. */
  #batchWidthWanted = false;
  #lastCall: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(
    model: Pick<Model, 'network' | 'tensors' | 'task'>,
    runner: NetworkRunner,
    { optimizations }: EvaluatorOptions = {},
  ) {
    const { network } = model;
    this.#fusedLayers = fuse(network);
    ({ layers: this.layers, depth: this.depth } = problemOf(network));
    this.images = runner.images;
    this.#predictions = predictionsPerImage(lossOf(model));
    this.macsPerImage = macsOf(this.#fusedLayers, 0, this.#fusedLayers.length);
    this.#tensors = new CandidateTensors(model, this.#fusedLayers);
    this.#runner = runner;
    this.#optimizations = { ...ALL_OPTIMIZATIONS, ...optimizations };
    this.#prefixCache = new PrefixCache(this.#fusedLayers, {
      enabled: this.#optimizations.prefixCache,
      cuts: runner.cuts,
    });
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

  evaluateOutputs(
    masks: Masks,
    { tensors, signal }: { tensors?: Candidate['tensors']; signal?: AbortSignal } = {},
  ): Promise<EvaluatedOutputs> {
    const call = this.#lastCall.then(() => this.#evaluateOutputs({ masks, tensors }, signal));
    this.#lastCall = call.catch(() => undefined);
    return call;
  }

  async #evaluateOutputs(candidate: Candidate, signal: AbortSignal | undefined): Promise<EvaluatedOutputs> {
    this.#checkUsable(signal);
    const state = this.#checked(candidate);
    try {
      const { sum, outputs } = await this.#runner.runOutputs(state, signal);
      const { images } = this;
      this.#count({ extend: undefined, start: 0 }, [{ ...state, sumLimit: Infinity }], [{ sum, images }]);
      this.#counts.rounds++;
      const evaluation = toEvaluation(sum, images, undefined, this.#predictions);
      if (evaluation.exceeded) throw new Error('an evaluation without a limit stopped early');
      const { loss, accuracy } = evaluation;
      return { score: accuracy === undefined ? { loss } : { loss, accuracy }, outputs };
    } catch (error) {
      this.#prefixCache.clear();
      throw error;
    }
  }

  async #evaluate(candidates: readonly Candidate[], signal?: AbortSignal): Promise<readonly Evaluation[]> {
    this.#checkUsable(signal);
    const checked = candidates.map((candidate) => this.#checked(candidate));
    const evaluations = checked.map((candidate) => this.#withoutForward(candidate));
    const open = [...candidates.keys()].filter((i) => !evaluations[i]);
    const { maxBatch } = this.#runner;
    for (let first = 0; first < open.length; first += maxBatch) {
      const batch = open.slice(first, first + maxBatch);
      const sums = await this.#run(
        batch.map((i) => checked[i]!),
        signal,
      );
      sums.forEach((sum, k) => {
        const i = batch[k]!;
        evaluations[i] = toEvaluation(sum, this.images, candidates[i]!.lossLimit, this.#predictions);
      });
    }
    this.#counts.rounds++;
    this.#counts.candidates += candidates.length - open.length;
    return evaluations as Evaluation[];
  }

  /** Also called for candidates that need no device: a closed or failed evaluator must never answer. */
  #checkUsable(signal: AbortSignal | undefined): void {
    if (this.#closed) {
      throw new MasksearchError('closed', 'the evaluator was closed', 'make a new one from the engine');
    }
    if (this.#runner.failure) throw this.#runner.failure;
    checkAborted(signal);
  }

  #checked({ masks, tensors, lossLimit }: Candidate): Checked {
    checkMasks(masks, this.layers);
    if (Number.isNaN(lossLimit)) throw badOption('lossLimit', lossLimit, 'a number', 'leave it out for none');
    return { masks, parameters: this.#tensors.parametersOf(tensors), lossLimit };
  }

  /** The evaluation of a candidate, if it is known without a forward pass. */
  #withoutForward({ lossLimit, ...state }: Checked): Evaluation | undefined {
    if (this.#optimizations.zeroForward && lossLimit !== undefined && lossLimit < 0)
      return { exceeded: true };
    const known = this.#optimizations.reuse ? this.#recent.find(state) : undefined;
    return known && toEvaluation(known, this.images, lossLimit, this.#predictions);
  }

  /** Runs one batch of at most `maxBatch` candidates. */
  async #run(batch: readonly Checked[], signal?: AbortSignal): Promise<readonly LossSum[]> {
    checkAborted(signal);
    const { earlyRejection, highestLossFirst } = this.#optimizations;
    const jobs = batch.map(({ lossLimit, ...state }) => ({
      ...state,
      sumLimit: earlyRejection ? sumLimit(lossLimit, this.images) : Infinity,
    }));
    const plan = this.#prefixCache.plan(jobs);
    try {
      if (highestLossFirst && jobs.some((job) => job.sumLimit < Infinity)) await this.#runner.reorder(signal);
      const results = await this.#runner.run(plan, jobs, signal);
      this.#count(plan, jobs, results);
      results.forEach(({ sum, images }, k) => {
        if (images === this.images) this.#recent.add(jobs[k]!, sum);
      });
      await this.#measureBatchWidth(plan.start, jobs[0]!, signal);
      return results.map(({ sum }) => sum);
    } catch (error) {
      // The plan may have been carried out in part, so the cached activations are unknown.
      this.#prefixCache.clear();
      throw error;
    }
  }

  /** Runs extra batches of equal candidates if `batchWidth` was read. Their work is counted, except as candidates. */
  async #measureBatchWidth(start: number, state: NetworkState, signal?: AbortSignal): Promise<void> {
    this.#start = start;
    if (!this.#runner.parallel || !this.#batchWidthWanted || this.#batchWidths.has(start)) return;
    this.#batchWidthWanted = false;
    const plan = { extend: undefined, start };
    const secondsOf = async (count: number) => {
      const jobs = Array.from({ length: count }, () => ({ ...state, sumLimit: Infinity }));
      const began = performance.now();
      const results = await this.#runner.run(plan, jobs, signal);
      const seconds = (performance.now() - began) / 1000;
      this.#count(plan, jobs, results);
      this.#counts.candidates -= count;
      return seconds;
    };
    try {
      this.#batchWidths.set(start, await measureBatchWidth(secondsOf, this.#runner.maxBatch));
    } catch {
      // The batch itself succeeded, so it must not fail here. If the device failed, the next call reports it.
      this.#prefixCache.clear();
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
    // The batch in progress completes; calls that wait behind it are rejected with 'closed'.
    await this.#lastCall;
    await this.#runner.close();
  }
}
