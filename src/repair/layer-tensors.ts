/** A repaired network as a candidate of the unpruned network's evaluator, whose images are uploaded once. */
import type { Model, Tensors } from '../network/model.ts';
import type { Candidate } from '../search/contract.ts';
import { repairableLayers } from './repair.ts';
import type { LayerRows } from './rows.ts';

/** `Candidate.tensors` of the model with these tensors, of which only what a repair changes may differ: weights, biases and shifts of prunable layers. */
export function layerTensorsOf(model: Model, tensors: Tensors): NonNullable<Candidate['tensors']> {
  return tensorsWithin(repairableLayers(model), tensors);
}

/** The same, of a model whose repairable layers are known. */
export function tensorsWithin(layers: readonly (LayerRows | undefined)[], tensors: Tensors) {
  return layers.map((rows) => rows?.within(tensors));
}
