/**
 * Losses as the library counts them: each image's cross-entropy is clamped to [0, 4095] nats and rounded to 2^-20 nat
 * once, so that a sum depends on no order of images and on no batch size.
 */
import type { Evaluation } from 'masksearch';
import type { Labels } from './digits.ts';

const UNITS_PER_NAT = 2 ** 20;
const MAX_LOSS = 4095;

export interface Score {
  /** Sum of the losses in 2^-20 nat, an integer. */
  readonly units: number;
  /** Images whose largest score, the first of equals, is their label's. */
  readonly correct: number;
}

/**
 * @param logProbabilities [image, class]
 * @param labels [image]
 * @param units gets the loss of each image in 2^-20 nat
 */
export function scoreOf(logProbabilities: Float32Array, labels: Labels, units: Uint32Array): Score {
  const classes = logProbabilities.length / labels.length;
  let sum = 0;
  let correct = 0;
  for (let image = 0; image < labels.length; image++) {
    const first = image * classes;
    const label = first + labels[image]!;
    let largest = first;
    for (let i = first + 1; i < first + classes; i++) {
      if (logProbabilities[i]! > logProbabilities[largest]!) largest = i;
    }
    if (largest === label) correct++;
    const loss = Math.min(Math.max(-logProbabilities[label]!, 0), MAX_LOSS);
    units[image] = Math.round(loss * UNITS_PER_NAT);
    sum += units[image]!;
  }
  return { units: sum, correct };
}

/**
 * Whether the mean loss of `images` images is above the limit, given the sum of all of them or, since no loss is
 * negative, of some.
 */
export function exceeds(units: number, images: number, lossLimit: number): boolean {
  return meanLoss(units, images) > lossLimit;
}

/** The evaluation of a candidate whose images have all been scored. */
export function evaluationOf({ units, correct }: Score, images: number, lossLimit: number): Evaluation {
  if (exceeds(units, images, lossLimit)) return { exceeded: true };
  return { exceeded: false, loss: meanLoss(units, images), accuracy: correct / images };
}

/** In nats. */
function meanLoss(units: number, images: number): number {
  return units / UNITS_PER_NAT / images;
}
