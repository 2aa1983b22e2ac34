/** A trained network: its layers with their weights, and how pixels are normalised. */
import { ACTIVATION_LIMIT } from '../kernels/spec.ts';
import { MasksearchError } from '../core/error.ts';
import { badOption } from '../core/options.ts';
import { fuse } from './fuse.ts';
import { layerParameters } from './layer-parameters.ts';
import type { BatchNormNode, Network, Shape } from './network.ts';
import { parameterShapes } from './parameter-shapes.ts';
import { elementsOf, shapeText } from './shapes.ts';

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

/** Parameters by name, each in row-major order; `parameterShapes` has their shapes. As PyTorch's state dict. */
export type Tensors = ReadonlyMap<string, Float32Array>;

export interface Model {
  readonly network: Network;
  readonly normalization: Normalization;
  readonly tensors: Tensors;
}

/**
 * The largest mean, standard deviation and inverse of a standard deviation: normalised pixels stay far below float32's
 * limit.
 */
export const NORMALIZATION_LIMIT = 1e6;

/** The most inputs of a layer for which no float32 sum of products of bounded numbers overflows. */
const FAN_IN_LIMIT = 1e7;

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

/** Throws 'bad-input' unless the parameters fit the network, are finite, and are too small for a sum to overflow. */
export function checkModel({ network, normalization, tensors }: Model): void {
  checkNormalization(normalization);
  checkChannels(normalization, network.input[0]!);
  for (const [name, shape] of parameterShapes(network)) {
    const values = tensors.get(name);
    if (!values) throw refused(`the model has no parameter ${name}`);
    checkParameter(name, values, shape);
  }
  for (const { name, inputs, weights, biases } of fuse(network)) {
    const fanIn = biases > 0 ? weights / biases : inputs;
    if (fanIn > FAN_IN_LIMIT)
      throw refused(`layer ${name} has ${fanIn} inputs per output, at most ${FAN_IN_LIMIT} are allowed`);
  }
  for (const { kind, name, ...node } of network.nodes) {
    if (kind === 'batchNorm')
      checkVariance(name, tensors.get((node as BatchNormNode).variance)!, (node as BatchNormNode).epsilon);
  }
  for (const { weight, bias } of layerParameters({ network, tensors })) {
    for (const values of [weight, bias]) {
      const wrong = values.find((value) => !(Math.abs(value) <= ACTIVATION_LIMIT));
      if (wrong !== undefined)
        throw refused(
          `folding a normalisation gives a weight of ${wrong}, magnitudes up to ${ACTIVATION_LIMIT} are allowed`,
        );
    }
  }
}

/** Throws 'bad-input' unless there is one mean and std for all channels, or one for each. */
function checkChannels({ mean, std }: Normalization, channels: number): void {
  for (const [name, values] of Object.entries({ mean, std })) {
    if (typeof values !== 'number' && values.length !== channels)
      throw badOption(name, values.join(', '), `1 or ${channels} numbers, one per channel`, 'pass as many');
  }
}

function checkParameter(name: string, values: Float32Array, shape: Shape): void {
  const expected = elementsOf(shape);
  if (values.length !== expected) {
    throw refused(`${name} has ${values.length} numbers, ${expected} are needed (${shapeText(shape)})`);
  }
  const at = values.findIndex((value) => !(Math.abs(value) <= ACTIVATION_LIMIT));
  if (at >= 0) {
    throw refused(
      `${name} holds ${values[at]} at index ${at}, magnitudes up to ${ACTIVATION_LIMIT} are allowed`,
    );
  }
}

/** Throws 'bad-input' for a batch normalisation that divides by nothing. */
function checkVariance(name: string, variance: Float32Array, epsilon: number): void {
  const at = variance.findIndex((value) => !(value + epsilon > 0));
  if (at >= 0 || !(epsilon >= 0))
    throw refused(
      `batchNorm ${name} has a variance of ${variance[at] ?? epsilon}, only positive ones are allowed`,
    );
}

const refused = (message: string) =>
  new MasksearchError('bad-input', message, 'use the parameters of this network');
