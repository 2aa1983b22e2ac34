/** Models and masks as safetensors, in PyTorch's names and layouts. */
import { decodeSafetensors, encodeSafetensors } from './tensors.ts';
import type { Tensor } from './tensors.ts';
import { shown } from './header.ts';
import { ACTIVATIONS } from '../../kernels/activation.ts';
import type { Activation } from '../../kernels/activation.ts';
import type { PrunableLayer } from '../../search/contract.ts';
import { MasksearchError } from '../../core/error.ts';
import { checkMasks, isKept, maskFromBytes, maskToBytes } from '../../core/mask.ts';
import type { Masks } from '../../core/mask.ts';
import { checkNormalization, NORMALIZATION_LIMIT, type Model } from '../../network/model.ts';
import { lenet5, problemOf, stagesOf } from '../../network/network.ts';
import type { Network } from '../../network/network.ts';

/** What a checkpoint may leave open. Pixels enter the network as (byte / 255 - mean) / std. */
export interface ModelOptions {
  readonly activation?: Activation | undefined;
  readonly mean?: number | undefined;
  readonly std?: number | undefined;
}

interface Expected {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
}

/**
 * A LeNet-5 from a checkpoint: F32 `conv1.weight` [6, 1, 5, 5], `conv1.bias` [6] … `out.weight` [10, 84], `out.bias`
 * [10], no other tensors. Activation, mean and std come from `overrides`, else from the file's metadata, else they are
 * sigmoid, 0 and 1. The parameters may share the memory of `bytes`. Throws 'bad-input' for anything else.
 */
export function modelFromSafetensors(bytes: Uint8Array, overrides: ModelOptions = {}): Model {
  checkNormalization({ mean: overrides.mean ?? 0, std: overrides.std ?? 1 });
  const { tensors, metadata } = decodeSafetensors(bytes);
  const network = lenet5(checkActivation(overrides.activation ?? metadata['activation'] ?? 'sigmoid'));
  const normalization = {
    mean: checkNumber('mean', overrides.mean ?? metadata['mean'] ?? 0, -NORMALIZATION_LIMIT),
    std: checkNumber('std', overrides.std ?? metadata['std'] ?? 1, 1 / NORMALIZATION_LIMIT),
  };
  const stages = stagesOf(network);
  checkTensors(
    tensors,
    stages.flatMap(({ name, weightShape, biases }) => [
      { name: `${name}.weight`, dtype: 'F32', shape: weightShape },
      { name: `${name}.bias`, dtype: 'F32', shape: [biases] },
    ]),
  );
  const parameters = stages.map(({ name }) => ({
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
  const stages = stagesOf(model.network);
  const { activation } = stages[0]!.shape;
  if (!sameStages(model.network, lenet5(activation))) {
    throw new MasksearchError(
      'bad-input',
      `the network has the layers ${shown(stages.map(({ name }) => name))}, only LeNet-5 with one activation is allowed`,
      'write other networks with encodeSafetensors',
    );
  }
  const tensors = new Map<string, Tensor>();
  stages.forEach(({ name, weightShape, biases }, i) => {
    const { weight, bias } = model.parameters[i]!;
    tensors.set(`${name}.weight`, { dtype: 'F32', shape: weightShape, data: weight });
    tensors.set(`${name}.bias`, { dtype: 'F32', shape: [biases], data: bias });
  });
  const { mean, std } = model.normalization;
  return encodeSafetensors(tensors, { ...metadata, activation, mean: String(mean), std: String(std) });
}

/**
 * One mask per layer from U8 tensors named and shaped like the weights, `conv1.weight` [6, 1, 5, 5] …, 1 = keep, 0 =
 * pruned. Throws 'bad-input' for anything else.
 */
export function masksFromSafetensors(bytes: Uint8Array, layers: readonly PrunableLayer[]): Masks {
  return masksFromTensors(bytes, layers, ['']).get('')!;
}

/** The inverse of `masksFromSafetensors`. Throws 'bad-input' if the masks do not fit the layers. */
export function masksToSafetensors(
  masks: Masks,
  layers: readonly PrunableLayer[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeSafetensors(maskTensors([['', masks]], layers), metadata);
}

/** Several masks in one file, the tensors of each named with its number in front: `0.conv1.weight` … */
export function frontToSafetensors(front: readonly Masks[], layers: readonly PrunableLayer[]): Uint8Array {
  return encodeSafetensors(
    maskTensors(
      front.map((masks, i) => [`${i}.`, masks]),
      layers,
    ),
    {},
  );
}

/** The inverse of `frontToSafetensors`, for `count` masks. Throws 'bad-input' for anything else. */
export function frontFromSafetensors(
  bytes: Uint8Array,
  layers: readonly PrunableLayer[],
  count: number,
): readonly Masks[] {
  const prefixes = Array.from({ length: count }, (_, i) => `${i}.`);
  return [...masksFromTensors(bytes, layers, prefixes).values()];
}

function maskTensors(
  entries: readonly (readonly [prefix: string, masks: Masks])[],
  layers: readonly PrunableLayer[],
): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [prefix, masks] of entries) {
    checkMasks(masks, layers);
    layers.forEach(({ name, shape }, i) => {
      tensors.set(`${prefix}${name}.weight`, { dtype: 'U8', shape, data: maskToBytes(masks[i]!) });
    });
  }
  return tensors;
}

/** By prefix of the tensors' names. */
function masksFromTensors(
  bytes: Uint8Array,
  layers: readonly PrunableLayer[],
  prefixes: readonly string[],
): ReadonlyMap<string, Masks> {
  const { tensors } = decodeSafetensors(bytes);
  checkTensors(
    tensors,
    prefixes.flatMap((prefix) =>
      layers.map(({ name, shape }) => ({ name: `${prefix}${name}.weight`, dtype: 'U8', shape })),
    ),
  );
  const masksOf = (prefix: string) =>
    layers.map(({ name }) => {
      const { data } = tensors.get(`${prefix}${name}.weight`)!;
      const at = data.findIndex((value) => value > 1);
      if (at >= 0) {
        throw new MasksearchError(
          'bad-input',
          `mask "${prefix}${name}.weight" holds ${data[at]} at index ${at}, only 0 and 1 are allowed`,
          'write 1 for each weight to keep',
        );
      }
      return maskFromBytes(data);
    });
  return new Map(prefixes.map((prefix) => [prefix, masksOf(prefix)]));
}

/** The pruned model: the weights times the masks, biases as they are. Throws 'bad-input' if the masks do not fit. */
export function applyMasks(model: Model, masks: Masks): Model {
  checkMasks(masks, problemOf(model.network).layers);
  const parameters = model.parameters.map(({ weight, bias }, i) => ({
    // A product would leave -0 for pruned negative weights.
    weight: weight.map((value, at) => (isKept(masks[i]!, at) ? value : 0)),
    bias,
  }));
  return { ...model, parameters };
}

/** Stages are made by one function, so that equal ones have equal text. */
function sameStages(a: Network, b: Network): boolean {
  return JSON.stringify(stagesOf(a)) === JSON.stringify(stagesOf(b));
}

function checkTensors(tensors: ReadonlyMap<string, Tensor>, expected: readonly Expected[]): void {
  const names = expected.map(({ name }) => name);
  const refuse = (message: string) =>
    new MasksearchError('bad-input', message, 'use a file for LeNet-5 in PyTorch’s names and layouts');
  for (const name of tensors.keys()) {
    if (!names.includes(name)) {
      throw refuse(`the file has a tensor ${shown(name)}, only ${names.join(', ')} are allowed`);
    }
  }
  for (const { name, dtype, shape } of expected) {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw refuse(`the file has no tensor ${shown(name)}, ${names.join(', ')} are needed`);
    const fits = tensor.dtype === dtype && tensor.shape.length === shape.length;
    if (!fits || !shape.every((size, i) => size === tensor.shape[i])) {
      throw refuse(
        `tensor ${shown(name)} is ${tensor.dtype} ${shown(tensor.shape)}, only ${dtype} ${shown(shape)} is allowed`,
      );
    }
  }
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
