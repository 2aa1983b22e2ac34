/** A trained network: its layers with their weights, and how pixels are normalised. */
import { ACTIVATION_LIMIT } from '../kernels/spec.ts';
import { MasksearchError } from '../core/error.ts';
import { badOption } from '../core/options.ts';
import { fuse } from './fuse.ts';
import type { Network } from './network.ts';

/** A pixel enters the network as (byte / 255 - mean) / std. */
export interface Normalization {
  readonly mean: number;
  readonly std: number;
}

export interface Model {
  readonly network: Network;
  readonly normalization: Normalization;
  /** One entry per weighted layer, in network order. */
  readonly parameters: readonly LayerParameters[];
}

export interface LayerParameters {
  /** [out_channel, in_channel, kernel_row, kernel_column] or [output, input], as in PyTorch. */
  readonly weight: Float32Array;
  /** [out_channel] or [output]. */
  readonly bias: Float32Array;
}

/**
 * The largest mean, standard deviation and inverse of a standard deviation: normalised pixels stay far below float32's
 * limit.
 */
export const NORMALIZATION_LIMIT = 1e6;

/** The most inputs of a layer for which no float32 sum of products of bounded numbers overflows. */
const FAN_IN_LIMIT = 1e7;

/** Throws 'bad-input' for a mean or standard deviation that is too large, too small or no number. */
export function checkNormalization({ mean, std }: Normalization): void {
  if (!(Math.abs(mean) <= NORMALIZATION_LIMIT)) {
    throw badOption(
      'mean',
      mean,
      `between ${-NORMALIZATION_LIMIT} and ${NORMALIZATION_LIMIT}`,
      'pass such a number',
    );
  }
  if (!(std >= 1 / NORMALIZATION_LIMIT && std <= NORMALIZATION_LIMIT)) {
    throw badOption(
      'std',
      std,
      `between ${1 / NORMALIZATION_LIMIT} and ${NORMALIZATION_LIMIT}`,
      'pass such a number',
    );
  }
}

/** Throws 'bad-input' unless the parameters fit the network, are finite, and are too small for a sum to overflow. */
export function checkModel({ network, normalization, parameters }: Model): void {
  checkNormalization(normalization);
  const layers = fuse(network);
  const refuse = (message: string) =>
    new MasksearchError('bad-input', message, 'use the parameters of this network');
  if (parameters.length !== layers.length) {
    throw refuse(
      `the model has parameters for ${parameters.length} layers, its network has ${layers.length}`,
    );
  }
  layers.forEach(({ name, weights, biases, inputs }, s) => {
    if (inputs > FAN_IN_LIMIT)
      throw refuse(`layer ${name} has ${inputs} inputs, at most ${FAN_IN_LIMIT} are allowed`);
    const { weight, bias } = parameters[s]!;
    for (const [what, values, expected] of [
      ['weights', weight, weights],
      ['biases', bias, biases],
    ] as const) {
      if (values.length !== expected)
        throw refuse(`layer ${name} has ${values.length} ${what}, it takes ${expected}`);
      const wrong = values.find((value) => !(Math.abs(value) <= ACTIVATION_LIMIT));
      if (wrong !== undefined) {
        throw refuse(
          `layer ${name} has a parameter of ${wrong}, magnitudes up to ${ACTIVATION_LIMIT} are allowed`,
        );
      }
    }
  });
}
