/** Models as safetensors: of our own, with the network in their metadata, and any others. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { checkModel } from '../../network/check-model.ts';
import type { Container } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import { parameterShapes } from '../../network/parameter-shapes.ts';
import { DEFAULT_TASK } from '../../network/task.ts';
import { encodeArchitecture } from '../architecture.ts';
import { SAFETENSORS_BYTES, SAFETENSORS_TYPES } from '../arrays/safetensors.ts';
import { TASK } from '../checkpoint/metadata.ts';
import { modelFromCheckpoint, type Checkpoint } from '../checkpoint/model.ts';
import { rowMajor, type StoredTensors } from '../checkpoint/stored-tensor.ts';
import { ARCHITECTURE } from '../checkpoint/which-network.ts';
import type { ModelOptions } from '../model-options.ts';
import { LENGTH_BYTES, parseHeader } from './header.ts';
import { DIGEST_KEY, encodeSafetensors, type Tensor } from './tensors.ts';

/**
 * A model from safetensors: of the network in the metadata (`modelToSafetensors` writes it there), of `options.architecture`, or of a LeNet-5, whose
 * tensors are known by their shapes. A LeNet-5 must say how it pools, in the metadata or by the caller; activation, mean and std come from `options`,
 * else from the metadata, else they are sigmoid, 0 and 1. Weights are floats of 16, 32 or 64 bits; buffers of whole numbers are kept and not used. A file
 * that `modelToSafetensors` did not write is remembered and written again as it is. The parameters may share the memory of `bytes`. Throws 'bad-input' for
 * anything else.
 */
export function modelFromSafetensors(bytes: Uint8Array, options: ModelOptions = {}): Model {
  const checkpoint = safetensorsCheckpoint(bytes);
  const { container, ...model } = modelFromCheckpoint(checkpoint, options, safetensorsCheckpoint);
  const digest = digestState(checkpoint);
  if (digest === 'right' && isPlain(model, checkpoint) && isInOrder(container)) return model;
  const warnings = [...(model.warnings ?? []), ...(digest === 'stale' ? [STALE] : [])];
  return { ...model, container, ...(warnings.length > 0 && { warnings }) };
}

const STALE =
  'the weights are not those that the SHA-256 in the metadata of the file was computed from: they were changed since, as by training that went on and kept the metadata, or the file is damaged';

/** Tensors and metadata of a safetensors file. Throws 'bad-input' for anything that the format does not allow. */
export function safetensorsCheckpoint(file: Uint8Array): Checkpoint {
  const { entries, metadata, dataStart } = parseHeader(file, SAFETENSORS_BYTES);
  const tensors: StoredTensors = new Map(
    entries.map(({ name, dtype, shape, begin }) => [
      name,
      {
        ...{ name, shape, type: SAFETENSORS_TYPES[dtype], typeName: dtype, begin: dataStart + begin },
        ...{ strides: rowMajor(shape), bigEndian: false },
      },
    ]),
  );
  return {
    ...{ file, tensors, metadata, what: 'weights and no graph', framework: 'PyTorch', isSorted: true },
    format: {
      extension: 'safetensors',
      seal: (written) => renewDigest(written, metadata[DIGEST_KEY], dataStart),
    },
  };
}

/** Whether the data have the SHA-256 that the metadata announces. */
function digestState({ file, metadata }: Checkpoint): 'right' | 'stale' | 'none' {
  const announced = metadata[DIGEST_KEY];
  if (announced === undefined) return 'none';
  return announced === digestOf(file, parseHeader(file, SAFETENSORS_BYTES).dataStart) ? 'right' : 'stale';
}

const digestOf = (file: Uint8Array, dataStart: number) => bytesToHex(sha256(file.subarray(dataStart)));

/** Writes the SHA-256 of the data in place of the announced one, which has as many digits. */
function renewDigest(file: Uint8Array, announced: string | undefined, dataStart: number): void {
  if (announced === undefined || !/^[0-9a-f]{64}$/.test(announced)) return;
  const header = new TextDecoder('latin1').decode(file.subarray(LENGTH_BYTES, dataStart));
  const member = new RegExp(`"${DIGEST_KEY}"\\s*:\\s*"(?=${announced}")`).exec(header);
  if (!member) return;
  const digits = new TextEncoder().encode(digestOf(file, dataStart));
  file.set(digits, LENGTH_BYTES + member.index + member[0].length);
}

const isInOrder = (container: Container | undefined) =>
  [...(container?.layouts.values() ?? [])].every(({ order }) => !order);

/** Whether `modelToSafetensors` would write the same tensors. */
function isPlain({ network }: Model, { tensors }: Checkpoint): boolean {
  const names = parameterShapes(network);
  return (
    names.size === tensors.size &&
    [...names].every(([name, shape]) => {
      const tensor = tensors.get(name);
      return tensor?.type === 'float32' && String(tensor.shape) === String(shape);
    })
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
