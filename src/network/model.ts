import { ACTIVATION_LIMIT } from '../kernels/spec.ts';
import { MasksearchError } from '../core/error.ts';
import { badOption } from '../core/options.ts';
import { fuse } from './fuse.ts';
import type { Network } from './network.ts';

/** Pixels enter the network as (byte / 255 - mean) / std. */
export interface Normalization {
  readonly mean: number;
  readonly std: number;
}

/** A trained network. */
export interface Model {
  readonly network: Network;
  readonly normalization: Normalization;
  /** One entry per weighted layer, network order: float32 in PyTorch's layouts, [out, in, ky, kx] or [out, in]. */
  readonly parameters: readonly LayerParameters[];
}

export interface LayerParameters {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Bound of the mean, and of the standard deviation and its inverse: normalised pixels stay far from float32's ends. */
export const NORMALIZATION_LIMIT = 1e6;

/** Inputs of a layer below which no float32 sum of products of bounded numbers overflows. */
const FAN_IN_LIMIT = 1e7;

/** Throws 'bad-input' if pixels could not be normalised with these. */
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

/** Throws 'bad-input' unless the parameters are those of the network, finite, and too small for a sum to overflow. */
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
