/** Masks as safetensors of U8, under the names and shapes that the weights have in the model's file. Other element types are read too. */
import {
  checkMasks,
  fullMask,
  maskFromBytes,
  maskToBytes,
  weightsOf,
  type Mask,
  type Masks,
} from '../../core/mask.ts';
import { MasksearchError } from '../../core/error.ts';
import type { StoredLayer } from '../../network/problem.ts';
import { nameFinder } from '../checkpoint/parameters.ts';
import { checkTensors } from './check-tensors.ts';
import { maskTensorsIn, type MaskTensor } from './mask-tensors.ts';
import { encodeSafetensors, type Tensor } from './tensors.ts';

/**
 * One mask per layer from tensors named and shaped like the weights, `conv1.weight` [6, 1, 5, 5] …, 1 = keep, 0 = pruned, of any element type; prefixes
 * of wrappers such as `module.` do not matter. A layer without a tensor is not masked. Throws 'bad-input' for other values, for tensors that are no weights of a
 * layer, and for a file without masks.
 */
export function masksFromSafetensors(bytes: Uint8Array, layers: readonly StoredLayer[]): Masks {
  const tensors = maskTensorsIn(bytes);
  const find = nameFinder(tensors);
  const nameOf = (layer: StoredLayer) => find(tensorName(layer)) ?? tensorName(layer);
  checkTensors(
    tensors,
    layers.map((layer) => ({ name: nameOf(layer), shape: storedShape(layer), mayLack: true })),
    'use a file of masks for this network',
  );
  return layers.map((layer) => {
    const tensor = tensors.get(nameOf(layer));
    return tensor ? maskIn(tensor, layer) : fullMask(weightsOf(layer.shape));
  });
}

/**
 * The inverse of `masksFromSafetensors`. Throws 'bad-input' if the masks do not fit the layers.
 *
 * @param metadata such as `repairMetadata`, of masks of a repaired network
 */
export function masksToSafetensors(
  masks: Masks,
  layers: readonly StoredLayer[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeSafetensors(maskTensors([['', masks]], layers), metadata);
}

/** Several masks in one file, the tensors of each named with its number in front: `0.conv1.weight` … */
export function frontToSafetensors(
  front: readonly Masks[],
  layers: readonly StoredLayer[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeSafetensors(
    maskTensors(
      front.map((masks, i) => [`${i}.`, masks]),
      layers,
    ),
    metadata,
  );
}

/** The inverse of `frontToSafetensors`, for `count` masks. Throws 'bad-input' for anything else. */
export function frontFromSafetensors(
  bytes: Uint8Array,
  layers: readonly StoredLayer[],
  count: number,
): readonly Masks[] {
  const tensors = maskTensorsIn(bytes);
  const prefixes = Array.from({ length: count }, (_, i) => `${i}.`);
  const nameOf = (prefix: string, layer: StoredLayer) => `${prefix}${tensorName(layer)}`;
  checkTensors(
    tensors,
    prefixes.flatMap((prefix) =>
      layers.map((layer) => ({ name: nameOf(prefix, layer), shape: storedShape(layer) })),
    ),
  );
  return prefixes.map((prefix) => layers.map((layer) => maskIn(tensors.get(nameOf(prefix, layer))!, layer)));
}

/** Masks have the names of the weights. */
const tensorName = ({ name, weight = `${name}.weight` }: StoredLayer) => weight;

/** Bytes in the order of the file. What the file has beyond the weights is kept: they may be a part of a tensor. */
function toFile(bytes: Uint8Array, { stored }: StoredLayer): Uint8Array {
  const order = stored?.order;
  if (!order) return bytes;
  const all = new Uint8Array(weightsOf(stored.shape)).fill(1);
  bytes.forEach((byte, i) => (all[order[i]!] = byte));
  return all;
}

/** Throws 'bad-input' for other values than 0 and 1. */
function maskIn({ name, numbers }: MaskTensor, { stored }: StoredLayer): Mask {
  const at = numbers.findIndex((value) => value !== 0 && value !== 1);
  if (at >= 0) {
    throw new MasksearchError(
      'bad-input',
      `mask "${name}" holds ${numbers[at]} at index ${at}, only 0 and 1 are allowed`,
      'write 1 for each weight to keep',
    );
  }
  const order = stored?.order;
  return maskFromBytes(order ? Uint8Array.from(order, (place) => numbers[place]!) : numbers);
}

const storedShape = ({ shape, stored }: StoredLayer) => stored?.shape ?? shape;

function maskTensors(
  entries: readonly (readonly [prefix: string, masks: Masks])[],
  layers: readonly StoredLayer[],
): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [prefix, masks] of entries) {
    checkMasks(masks, layers);
    layers.forEach((layer, i) => {
      tensors.set(`${prefix}${tensorName(layer)}`, {
        dtype: 'U8',
        shape: storedShape(layer),
        data: toFile(maskToBytes(masks[i]!), layer),
      });
    });
  }
  return tensors;
}
