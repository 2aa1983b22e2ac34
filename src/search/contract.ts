/**
 * The contract between search and hardware: the search asks for candidates to be evaluated and is told evaluations. It
 * is synchronous, pure and serialisable; `run` moves candidates to an evaluator and evaluations back. Neither side
 * knows the other: an evaluator may be a GPU, a thread pool or twenty lines of arithmetic in a test.
 */
import type { Masks, Sparsity } from '../core/mask.ts';

export interface Candidate {
  readonly masks: Masks;
  /**
   * Mean loss, in nats, above which the exact value no longer matters; rounded outward, so that it never cuts too much.
   * Below 0 where no loss matters: no forward pass is needed.
   */
  readonly lossLimit?: number | undefined;
  /**
   * `validation`: evaluate it on images that are held back from optimisation, to choose between states. An evaluator that has
   * none evaluates it like any other; see `withValidation`.
   */
  readonly on?: 'validation' | undefined;
}

/** How a network does on a set of images. `loss`: mean cross-entropy in nats; `accuracy`: a fraction. */
export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * A candidate's score, or that its loss was above the limit. `exceeded` if and only if the loss is above the
 * candidate's `lossLimit`, whether or not the evaluator stopped early: no partial number, and no trace of chunks,
 * batch widths or hardware, ever reaches the search.
 */
export type Evaluation = (Score & { readonly exceeded: false }) | { readonly exceeded: true };

export interface PrunableLayer {
  readonly name: string;
  /** Shape of the weight tensor; the mask has one bit per element, in the tensor's row-major order. */
  readonly shape: readonly number[];
  /** Index among all layers of the network, pooling and flatten included: the article's warm-up and histories count those. */
  readonly position: number;
}

export interface Problem {
  readonly layers: readonly PrunableLayer[];
  /** Number of all layers; 8 for LeNet-5. */
  readonly depth: number;
}

export interface Evaluator extends Problem {
  /** Number of images that a loss is the mean of. */
  readonly images: number;
  /**
   * How many candidates cost about as much as one: 1 where there is no parallel hardware to fill; measured, may
   * change between calls.
   */
  readonly batchWidth: number;
  /**
   * One evaluation per candidate, in order. When `signal` is aborted it may reject with the signal's reason or with a
   * MasksearchError 'aborted'; the next call must be right again.
   */
  evaluate(
    candidates: readonly Candidate[],
    options?: { signal?: AbortSignal },
  ): Promise<readonly Evaluation[]>;
  close(): Promise<void>;
}

/** Counts of what an evaluator did since it was made. */
export interface EvaluatorWork {
  /** Candidates told. */
  readonly candidates: number;
  /** Candidates that needed any forward computation. */
  readonly forwardPasses: number;
  /** Images whose loss was computed, summed over candidates. */
  readonly imagesEvaluated: number;
  /** Multiply-accumulates dispatched, counting pruned weights as if kept. */
  readonly macs: number;
  /** Multiply-accumulates, among `macs`, that were skipped because the weight is pruned. */
  readonly skippedMacs: number;
  /** Calls of `evaluate`. */
  readonly rounds: number;
  /** Bytes written to the device by `evaluate`; 0 where there is no device. */
  readonly uploadedBytes: number;
}

/** An evaluator that counts what it does, as all of an engine's do. */
export interface CountingEvaluator extends Evaluator {
  /** Multiply-accumulates of one unpruned forward pass over one image. */
  readonly macsPerImage: number;
  readonly work: EvaluatorWork;
}

/** One row of the article's history tables. */
export interface HistoryRow {
  /** Position of the layer among all layers of the network. */
  readonly layer: number;
  /** Simulated annealing: the temperature at this step. */
  readonly temperature?: number;
  /** Genetic algorithm: the generation, from 0. */
  readonly generation?: number;
  /** Tuned annealing: the number of evaluations before this one. */
  readonly evaluation?: number;
  readonly mutationRate: number;
  readonly cost: number;
  readonly accuracy: number;
  readonly loss: number;
  /** Mean over prunable layers of the fraction of zeros. */
  readonly sparsity: number;
  /** Tuned annealing: fraction of zeros of all weights. */
  readonly globalSparsity?: number;
}

/** A state of the search with its evaluation. */
export interface Solution {
  readonly masks: Masks;
  readonly cost: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly sparsity: Sparsity;
}

/** Where a search stands, for people: no field is needed to continue it. */
export interface Progress {
  /** Name of the layer being searched; empty before the first. */
  readonly layer: string;
  /** Step within the layer, and how many there are. */
  readonly step: number;
  readonly steps: number;
  /** Proposals told so far and in total, over all layers. */
  readonly proposals: number;
  readonly totalProposals: number;
  /** Those told that were on validation images; undefined where there are none. */
  readonly validations?: number;
  /** Proposals that were accepted; of a genetic algorithm, the feasible individuals. */
  readonly accepted: number;
  /** The current state; undefined until the unmasked network has been evaluated. */
  readonly current: Solution | undefined;
}

export interface Search<State = unknown> {
  /**
   * Candidates to evaluate, at least one, in order; none only when done. `limit` bounds those that may turn out to be asked
   * for in vain; what is needed whatever the others' evaluations, such as a generation, comes at once. Asking again before
   * telling gives the same. Throws 'infeasible' where the search cannot go on.
   */
  ask(limit: number): readonly Candidate[];
  /** Takes the evaluations of the last ask, in its order; returns the rows added to the history. */
  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[];
  readonly done: boolean;
  /** The best state so far; undefined until the unmasked network has been evaluated. */
  readonly best: Solution | undefined;
  /** The unmasked network, the first thing a search asks for; undefined until told. */
  readonly unpruned: Solution | undefined;
  readonly progress: Progress;
  /** Hexadecimal SHA-256 over every accepted step or generation: equal digests mean equal runs. */
  readonly digest: string;
  /** Plain JSON, valid between tell and ask: enough to continue bit for bit. */
  snapshot(): State;
}
