/**
 * The contract between a search and whatever evaluates its candidates.
 *
 * A search is asked for candidates and told their evaluations. It is synchronous, draws every random number from its
 * seed, and its state can be saved as JSON. An evaluator may be a GPU, a thread pool or twenty lines of arithmetic in a
 * test. Neither knows the other: `run` carries candidates one way and evaluations the other.
 */
import type { Masks, Sparsity } from '../core/mask.ts';

/** A layer with weights that may be pruned. */
export interface PrunableLayer {
  readonly name: string;
  /** Name of the weight tensor in files; undefined: the layer's name and `.weight`. */
  readonly weight?: string | undefined;
  /** Shape of the weight tensor, outputs first. The mask has one bit per weight, in row-major order. */
  readonly shape: readonly number[];
  /** Index among all layers of the network, pooling and flattening included: the article counts those too. */
  readonly position: number;
}

/** What there is to prune. */
export interface Problem {
  /** The prunable layers, in network order. */
  readonly layers: readonly PrunableLayer[];
  /** Number of all layers, prunable or not; 8 for LeNet-5. */
  readonly depth: number;
  /**
   * Weights that are pruned from the start, as they are 0 in the model: every search keeps them so. Undefined if there are none.
   */
  readonly initial?: Masks | undefined;
  /** For each layer the fewest weights that it keeps, unless it has fewer from the start; a search may keep more. Undefined: the search decides. */
  readonly leastKept?: readonly number[] | undefined;
}

/**
 * Tensors of a layer, by name, that have other values than in the model: its weight, its bias, or the scale, shift, mean and
 * variance of the normalisations that are folded into it. Values are those before folding, as many as in the model. Two
 * candidates are known to have the same values where they share an array, so the contents of an array must not change.
 */
export type LayerTensors = ReadonlyMap<string, Float32Array>;

/** Masks to evaluate, of a network whose tensors may differ from the model's. */
export interface Candidate {
  /** One mask per prunable layer. Layers that two candidates have in common may share one mask object. */
  readonly masks: Masks;
  /**
   * For each prunable layer, the tensors that differ from the model's; undefined, for a layer or for all: none. A tensor that
   * several nodes share changes in all of them.
   */
  readonly tensors?: readonly (LayerTensors | undefined)[] | undefined;
  /**
   * Mean loss, in nats, above which the search rejects the candidate whatever its exact loss, so that evaluation may stop
   * early. Rounded up, so that it never changes a decision. -Infinity if every loss is rejected, and no forward pass is
   * needed; undefined if the loss is needed in any case.
   */
  readonly lossLimit?: number | undefined;
  /**
   * The images to evaluate on: the tuning images if undefined, or the validation images, which the search only chooses by.
   * An evaluator with one set of images uses it for both; `withValidation` makes one evaluator of two.
   */
  readonly on?: 'validation' | undefined;
}

/** How a network does on a set of images. */
export interface Score {
  /** Mean cross-entropy, in nats; of a regression the mean squared error over the variance of the targets. */
  readonly loss: number;
  /** Fraction of the predictions, one per image or per output, that are correct; undefined for a regression. */
  readonly accuracy?: number | undefined;
}

/**
 * The result for one candidate. `exceeded` if and only if the loss is above the candidate's `lossLimit`, whether or not the
 * evaluator stopped early. There is no partial loss, so that results cannot depend on chunks of images, batch widths or
 * hardware.
 */
export type Evaluation = ({ readonly exceeded: false } & Score) | { readonly exceeded: true };

/** Evaluates masks of the network that `Problem` describes. */
export interface Evaluator extends Problem {
  /** Number of images that a loss is the mean of. */
  readonly images: number;
  /**
   * Number of candidates that take about as long as one; 1 without parallel hardware. It is measured and may change
   * between calls.
   */
  readonly batchWidth: number;
  /**
   * Resolves to one evaluation per candidate, in order. If `signal` is aborted it may reject with the signal's reason or
   * with a MasksearchError 'aborted'; a later call must work again.
   */
  evaluate(
    candidates: readonly Candidate[],
    options?: { signal?: AbortSignal },
  ): Promise<readonly Evaluation[]>;
  /** Frees the device's memory. Nothing can be evaluated afterwards. */
  close(): Promise<void>;
}

/** What an evaluator has done since it was made. */
export interface EvaluatorWork {
  /** Candidates evaluated. */
  readonly candidates: number;
  /** Candidates that needed any forward computation. */
  readonly forwardPasses: number;
  /** Images whose loss was computed, summed over candidates. */
  readonly imagesEvaluated: number;
  /** Multiply-accumulates dispatched, pruned weights included. */
  readonly macs: number;
  /** The part of `macs` that was skipped because the weight is pruned. */
  readonly skippedMacs: number;
  /** Calls of `evaluate`. */
  readonly rounds: number;
  /** Bytes written to the device by `evaluate`; 0 without a device. */
  readonly uploadedBytes: number;
}

/** The outputs of a network for every image, with its score on them. */
export interface EvaluatedOutputs {
  readonly score: Score;
  /** [image][output], before the softmax. */
  readonly outputs: Float32Array;
}

/** An evaluator that counts its work, as every engine's does. */
export interface CountingEvaluator extends Evaluator {
  /** Evaluates masks in full, without any optimization. Those of every engine have it. `tensors`: see `Candidate`. */
  evaluateOutputs?(
    masks: Masks,
    options?: { tensors?: Candidate['tensors']; signal?: AbortSignal },
  ): Promise<EvaluatedOutputs>;
  /** Multiply-accumulates of one forward pass of the unpruned network over one image. */
  readonly macsPerImage: number;
  readonly work: EvaluatorWork;
}

/** Masks that a search has accepted, with their evaluation. */
export interface Solution extends Score {
  readonly masks: Masks;
  /** The value that the search minimises. Costs under different layers or loss limits may not compare. */
  readonly cost: number;
  readonly sparsity: Sparsity;
  /** All parameters of the network, by name, where they are not the model's. */
  readonly tensors?: ReadonlyMap<string, Float32Array> | undefined;
}

/** An accepted step or a generation: one row of the article's history tables. */
export interface HistoryRow {
  /** Position, among all layers of the network, of the layer that was searched. */
  readonly layer: number;
  /** Simulated annealing: the temperature at this step. */
  readonly temperature?: number;
  /** Genetic algorithm: the generation, from 0. */
  readonly generation?: number;
  /** Tuned annealing: number of evaluations before this one; a population search: those so far. */
  readonly evaluation?: number;
  /** Fraction of the weights that a step was to change; for tuned annealing, that it did change. */
  readonly mutationRate: number;
  readonly cost: number;
  readonly accuracy?: number | undefined;
  readonly loss: number;
  /** Mean over the prunable layers of the fraction of zeros. */
  readonly sparsity: number;
  /** Tuned annealing: fraction of zeros among all weights. */
  readonly globalSparsity?: number;
}

/** Where a search stands, for display. */
export interface Progress {
  /** Name of the layer being searched; empty before the unpruned network was evaluated. */
  readonly layer: string;
  /** Steps done in this layer, and steps per layer. */
  readonly step: number;
  readonly steps: number;
  /** Proposals evaluated so far, and in the whole search. */
  readonly proposals: number;
  readonly totalProposals: number;
  /** Of `proposals`, those evaluated on the validation images; undefined for searches that do not use them. */
  readonly validations?: number;
  /** Proposals that were accepted; in a genetic algorithm, feasible individuals. */
  readonly accepted: number;
  /** Undefined until the unpruned network was evaluated. */
  readonly current: Solution | undefined;
}

/** A search for masks. `State` is its snapshot. */
export interface Search<State = unknown> {
  /**
   * The candidates to evaluate next, at least one; none only if the search is done. It changes nothing: asking again gives
   * the same candidates, and those of a smaller `limit` are the first of a larger one.
   *
   * `limit` bounds speculation, that is, candidates that are used only if those before them are rejected. Candidates that
   * are needed in any case, such as a generation, come at once, whatever the limit.
   *
   * Throws 'infeasible' if the search cannot go on.
   */
  ask(limit: number): readonly Candidate[];
  /**
   * Takes the evaluations of the candidates asked for last, in their order, and returns the rows that they add to the
   * history. Throws 'bad-input' if there are more or fewer evaluations than candidates, or a loss is not finite; the search
   * is then as before.
   */
  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[];
  readonly done: boolean;
  /** The best solution so far; undefined until the unpruned network was evaluated. */
  readonly best: Solution | undefined;
  /** The unpruned network, which a search evaluates first; undefined until then. */
  readonly unpruned: Solution | undefined;
  readonly progress: Progress;
  /** SHA-256, in hexadecimal, over every accepted step or generation: equal digests mean equal runs. */
  readonly digest: string;
  /**
   * The state as plain JSON: enough to continue bit for bit with the same problem and options. Evaluations that were asked
   * for but not told are asked for again.
   */
  snapshot(): State;
}
