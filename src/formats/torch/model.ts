/** Models in files of PyTorch, which hold weights and no graph that is read here. */
import type { Model } from '../../network/model.ts';
import { elementsIn } from '../arrays/array.ts';
import { isZip } from '../arrays/zip.ts';
import { modelFromCheckpoint, type Checkpoint } from '../checkpoint/model.ts';
import { spanOf, type StoredTensor } from '../checkpoint/stored-tensor.ts';
import type { ModelOptions } from '../model-options.ts';
import type { NamedFile } from '../model-format.ts';
import { shown } from '../safetensors/header.ts';
import { damagedTorch } from './errors.ts';
import { isLegacyTorch, openLegacyTorch } from './legacy-file.ts';
import type { OpenedTorch } from './opened.ts';
import { stateDictIn, type StateTensor } from './state-dict.ts';
import { isTorchZip, openTorchZip } from './zip-file.ts';
import { TensorRef } from './tensor-ref.ts';

/** Names that are PyTorch's alone; others such as .ckpt and .bin are known by their content. */
export const TORCH_NAME = /\.(pt|pth)$/i;
/** What a written file may be called like. */
const EXTENSION = /\.(pt|pth|th|ckpt|bin|pkl|tar|torch)$/i;

export function isTorch(bytes: Uint8Array): boolean {
  return isTorchZip(bytes) || isLegacyTorch(bytes);
}

/**
 * A model from a file of torch.save: a state dict, a checkpoint with one in it, a whole module or a TorchScript module, in the zip format or the one before 1.6.
 * Its pickle is read as data; nothing in it is imported or called. The network is that of `options.architecture`, or a LeNet-5, which is known by
 * its shapes. The model remembers the file, and its parameters may share the memory of it. Throws 'bad-input' for anything else.
 */
export function modelFromTorch(file: NamedFile, options: ModelOptions = {}): Model {
  const open = (bytes: Uint8Array) => torchCheckpoint({ name: file.name, bytes });
  return modelFromCheckpoint(open(file.bytes), options, open);
}

/** The tensors in a file of torch.save, under the names of the state dict. Throws 'bad-input' for damage. */
export function torchCheckpoint({ name, bytes: file }: NamedFile): Checkpoint {
  const opened = openTorch(file);
  const { tensors, what } = stateDictIn(opened.root);
  const stored = new Map([...tensors].map(([key, tensor]) => [key, storedTensor(key, tensor, opened)]));
  return {
    ...{ file, tensors: stored, metadata: {}, what, framework: 'PyTorch' },
    format: {
      extension: EXTENSION.exec(name)?.[1]?.toLowerCase() ?? 'pt',
      seal: (written, changed) => {
        for (const begin of new Set(changed.map((tensor) => tensor.begin))) opened.seal(written, begin);
      },
    },
  };
}

function openTorch(file: Uint8Array): OpenedTorch {
  if (isLegacyTorch(file)) return openLegacyTorch(file);
  if (isZip(file)) return openTorchZip(file);
  const found =
    file[0] === 0x80 ? 'is a pickle that torch.save did not write' : 'is none that torch.save writes';
  throw damagedTorch(
    `the file of ${file.length} bytes ${found}`,
    'save the network with torch.save(model.state_dict(), path)',
  );
}

function storedTensor(name: string, tensor: StateTensor, opened: OpenedTorch): StoredTensor {
  if (!(tensor instanceof TensorRef)) return unread(name, [], 'a sparse or quantised tensor');
  const { storage, shape, strides, offset } = tensor;
  const { type, name: typeName, bytes } = tensor.type;
  if (type === undefined) return unread(name, shape, typeName);
  const place = opened.storage(storage.key);
  // A storage of bytes counts bytes, whatever its tensors are of.
  const first = storage.offset * storage.type.bytes + offset * bytes;
  const last = first + spanOf(tensor) * bytes;
  if (!(last <= Math.min(place.bytes, (storage.offset + storage.count) * storage.type.bytes)))
    throw damagedTorch(
      `tensor ${shown(name)} ${shown(shape)} ends at byte ${last} of a storage of ${storage.count} elements`,
    );
  // Only one that was expanded has more elements than lie in the file.
  if (elementsIn(shape) > storage.count * storage.type.bytes)
    return unread(name, shape, 'a tensor that repeats its numbers');
  return { name, shape, type, typeName, begin: place.begin + first, strides, bigEndian: opened.bigEndian };
}

const unread = (name: string, shape: readonly number[], typeName: string): StoredTensor => ({
  ...{ name, shape, type: undefined, typeName, begin: 0 },
  ...{ strides: shape.map(() => 0), bigEndian: false },
});
