import { countPruned, intersection, maskFromBytes, type Masks } from '../core/mask.ts';
import type { PrunableLayer, Problem } from '../search/contract.ts';
import { fuse, positionsOf } from './fuse.ts';
import type { TensorLayout } from './container.ts';
import type { Model } from './model.ts';
import type { Network } from './network.ts';

/** A network as the search sees it: name, shape and position of each weight tensor, in the order of first use. */
export function problemOf(network: Network): Problem {
  const layers: PrunableLayer[] = [];
  for (const { mask, name, source, weightShape, position } of fuse(network)) {
    if (mask === layers.length) layers.push({ name, weight: source.weight!, shape: weightShape, position });
  }
  return { layers, depth: positionsOf(network).depth };
}

/** A layer as its weights lie in the file that the model came from. */
export interface StoredLayer extends PrunableLayer {
  /** How its weights lie in the file, which may be in another order, and as a part of a larger tensor; undefined if as here. */
  readonly stored?: TensorLayout | undefined;
}

/** The layers of the model, with how they lie in its file. */
export function layersInFile({
  network,
  container,
}: Pick<Model, 'network' | 'container'>): readonly StoredLayer[] {
  return problemOf(network).layers.map((layer) => ({
    ...layer,
    stored: container?.layouts.get(layer.weight!),
  }));
}

/**
 * `problemOf` the model's network, in which weights that are 0 in the model are pruned from the start.
 *
 * @param pruned masks whose zeros are pruned from the start too
 */
export function problemOfModel(model: Pick<Model, 'network' | 'tensors'>, pruned?: Masks): Problem {
  const problem = problemOf(model.network);
  const zeros = zerosAsMasks(model);
  const initial = pruned ? zeros.map((mask, layer) => intersection(mask, pruned[layer]!)) : zeros;
  return countPruned(initial) > 0 ? { ...problem, initial } : problem;
}

/** Masks that prune the weights that are 0 in the model. */
export function zerosAsMasks(model: Pick<Model, 'network' | 'tensors'>): Masks {
  return prunableWeights(model).map(maskFromBytes);
}

/** The weights that can be pruned, one tensor per mask. */
export function prunableWeights({
  network,
  tensors,
}: Pick<Model, 'network' | 'tensors'>): readonly Float32Array[] {
  return problemOf(network).layers.map(({ weight }) => tensors.get(weight!)!);
}
