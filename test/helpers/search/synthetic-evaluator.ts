import seedrandom from 'seedrandom';
import { MasksearchError } from '../../../src/core/error.ts';
import { maskToBytes, weightsOf } from '../../../src/core/mask.ts';
import type {
  Candidate,
  Evaluation,
  Evaluator,
  EvaluatorWork,
  Problem,
  Score,
} from '../../../src/search/contract.ts';

/** Stands for a network: its score with these weights kept, one byte per weight and layer, 1 = kept. */
export type LossFunction = (kept: readonly Uint8Array[]) => Score;

/** One loss function for each set of images. */
export interface LossFunctions {
  readonly tuning: LossFunction;
  readonly validation: LossFunction;
}

/** A problem of dense layers with `sizes` weights, at `positions` of `depth` layers. */
export function problemOf(
  sizes: readonly number[],
  positions: readonly number[] = sizes.map((_, i) => i),
  depth = sizes.length,
): Problem {
  const layers = sizes.map((size, i) => ({ name: `layer${i}`, shape: [size], position: positions[i]! }));
  return { layers, depth };
}

/** A problem of layers of these shapes, outputs first, one after the other. */
export function problemOfShapes(shapes: readonly (readonly number[])[]): Problem {
  const layers = shapes.map((shape, position) => ({ name: `layer${position}`, shape, position }));
  return { layers, depth: shapes.length };
}

/** Number of weights of each layer. */
export const sizesOf = ({ layers }: Problem) => layers.map(({ shape }) => weightsOf(shape));

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

/**
 * A loss in which weights depend on each other. It grows with the square of what each unit loses; of two neighbouring
 * weights one does most of the work of both; and several thin layers cost more than the sum of each alone.
 */
export function interactingLoss({ layers }: Problem, base: number, height: number, name = ''): LossFunction {
  const random = seedrandom.alea(`interacting loss ${name}`);
  const units = layers.map(({ shape }) => shape[0]!);
  const values = layers.map(({ shape }) =>
    Float64Array.from({ length: weightsOf(shape) }, () => random.double() ** 3),
  );
  return (kept) => {
    let [loss, thin] = [base, 1];
    values.forEach((ofLayer, layer) => {
      const bits = kept[layer]!;
      const perUnit = ofLayer.length / units[layer]!;
      let lostOfLayer = 0;
      for (let unit = 0; unit < units[layer]!; unit++) {
        let [lost, total] = [0, 0];
        for (let i = unit * perUnit; i < (unit + 1) * perUnit; i++) {
          const partner = i ^ 1;
          const value = ofLayer[i]!;
          total += value;
          if (bits[i] === 0) lost += bits[partner] === 1 ? value / 4 : value;
        }
        lostOfLayer += (lost / total) ** 2 / units[layer]!;
      }
      loss += height * lostOfLayer;
      thin *= lostOfLayer;
    });
    loss += 10 * height * thin;
    return { loss, accuracy: 1 / (1 + loss) };
  };
}

/** The evaluation of a candidate with this score. */
export function evaluationOf({ lossLimit }: Candidate, { loss, accuracy }: Score): Evaluation {
  return lossLimit !== undefined && loss > lossLimit
    ? { exceeded: true }
    : { exceeded: false, loss, accuracy };
}

/** The evaluations of a batch, each on the images that it asks for. */
export function evaluationsBy(
  losses: LossFunction | LossFunctions,
  candidates: readonly Candidate[],
): Evaluation[] {
  return candidates.map((candidate) => {
    const lossOf = typeof losses === 'function' ? losses : losses[candidate.on ?? 'tuning'];
    return evaluationOf(candidate, lossOf(candidate.masks.map(maskToBytes)));
  });
}

export interface SyntheticOptions {
  /** Runs before each call is answered; `call` counts from 1. */
  readonly onCall?: (call: number, signal: AbortSignal | undefined) => void | Promise<void>;
}

/** An evaluator by arithmetic, with one set of images. */
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
