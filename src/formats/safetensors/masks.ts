/** Masks as safetensors of U8, under the names and shapes that the weights have in the model's file. */
import { checkMasks, maskFromBytes, maskToBytes, weightsOf, type Masks } from '../../core/mask.ts';
import { MasksearchError } from '../../core/error.ts';
import type { StoredLayer } from '../../network/problem.ts';
import { checkTensors } from './check-tensors.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './tensors.ts';

/**
 * One mask per layer from U8 tensors named and shaped like the weights, `conv1.weight` [6, 1, 5, 5] …, 1 = keep, 0 =
 * pruned. Throws 'bad-input' for anything else.
 */
export function masksFromSafetensors(bytes: Uint8Array, layers: readonly StoredLayer[]): Masks {
  return masksFromTensors(bytes, layers, ['']).get('')!;
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
  const prefixes = Array.from({ length: count }, (_, i) => `${i}.`);
  return [...masksFromTensors(bytes, layers, prefixes).values()];
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

const fromFile = (bytes: Uint8Array, order: Uint32Array | undefined): Uint8Array =>
  order ? Uint8Array.from(order, (place) => bytes[place]!) : bytes;

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

/** By prefix of the tensors' names. */
function masksFromTensors(
  bytes: Uint8Array,
  layers: readonly StoredLayer[],
  prefixes: readonly string[],
): ReadonlyMap<string, Masks> {
  const { tensors } = decodeSafetensors(bytes);
  checkTensors(
    tensors,
    prefixes.flatMap((prefix) =>
      layers.map((layer) => ({
        name: `${prefix}${tensorName(layer)}`,
        dtype: 'U8',
        shape: storedShape(layer),
      })),
    ),
  );
  const masksOf = (prefix: string) =>
    layers.map((layer) => {
      const name = `${prefix}${tensorName(layer)}`;
      const { data } = tensors.get(name)!;
      const at = data.findIndex((value) => value > 1);
      if (at >= 0) {
        throw new MasksearchError(
          'bad-input',
          `mask "${name}" holds ${data[at]} at index ${at}, only 0 and 1 are allowed`,
          'write 1 for each weight to keep',
        );
      }
      return maskFromBytes(fromFile(data as Uint8Array, layer.stored?.order));
    });
  return new Map(prefixes.map((prefix) => [prefix, masksOf(prefix)]));
}
