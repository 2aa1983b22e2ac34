/** A trained network: its layers with their weights, and how pixels are normalised. */
import { badOption } from '../core/options.ts';
import type { Container, Tensors } from './container.ts';
import type { Network } from './network.ts';
import type { Task } from './task.ts';

export type { Tensors };

/**
 * A pixel x enters the network as (x * scale - mean) / std, with the mean and std of its channel. A single number is for all
 * channels.
 */
export interface Normalization {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
  /** 1 / 255 for bytes and 1 for other numbers, if undefined. */
  readonly scale?: number | undefined;
}

export interface Model {
  readonly network: Network;
  readonly normalization: Normalization;
  readonly tensors: Tensors;
  /** `classes` if undefined. */
  readonly task?: Task | undefined;
  /** The file that it came from, if that is written as something else than our own. */
  readonly container?: Container | undefined;
  /** What its reader found strange about the file, in sentences. */
  readonly warnings?: readonly string[] | undefined;
}

/**
 * The largest mean, standard deviation and inverse of a standard deviation: normalised pixels stay far below float32's
 * limit.
 */
export const NORMALIZATION_LIMIT = 1e6;

/** Throws 'bad-input' for a mean, standard deviation or scale that is too large, too small or no number. */
export function checkNormalization({ mean, std, scale = 1 }: Normalization): void {
  checkRange('mean', mean, -NORMALIZATION_LIMIT);
  checkRange('std', std, 1 / NORMALIZATION_LIMIT);
  checkRange('scale', scale, 1 / NORMALIZATION_LIMIT);
}

function checkRange(name: string, values: number | readonly number[], min: number): void {
  for (const value of [values].flat()) {
    if (!(value >= min && value <= NORMALIZATION_LIMIT))
      throw badOption(name, value, `between ${min} and ${NORMALIZATION_LIMIT}`, 'pass such a number');
  }
}

/** Mean and std of one channel. */
export function normalizationOf({ mean, std }: Normalization, channel: number) {
  const of = (values: number | readonly number[]) => (typeof values === 'number' ? values : values[channel]!);
  return { mean: of(mean), std: of(std) };
}
