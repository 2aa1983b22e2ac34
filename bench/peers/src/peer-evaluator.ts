import type { Candidate, Evaluation, Evaluator, PrunableLayer, Problem } from 'masksearch';

/** A way to judge one candidate with a runtime. */
export interface Judge {
  readonly images: number;
  judge(candidate: Candidate): Promise<Evaluation>;
  close(): Promise<void>;
}

/** A judge as the library's search wants it. One call at a time. */
export class PeerEvaluator implements Evaluator {
  readonly layers: readonly PrunableLayer[];
  readonly depth: number;
  readonly images: number;
  readonly width = 1;
  readonly #judge: Judge;

  constructor({ layers, depth }: Problem, judge: Judge) {
    this.layers = layers;
    this.depth = depth;
    this.images = judge.images;
    this.#judge = judge;
  }

  async evaluate(
    candidates: readonly Candidate[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<readonly Evaluation[]> {
    const evaluations: Evaluation[] = [];
    for (const candidate of candidates) {
      signal?.throwIfAborted();
      evaluations.push(await this.#judge.judge(candidate));
    }
    return evaluations;
  }

  close(): Promise<void> {
    return this.#judge.close();
  }
}
