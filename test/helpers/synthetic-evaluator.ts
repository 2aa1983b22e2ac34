import seedrandom from 'seedrandom';
import type { Candidate, Evaluation, Evaluator, EvaluatorWork, Problem } from '../../src/search/contract.ts';
import { MasksearchError } from '../../src/core/error.ts';
import { maskToBytes } from '../../src/core/mask.ts';

export interface EvaluatedMasks {
  readonly loss: number;
  readonly accuracy: number;
}

/** What a network without a network is made of: lossFunctions the kept weights of each layer, 1 = kept. */
export type LossFunction = (kept: readonly Uint8Array[]) => EvaluatedMasks;

/** A problem of dense layers with `sizes` weights, at `positions` of `depth` layers. */
export function problemOf(
  sizes: readonly number[],
  positions: readonly number[] = sizes.map((_, i) => i),
  depth = sizes.length,
): Problem {
  const layers = sizes.map((size, i) => ({ name: `layer${i}`, shape: [size], position: positions[i]! }));
  return { layers, depth };
}

export const sizesOf = ({ layers }: Problem) =>
  layers.map(({ shape }) => shape.reduce((product, size) => product * size, 1));

/**
 * A loss of `base` nats plus a penalty of its own for every dropped weight, some of them below 0. A layer that is
 * dropped as a whole adds about `perLayer` nats.
 */
export function additiveLoss(problem: Problem, base: number, perLayer: number): LossFunction {
  const random = seedrandom.alea('additive loss');
  const penalties = sizesOf(problem).map((size) =>
    Float64Array.from({ length: size }, () => ((1.5 * random.double() - 0.25) * 2 * perLayer) / size),
  );
  return (kept) => {
    let loss = base;
    penalties.forEach((ofLayer, layer) => {
      ofLayer.forEach((penalty, i) => (loss += kept[layer]![i] === 1 ? 0 : penalty));
    });
    loss = Math.max(loss, 0);
    return { loss, accuracy: 1 / (1 + loss) };
  };
}

/** The evaluation that an evaluator must give for a candidate of this evaluation. */
export function evaluationOf({ lossLimit }: Candidate, { loss, accuracy }: EvaluatedMasks): Evaluation {
  return lossLimit !== undefined && loss > lossLimit
    ? { exceeded: true }
    : { exceeded: false, loss, accuracy };
}

/** The evaluations of a batch. */
export function evaluationsBy(evaluate: LossFunction, candidates: readonly Candidate[]): Evaluation[] {
  return candidates.map((candidate) => evaluationOf(candidate, evaluate(candidate.masks.map(maskToBytes))));
}

export interface SyntheticOptions {
  /** Runs before each call is answered; `call` counts from 1. */
  readonly onCall?: (call: number, signal: AbortSignal | undefined) => void | Promise<void>;
}

/** An evaluator by arithmetic, with a known answer. */
export class SyntheticEvaluator implements Evaluator {
  readonly layers;
  readonly depth;
  readonly images = 1;
  readonly macsPerImage: number;
  /** May be set between calls. */
  batchWidth = 1;
  /** Candidates of each call. */
  readonly batches: number[] = [];
  /** Signals that the calls got. */
  readonly signals: (AbortSignal | undefined)[] = [];
  closed = false;
  readonly #lossOf: LossFunction;
  readonly #onCall: SyntheticOptions['onCall'];

  constructor(problem: Problem, evaluate: LossFunction, { onCall }: SyntheticOptions = {}) {
    this.layers = problem.layers;
    this.depth = problem.depth;
    this.macsPerImage = sizesOf(problem).reduce((sum, size) => sum + size, 0);
    this.#lossOf = evaluate;
    this.#onCall = onCall;
  }

  get calls(): number {
    return this.batches.length;
  }

  get candidates(): number {
    return this.batches.reduce((sum, count) => sum + count, 0);
  }

  get work(): EvaluatorWork {
    const { calls, candidates, macsPerImage } = this;
    return {
      candidates,
      forwardPasses: candidates,
      imagesEvaluated: candidates,
      macs: candidates * macsPerImage,
      skippedMacs: 0,
      rounds: calls,
      uploadedBytes: 0,
    };
  }

  async evaluate(
    candidates: readonly Candidate[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<readonly Evaluation[]> {
    if (this.closed) throw new MasksearchError('closed', 'the evaluator was closed', 'make a new one');
    this.batches.push(candidates.length);
    this.signals.push(signal);
    await this.#onCall?.(this.calls, signal);
    return evaluationsBy(this.#lossOf, candidates);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
