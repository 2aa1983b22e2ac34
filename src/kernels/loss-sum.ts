/** What all losses have in common: fixed-point numbers, and the words of a candidate's record and state. */

/** Units of a fixed-point loss per 1: per nat of a cross-entropy. */
export const LOSS_UNITS = 2 ** 20;

/** What a per-image loss is clamped to, so that it fits into 32 bits of fixed point: nats of a cross-entropy. */
export const MAX_LOSS = 4095;

/**
 * Words of a candidate's state, five of them in use: sum of losses in `LOSS_UNITS` as low and high word, correct
 * predictions, images seen, 1 if stopped.
 */
export const STATE_WORDS = 8;

/** Images that one dispatch may evaluate: losses are added in 16-bit halves, whose 32-bit sums hold no more. */
export const MAX_EVALUATED = 65_536;

/** Correct predictions over all images at the most: they are counted in 32 bits. */
export const MAX_CORRECT = 2 ** 32 - 1;

/**
 * Words of a candidate's record before the slots of its masks: the limit of the sum of losses, as low and high word.
 */
export const RECORD_LIMIT_WORDS = 2;

/** Sums over images. */
export interface LossSum {
  /** Sum of the losses in `LOSS_UNITS`; an integer below 2^53 for up to two million images. */
  readonly units: number;
  /** Correct predictions; see `predictionsPerImage`. */
  readonly correct: number;
}
