/**
 * What a file of weights holds under the names that networks use: prefixes of wrappers do not matter, and a weight that torch.nn.utils.prune split into
 * `weight_orig` and `weight_mask` is their product, `weight`.
 */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import {
  isFloat,
  numbersOf,
  type FloatTensor,
  type StoredTensor,
  type StoredTensors,
} from './stored-tensor.ts';

/** Where a parameter lies in the file. */
export interface Place {
  readonly tensor: StoredTensor;
  /** Of torch.nn.utils.prune: 1 where a number of `tensor` is kept, 0 where it is pruned. */
  readonly mask: StoredTensor | undefined;
}

/** A parameter that is read. */
export interface StoredParameter {
  /** Row-major, in the order of the network. */
  readonly values: Float32Array;
  /** The index in the tensor of each of them; undefined if they are in the same order. */
  readonly order: Uint32Array | undefined;
  readonly tensor: FloatTensor;
  readonly mask: FloatTensor | undefined;
}

const ORIGINAL = /_orig$/;
const MASK = /_mask$/;

/** The parameters of a file by name, in its order: a pair `x_orig` and `x_mask` is `x`. */
export function placesIn(tensors: StoredTensors): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const [name, tensor] of tensors) {
    if (MASK.test(name) && tensors.has(name.replace(MASK, '_orig'))) continue;
    const base = name.replace(ORIGINAL, '');
    const mask = base === name ? undefined : tensors.get(`${base}_mask`);
    places.set(mask ? base : name, { tensor, mask });
  }
  return places;
}

/** What nn.DataParallel, DistributedDataParallel and torch.compile put before the names of a module. */
const WRAPPERS = /^(?:(?:module|_orig_mod)\.)+/;

/** A name without the prefixes of wrappers, which are no part of a network. */
export const unwrapped = (name: string) => name.replace(WRAPPERS, '');

/** Finds the name that the file has for a name of the network: the same, or one that differs only by prefixes of wrappers. */
export function nameFinder(places: ReadonlyMap<string, unknown>): (name: string) => string | undefined {
  const byPlain = new Map<string, string>();
  for (const name of places.keys()) {
    const plain = unwrapped(name);
    if (!byPlain.has(plain)) byPlain.set(plain, name);
  }
  return (name) => (places.has(name) ? name : byPlain.get(unwrapped(name)));
}

/**
 * The numbers of a parameter, in another order than the file's if one is given: the index in the file of each. Throws 'bad-input' for other types than floats, for numbers that are not finite and for masks of other
 * numbers than 0 and 1.
 */
export function readParameter(
  file: Uint8Array,
  { tensor, mask }: Place,
  order?: Uint32Array,
): StoredParameter {
  const floats = floatTensor(tensor);
  const values = numbersOf(file, floats);
  const inOrder = (stored: Float32Array) =>
    order ? Float32Array.from(order, (place) => stored[place]!) : stored;
  if (!mask) return { values: inOrder(values), order, tensor: floats, mask: undefined };
  const kept = numbersOf(file, floatTensor(mask));
  if (String(mask.shape) !== String(tensor.shape))
    throw refused(
      `mask ${shown(mask.name)} is ${shown(mask.shape)}, ${shown(tensor.name)} is ${shown(tensor.shape)}`,
      'make the pruning permanent with torch.nn.utils.prune.remove',
    );
  const at = kept.findIndex((value) => value !== 0 && value !== 1);
  if (at >= 0)
    throw refused(
      `mask ${shown(mask.name)} holds ${kept[at]} at index ${at}, only 0 and 1 are allowed`,
      'make the pruning permanent with torch.nn.utils.prune.remove',
    );
  // Not a product, which would be -0 for a negative number.
  return {
    values: inOrder(values.map((value, i) => (kept[i] === 0 ? 0 : value))),
    order,
    tensor: floats,
    mask: floatTensor(mask),
  };
}

export function floatTensor(tensor: StoredTensor): FloatTensor {
  if (isFloat(tensor)) return tensor;
  throw refused(
    `tensor ${shown(tensor.name)} is ${tensor.typeName}, only floats of 16, 32 and 64 bits can be parameters`,
    'convert it to floats',
  );
}

const refused = (message: string, fix: string) => new MasksearchError('bad-input', message, fix);
