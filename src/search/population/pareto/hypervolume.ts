/** How good a front is, in one number. */
import type { Score } from '../../contract.ts';

/** Least distance, in nats, of the reference point's loss from that of the unpruned network. */
const MIN_RISE = 0.1;

export interface HypervolumePoint {
  /** Number of evaluations so far. */
  readonly evaluations: number;
  /** See `hypervolume`. */
  readonly value: number;
}

/** The hypervolume of a front as it grew. */
export interface HypervolumeCourse {
  /** Loss of the reference point, whose sparsity is 0. */
  readonly referenceLoss: number;
  readonly points: readonly HypervolumePoint[];
}

/** Twice the loss of the unpruned network on the tuning images, but at least 0.1 above it. */
export function referenceLossOf({ loss }: Score): number {
  return Math.max(2 * loss, loss + MIN_RISE);
}

interface Point {
  readonly loss: number;
  readonly sparsity: { readonly global: number };
}

/**
 * The share of the rectangle between the reference point, with a global sparsity of 0 and `referenceLoss`, and the ideal one, with a
 * sparsity of 1 and a loss of 0, that is dominated by `points`: from 0 to 1. Points above `referenceLoss` do not count.
 */
export function hypervolume(points: readonly Point[], referenceLoss: number): number {
  const sparsestFirst = [...points].sort((a, b) => b.sparsity.global - a.sparsity.global || a.loss - b.loss);
  let [area, lowest] = [0, referenceLoss];
  for (const { loss, sparsity } of sparsestFirst) {
    if (loss >= lowest) continue;
    area += sparsity.global * (lowest - loss);
    lowest = loss;
  }
  return area / referenceLoss;
}
