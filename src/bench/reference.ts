/** The outputs of a case that planted data must give, in float64. */
import { runLayer } from '../engine/reference/forward.ts';
import { referenceLoss } from '../kernels/reference/loss.ts';
import { QUAD } from '../kernels/spec.ts';
import { PERIOD, type Planted } from './planted.ts';
import { firstInputs, isLoss, layerOf } from './shapes.ts';

/** The outputs of one candidate. */
export interface Expected {
  /** Outputs of a layer: [output, 4], image i at i mod `PERIOD`. Empty for a loss. */
  readonly y: Float64Array;
  /** Loss of image i in `LOSS_UNITS`: element i mod `PERIOD`. */
  readonly losses: Uint32Array;
  /** Correct predictions of image i: element i mod `PERIOD`. */
  readonly correct: Uint32Array;
}

/** The expected outputs for planted data. They are kept, since cases of all batch widths have the same. */
export class Reference {
  readonly #planted: Planted;
  readonly #expected: (Expected | undefined)[] = [];

  constructor(planted: Planted) {
    this.#planted = planted;
  }

  /** The outputs of a candidate, by its index. */
  of(candidate: number): Expected {
    const k = candidate % PERIOD;
    return (this.#expected[k] ??= expectedOf(this.#planted, k));
  }
}

function expectedOf({ shape, weight, bias, masks, x, targets }: Planted, k: number): Expected {
  const inputs = Float64Array.from(x[k]!);
  const losses = new Uint32Array(PERIOD);
  const correct = new Uint32Array(PERIOD);
  if (!isLoss(shape)) {
    const first = firstInputs(shape) * QUAD;
    const tensors = [inputs.subarray(0, first), inputs.subarray(first)];
    const mask = { length: weight.length, words: masks[k]! };
    return { y: runLayer(layerOf(shape), 1, tensors, { weight, bias }, mask), losses, correct };
  }
  const { loss, perImage, values } = targets!;
  for (let image = 0; image < PERIOD; image++) {
    const column = inputs.filter((_, i) => i % QUAD === image);
    const padded = new Float64Array(column.length * QUAD).map((_, i) => column[Math.floor(i / QUAD)]!);
    const sum = referenceLoss(loss, 1, padded, values.subarray(image * perImage, (image + 1) * perImage));
    losses[image] = sum.units;
    correct[image] = sum.correct;
  }
  return { y: new Float64Array(0), losses, correct };
}
