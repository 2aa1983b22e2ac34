import type { Candidate, Evaluation, Evaluator, PrunableLayer, Problem } from 'masksearch';

/** A way to evaluate one candidate with a runtime. */
export interface CandidateEvaluator {
  readonly images: number;
  evaluate(candidate: Candidate): Promise<Evaluation>;
  close(): Promise<void>;
}

/** A evaluate as the library's search wants it. One call at a time. */
export class PeerEvaluator implements Evaluator {
  readonly layers: readonly PrunableLayer[];
  readonly depth: number;
  readonly images: number;
  readonly batchWidth = 1;
  readonly #evaluate: CandidateEvaluator;

  constructor({ layers, depth }: Problem, evaluate: CandidateEvaluator) {
    this.layers = layers;
    this.depth = depth;
    this.images = evaluate.images;
    this.#evaluate = evaluate;
  }

  async evaluate(
    candidates: readonly Candidate[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<readonly Evaluation[]> {
    const evaluations: Evaluation[] = [];
    for (const candidate of candidates) {
      signal?.throwIfAborted();
      evaluations.push(await this.#evaluate.evaluate(candidate));
    }
    return evaluations;
  }

  close(): Promise<void> {
    return this.#evaluate.close();
  }
}
