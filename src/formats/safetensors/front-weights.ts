/** The weights of several pruned versions of one model: of each what differs from the model, of weights only those that its masks keep. */
import { MasksearchError } from '../../core/error.ts';
import { countKept, isKept, type Mask, type Masks } from '../../core/mask.ts';
import type { Model, Tensors } from '../../network/model.ts';
import { problemOf } from '../../network/problem.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './tensors.ts';

/** A pruned version. */
export interface WeightedState {
  readonly masks: Masks;
  /** Default: the model's. */
  readonly tensors?: Tensors | undefined;
}

/** F32 tensors, each named as in the network with the number of its version in front: `0.conv1.weight` has the kept weights in their order, `0.conv1.bias` all. */
export function frontWeightsToSafetensors(model: Model, states: readonly WeightedState[]): Uint8Array {
  const stored = new Map<string, Tensor>();
  states.forEach(({ masks, tensors }, i) => {
    const maskOf = masksByTensor(model, masks);
    for (const [name, values] of tensors ?? []) {
      if (values === model.tensors.get(name)) continue;
      const mask = maskOf.get(name);
      const data = mask ? values.filter((_, at) => isKept(mask, at)) : values;
      stored.set(`${i}.${name}`, { dtype: 'F32', shape: [data.length], data });
    }
  });
  return encodeSafetensors(stored, {});
}

/** The inverse: all parameters of each version. Throws 'bad-input' for tensors that do not fit. */
export function frontWeightsFromSafetensors(
  bytes: Uint8Array,
  model: Model,
  front: readonly Masks[],
): readonly Tensors[] {
  const { tensors: stored } = decodeSafetensors(bytes);
  return front.map((masks, i) => {
    const maskOf = masksByTensor(model, masks);
    const tensors = new Map(model.tensors);
    for (const [name, values] of model.tensors) {
      const found = stored.get(`${i}.${name}`);
      if (!found) continue;
      const mask = maskOf.get(name);
      const length = mask ? countKept(mask) : values.length;
      if (found.dtype !== 'F32' || found.data.length !== length) throw misfit(`${i}.${name}`, length);
      tensors.set(name, mask ? spread(found.data, mask) : found.data);
    }
    return tensors;
  });
}

function masksByTensor({ network }: Model, masks: Masks): ReadonlyMap<string, Mask> {
  return new Map(problemOf(network).layers.map(({ weight }, layer) => [weight!, masks[layer]!]));
}

/** The kept values at their places, zeros elsewhere. */
function spread(kept: Float32Array, mask: Mask): Float32Array {
  const values = new Float32Array(mask.length);
  let next = 0;
  for (let at = 0; at < values.length; at++) if (isKept(mask, at)) values[at] = kept[next++]!;
  return values;
}

function misfit(name: string, length: number): MasksearchError {
  return new MasksearchError(
    'bad-input',
    `${name} is not ${length} numbers of type F32`,
    'use the files of one run of prune together',
  );
}
