/** Models as safetensors, in PyTorch's names and layouts. */
import { MasksearchError } from '../../core/error.ts';
import { ACTIVATIONS, type Activation } from '../../kernels/activation.ts';
import { fuse } from '../../network/fuse.ts';
import { checkNormalization, NORMALIZATION_LIMIT, type Model } from '../../network/model.ts';
import { lenet5, type Network } from '../../network/network.ts';
import { checkTensors } from './check-tensors.ts';
import { shown } from './header.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './tensors.ts';

/** What a checkpoint may leave open. Pixels enter the network as (byte / 255 - mean) / std. */
export interface ModelOptions {
  readonly activation?: Activation | undefined;
  readonly mean?: number | undefined;
  readonly std?: number | undefined;
}

/** What a model has where neither the file nor the caller says otherwise. */
export const MODEL_DEFAULTS = { activation: 'sigmoid', mean: 0, std: 1 } as const;

/**
 * A LeNet-5 from a checkpoint: F32 `conv1.weight` [6, 1, 5, 5], `conv1.bias` [6] … `out.weight` [10, 84], `out.bias`
 * [10], no other tensors. Activation, mean and std come from `overrides`, else from the file's metadata, else they are
 * sigmoid, 0 and 1. The parameters may share the memory of `bytes`. Throws 'bad-input' for anything else.
 */
export function modelFromSafetensors(bytes: Uint8Array, overrides: ModelOptions = {}): Model {
  checkNormalization({
    mean: overrides.mean ?? MODEL_DEFAULTS.mean,
    std: overrides.std ?? MODEL_DEFAULTS.std,
  });
  const { tensors, metadata } = decodeSafetensors(bytes);
  const network = lenet5(
    checkActivation(overrides.activation ?? metadata['activation'] ?? MODEL_DEFAULTS.activation),
  );
  const normalization = {
    mean: checkNumber(
      'mean',
      overrides.mean ?? metadata['mean'] ?? MODEL_DEFAULTS.mean,
      -NORMALIZATION_LIMIT,
    ),
    std: checkNumber('std', overrides.std ?? metadata['std'] ?? MODEL_DEFAULTS.std, 1 / NORMALIZATION_LIMIT),
  };
  const layers = fuse(network);
  checkTensors(
    tensors,
    layers.flatMap(({ name, weightShape, biases }) => [
      { name: `${name}.weight`, dtype: 'F32', shape: weightShape },
      { name: `${name}.bias`, dtype: 'F32', shape: [biases] },
    ]),
  );
  const parameters = layers.map(({ name }) => ({
    weight: tensors.get(`${name}.weight`)!.data as Float32Array,
    bias: tensors.get(`${name}.bias`)!.data as Float32Array,
  }));
  return { network, normalization, parameters };
}

/**
 * The checkpoint of a LeNet-5, the inverse of `modelFromSafetensors`. `metadata` is written too; activation, mean and
 * std are the model's. Throws 'bad-input' for another network, which could not be read back.
 */
export function modelToSafetensors(
  model: Model,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const layers = fuse(model.network);
  const { activation } = layers[0]!.shape;
  if (!sameLayers(model.network, lenet5(activation))) {
    throw new MasksearchError(
      'bad-input',
      `the network has the layers ${shown(layers.map(({ name }) => name))}, only LeNet-5 with one activation is allowed`,
      'write other networks with encodeSafetensors',
    );
  }
  const tensors = new Map<string, Tensor>();
  layers.forEach(({ name, weightShape, biases }, i) => {
    const { weight, bias } = model.parameters[i]!;
    tensors.set(`${name}.weight`, { dtype: 'F32', shape: weightShape, data: weight });
    tensors.set(`${name}.bias`, { dtype: 'F32', shape: [biases], data: bias });
  });
  const { mean, std } = model.normalization;
  return encodeSafetensors(tensors, { ...metadata, activation, mean: String(mean), std: String(std) });
}

/** Layers are made by one function, so that equal ones have equal text. */
function sameLayers(a: Network, b: Network): boolean {
  return JSON.stringify(fuse(a)) === JSON.stringify(fuse(b));
}

function checkActivation(found: string): Activation {
  const activation = ACTIVATIONS.find((name) => name === found);
  if (activation !== undefined) return activation;
  throw new MasksearchError(
    'bad-input',
    `the activation is ${shown(found)}, only ${ACTIVATIONS.join(', ')} are allowed`,
    'name the one that the model was trained with',
  );
}

/** Metadata holds text: a number in plain or scientific notation. */
function checkNumber(name: 'mean' | 'std', found: number | string, least: number): number {
  const value = typeof found === 'string' && !/^[-+\d.e]+$/i.test(found) ? Number.NaN : Number(found);
  if (value >= least && value <= NORMALIZATION_LIMIT) return value;
  throw new MasksearchError(
    'bad-input',
    `the ${name} of the input is ${shown(found)}, ${least} to ${NORMALIZATION_LIMIT} are allowed`,
    'give the one that the model was trained with',
  );
}
