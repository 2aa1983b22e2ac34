/** A repaired network as a candidate of the unpruned network's evaluator, whose images are uploaded once. */
import { fuse } from '../network/fuse.ts';
import type { Model, Tensors } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import type { Candidate } from '../search/contract.ts';

/** `Candidate.tensors` of the model with these tensors, of which only what a repair changes may differ: weights, biases and shifts of prunable layers. */
export function layerTensorsOf(model: Model, tensors: Tensors): NonNullable<Candidate['tensors']> {
  const layers = fuse(model.network);
  return problemOf(model.network).layers.map((_, mask) => {
    const sources = layers.filter((layer) => layer.mask === mask).map(({ source }) => source);
    const names = sources.flatMap(({ weight, bias, affine }) => [
      weight,
      bias,
      ...affine.map(({ shift }) => shift),
    ]);
    return new Map(
      [...new Set(names)].flatMap((name) => {
        const values = name === undefined ? undefined : tensors.get(name);
        return values && values !== model.tensors.get(name!) ? [[name!, values] as const] : [];
      }),
    );
  });
}
