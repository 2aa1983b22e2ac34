import type { Candidate, Evaluation } from 'masksearch';
import { uploadBatches, type Batch } from './batches.ts';
import type { Digits } from './digits.ts';
import type { CandidateEvaluator } from './peer-evaluator.ts';
import type { WholeRuntime } from './runtime.ts';
import { evaluationOf, scoreOf } from './score.ts';

/** The whole network over all images for every candidate, as a runtime's users would write it. */
export class PlainEvaluator<Activations> implements CandidateEvaluator {
  readonly images: number;
  readonly #runtime: WholeRuntime<Activations>;
  readonly #batches: readonly Batch<Activations>[];
  readonly #units: Uint32Array;

  private constructor(
    runtime: WholeRuntime<Activations>,
    batches: readonly Batch<Activations>[],
    images: number,
  ) {
    this.images = images;
    this.#runtime = runtime;
    this.#batches = batches;
    this.#units = new Uint32Array(images);
  }

  /** Takes the runtime over: it is closed with the evaluator. */
  static open<Activations>(
    runtime: WholeRuntime<Activations>,
    digits: Digits,
    batchSize: number,
  ): PlainEvaluator<Activations> {
    const batches = uploadBatches(runtime, digits, batchSize);
    return new PlainEvaluator(runtime, batches, digits.count);
  }

  async evaluate({ masks, lossLimit = Infinity }: Candidate): Promise<Evaluation> {
    this.#runtime.setMasks(masks);
    let units = 0;
    let correct = 0;
    for (const { activations, labels } of this.#batches) {
      const scores = await this.#runtime.logProbabilities(0, activations);
      const score = scoreOf(scores, labels, this.#units);
      units += score.units;
      correct += score.correct;
    }
    return evaluationOf({ units, correct }, this.images, lossLimit);
  }

  async close(): Promise<void> {
    for (const { activations } of this.#batches) this.#runtime.free(activations);
    await this.#runtime.close();
  }
}
