import type { Candidate, Evaluation, Evaluator, PrunableLayer, Problem } from 'masksearch';

/** A way to evaluate one candidate with a runtime. */
export interface CandidateEvaluator {
  readonly images: number;
  evaluate(candidate: Candidate): Promise<Evaluation>;
  close(): Promise<void>;
}

/** A candidate evaluator as the library's search wants it. One call at a time. */
export class PeerEvaluator implements Evaluator {
  readonly layers: readonly PrunableLayer[];
  readonly depth: number;
  readonly images: number;
  readonly batchWidth = 1;
  readonly #evaluator: CandidateEvaluator;

  constructor({ layers, depth }: Problem, evaluator: CandidateEvaluator) {
    this.layers = layers;
    this.depth = depth;
    this.images = evaluator.images;
    this.#evaluator = evaluator;
  }

  async evaluate(
    candidates: readonly Candidate[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<readonly Evaluation[]> {
    const evaluations: Evaluation[] = [];
    for (const candidate of candidates) {
      signal?.throwIfAborted();
      evaluations.push(await this.#evaluator.evaluate(candidate));
    }
    return evaluations;
  }

  close(): Promise<void> {
    return this.#evaluator.close();
  }
}
