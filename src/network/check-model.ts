import { MasksearchError } from '../core/error.ts';
import { badOption } from '../core/options.ts';
import { ACTIVATION_LIMIT } from '../kernels/spec.ts';
import { fuse } from './fuse.ts';
import { layerParameters } from './layer-parameters.ts';
import { checkNormalization, type Model, type Normalization } from './model.ts';
import { MAX_NAME_LENGTH, type ActivationNode, type BatchNormNode, type Shape } from './network.ts';
import { parameterShapes } from './parameter-shapes.ts';
import { elementsOf, shapeText } from './shapes.ts';

/** A leaky relu multiplies what it gets by this at the most, after it was bounded. */
const ALPHA_LIMIT = 16;

/** The most inputs of a layer for which no float32 sum of products of bounded numbers overflows. */
const FAN_IN_LIMIT = 1e7;

/** Throws 'bad-input' unless the parameters fit the network, are finite, and are too small for a sum to overflow. */
export function checkModel({ network, normalization, tensors }: Model): void {
  checkNormalization(normalization);
  checkChannels(normalization, network.input[0]!);
  for (const [name, shape] of parameterShapes(network)) {
    if (name.length > MAX_NAME_LENGTH)
      throw refused(
        `a parameter has a name of ${name.length} characters, at most ${MAX_NAME_LENGTH} are allowed`,
      );
    const values = tensors.get(name);
    if (!values) throw refused(`the model has no parameter ${name}`);
    checkParameter(name, values, shape);
  }
  for (const { name, weights, biases } of fuse(network)) {
    // Only layers with weights have a bias for each output.
    const fanIn = weights > 0 ? weights / biases : 0;
    if (fanIn > FAN_IN_LIMIT)
      throw refused(`layer ${name} has ${fanIn} inputs per output, at most ${FAN_IN_LIMIT} are allowed`);
  }
  for (const { kind, name, ...node } of network.nodes) {
    if (kind === 'activation') checkAlpha(name, (node as ActivationNode).alpha);
    if (kind === 'batchNorm')
      checkVariance(name, tensors.get((node as BatchNormNode).variance)!, (node as BatchNormNode).epsilon);
  }
  for (const { weight, bias } of layerParameters({ network, tensors })) {
    checkFolded(weight);
    checkFolded(bias);
  }
}

/** Throws 'bad-input' unless the parameters of a fused layer are finite and small enough. */
export function checkFolded(values: Float32Array): void {
  const at = firstTooLarge(values);
  if (at < 0) return;
  throw refused(
    `folding a normalisation gives a weight of ${values[at]}, magnitudes up to ${ACTIVATION_LIMIT} are allowed`,
  );
}

/** Index of the first value that is too large or no number; -1 if there is none. A loop, since findIndex takes ten times as long. */
function firstTooLarge(values: Float32Array): number {
  for (let at = 0; at < values.length; at++) if (!(Math.abs(values[at]!) <= ACTIVATION_LIMIT)) return at;
  return -1;
}

/** Throws 'bad-input' unless there is one mean and std for all channels, or one for each. */
function checkChannels({ mean, std }: Normalization, channels: number): void {
  for (const [name, values] of Object.entries({ mean, std })) {
    if (typeof values !== 'number' && values.length !== channels)
      throw badOption(
        name,
        values.join(', '),
        channels === 1 ? '1 number, for the 1 channel' : `1 number or ${channels}, one per channel`,
        'pass as many',
      );
  }
}

/** Throws 'bad-input' unless a tensor has as many values as its shape, all finite and small enough. */
export function checkParameter(name: string, values: Float32Array, shape: Shape): void {
  const expected = elementsOf(shape);
  if (values.length !== expected) {
    throw refused(`${name} has ${values.length} numbers, ${expected} are needed (${shapeText(shape)})`);
  }
  const at = firstTooLarge(values);
  if (at >= 0) {
    throw refused(
      `${name} holds ${values[at]} at index ${at}, magnitudes up to ${ACTIVATION_LIMIT} are allowed`,
    );
  }
}

/** Throws 'bad-input' for a batch normalisation that divides by nothing. */
export function checkVariance(name: string, variance: Float32Array, epsilon: number): void {
  const at = variance.findIndex((value) => !(value + epsilon > 0));
  if (at >= 0 || !(epsilon >= 0))
    throw refused(
      `batchNorm ${name} has a variance of ${variance[at] ?? epsilon}, only positive ones are allowed`,
    );
}

function checkAlpha(name: string, alpha: number): void {
  if (!(Math.abs(alpha) <= ALPHA_LIMIT))
    throw refused(`activation ${name} has an alpha of ${alpha}, magnitudes up to ${ALPHA_LIMIT} are allowed`);
}

const refused = (message: string) =>
  new MasksearchError('bad-input', message, 'use the parameters of this network');
