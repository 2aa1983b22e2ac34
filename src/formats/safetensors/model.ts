/** Models as safetensors, in PyTorch's names and layouts. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { ACTIVATIONS, type Activation } from '../../kernels/activation.ts';
import type { PoolOperation } from '../../kernels/pool2d.ts';
import { lenet5 } from '../../network/lenet5.ts';
import { checkModel } from '../../network/check-model.ts';
import { NORMALIZATION_LIMIT, type Model, type Normalization } from '../../network/model.ts';
import type { Network } from '../../network/network.ts';
import { parameterShapes } from '../../network/parameter-shapes.ts';
import { DEFAULT_TASK, TASKS, type Task } from '../../network/task.ts';
import { MODEL_DEFAULTS, normalizationFrom, type ModelOptions } from '../model-options.ts';
import { decodeArchitecture, encodeArchitecture } from '../architecture.ts';
import { checkTensors } from './check-tensors.ts';
import { shown } from './header.ts';
import { decodeSafetensors, encodeSafetensors, type Safetensors, type Tensor } from './tensors.ts';

/** How a LeNet-5 may pool. */
export const POOLINGS = ['max', 'average'] as const satisfies readonly PoolOperation[];

/** Metadata key of the network, as `encodeArchitecture` writes it. */
const ARCHITECTURE = 'architecture';
/** Metadata key of the task, beside it; a file without it is for classes. */
const TASK = 'task';

/**
 * A model from a file of `modelToSafetensors`, which holds its network, or a LeNet-5 from a checkpoint: F32 `conv1.weight` [6, 1, 5, 5],
 * `conv1.bias` [6] … `out.weight` [10, 84], `out.bias` [10], no other tensors. A checkpoint, or the caller, must say how it pools;
 * activation, mean and std come from `overrides`, else from the file's metadata, else they are sigmoid, 0 and 1. The parameters
 * may share the memory of `bytes`. Throws 'bad-input' for anything else.
 */
export function modelFromSafetensors(bytes: Uint8Array, overrides: ModelOptions = {}): Model {
  const given = normalizationFrom(overrides);
  const file = decodeSafetensors(bytes);
  const { metadata } = file;
  const normalization = { ...given, ...storedNormalization(metadata, overrides) };
  const network = networkOf(file, overrides);
  const shapes = [...parameterShapes(network)];
  checkTensors(
    file.tensors,
    shapes.map(([name, shape]) => ({ name, dtype: 'F32', shape })),
    metadata[ARCHITECTURE] === undefined
      ? 'use a file for LeNet-5 in PyTorch’s names and layouts'
      : 'use the parameters of the network in the file',
  );
  const tensors = new Map(shapes.map(([name]) => [name, file.tensors.get(name)!.data as Float32Array]));
  const task = overrides.task ?? taskIn(metadata);
  const model: Model = { network, normalization, tensors, ...(task && { task }) };
  checkModel(model);
  return model;
}

/** The network that the file holds, or else a LeNet-5. */
function networkOf({ metadata, tensors }: Safetensors, { activation, pooling }: ModelOptions): Network {
  const architecture = metadata[ARCHITECTURE];
  if (architecture === undefined) {
    const needed = [...parameterShapes(lenet5('sigmoid', 'average')).keys()];
    const missing = needed.filter((name) => !tensors.has(name));
    // With one or two missing it is meant as a LeNet-5, and a later check names them.
    if (missing.length > 2)
      throw new MasksearchError(
        'bad-input',
        'the file holds no network, and its tensors are not those of a LeNet-5',
        'write the network into its metadata, as docs/networks.md shows',
      );
    const found = checkActivation(activation ?? metadata['activation'] ?? MODEL_DEFAULTS.activation);
    return lenet5(found, poolingOf(metadata, pooling));
  }
  for (const [option, value] of Object.entries({ activation, pooling })) {
    if (value !== undefined)
      throw new MasksearchError(
        'bad-input',
        phrase`${optionName(option)} has no effect on a file that holds its network`,
        'leave it out',
        { option, value },
      );
  }
  return decodeArchitecture(architecture);
}

/** The task that a file with its network names. */
function taskIn(metadata: Safetensors['metadata']): Task | undefined {
  const stored = metadata[TASK];
  if (stored === undefined || metadata[ARCHITECTURE] === undefined) return undefined;
  const task = TASKS.find((name) => name === stored);
  if (task !== undefined) return task;
  throw new MasksearchError(
    'bad-input',
    `the task is ${shown(stored)}, only ${TASKS.join(', ')} are allowed`,
    'name one of these in the metadata of the file, as docs/networks.md shows',
  );
}

/** How a LeNet-5 pools, which its weights do not show. Files of `train` before 0.2 have only means, and say how they were trained. */
function poolingOf(metadata: Safetensors['metadata'], chosen: PoolOperation | undefined): PoolOperation {
  const said = chosen ?? metadata['pooling'] ?? (metadata['training'] === undefined ? undefined : 'average');
  if (said === undefined) {
    throw new MasksearchError(
      'bad-input',
      'the file does not say whether this LeNet-5 pools by maxima or means, and its weights do not show it',
      phrase`pass ${optionName('pooling')} max or average`,
      { option: 'pooling', allowed: POOLINGS.join(' or ') },
    );
  }
  const pooling = POOLINGS.find((name) => name === said);
  if (pooling !== undefined) return pooling;
  throw new MasksearchError(
    'bad-input',
    `the pooling is ${shown(said)}, only ${POOLINGS.join(' and ')} are allowed`,
    'name the one that the model was trained with',
  );
}

/**
 * A file with a model, the inverse of `modelFromSafetensors`: its parameters, and in the metadata its network, task, mean and std and
 * whatever is in `metadata`.
 */
export function modelToSafetensors(
  model: Model,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkModel(model);
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of parameterShapes(model.network)) {
    tensors.set(name, { dtype: 'F32', shape, data: model.tensors.get(name)! });
  }
  const { mean, std, scale } = model.normalization;
  return encodeSafetensors(tensors, {
    ...metadata,
    [ARCHITECTURE]: encodeArchitecture(model.network),
    mean: String(mean),
    std: String(std),
    ...(scale !== undefined && { scale: String(scale) }),
    ...(model.task !== undefined && model.task !== DEFAULT_TASK && { [TASK]: model.task }),
  });
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

/** What the metadata says and the caller does not. */
function storedNormalization(
  metadata: Safetensors['metadata'],
  overrides: ModelOptions,
): Partial<Normalization> {
  const read = (name: 'mean' | 'std' | 'scale', least: number) => {
    const text = metadata[name];
    return overrides[name] === undefined && text !== undefined
      ? { [name]: numbersOf(name, text, least) }
      : {};
  };
  const least = 1 / NORMALIZATION_LIMIT;
  return { ...read('mean', -NORMALIZATION_LIMIT), ...read('std', least), ...read('scale', least) };
}

/** Metadata holds text: a number in plain or scientific notation, or several with commas between them. */
function numbersOf(name: string, text: string, least: number): number | readonly number[] {
  const numbers = text.split(',').map((part) => (/^\s*[-+\d.e]+\s*$/i.test(part) ? Number(part) : NaN));
  if (
    numbers.every((value) => value >= least && value <= NORMALIZATION_LIMIT) &&
    (name !== 'scale' || numbers.length === 1)
  )
    return numbers.length === 1 ? numbers[0]! : numbers;
  throw new MasksearchError(
    'bad-input',
    `the ${name} of the input is ${shown(text)}, ${least} to ${NORMALIZATION_LIMIT} are allowed`,
    'give the one that the model was trained with',
  );
}
