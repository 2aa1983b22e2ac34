/** Where the bias of a layer is: in its own bias, or in the shift of a normalisation that follows it. */
import type { FusedLayer } from '../network/fused-layer.ts';
import { composed } from '../network/layer-parameters.ts';
import type { Tensors } from '../network/model.ts';

export interface BiasPlace {
  /** Of the tensor. */
  readonly name: string;
  /** Whether it is a shift, which has a value of its own where the layer has no bias. */
  readonly isShift: boolean;
  /** [output] Of a bias of 1 before everything that follows, what the tensor has: the scale of the normalisations up to it. */
  readonly factors: Float64Array;
}

/**
 * Undefined if nothing can take a bias, or what could is used elsewhere too.
 *
 * @param uses layers that have the weights
 * @param counts how many nodes of the network name each parameter
 */
export function biasPlaceOf(
  uses: readonly FusedLayer[],
  tensors: Tensors,
  counts: ReadonlyMap<string, number>,
): BiasPlace | undefined {
  const [{ source, biases }] = uses as [FusedLayer];
  if (source.bias !== undefined) {
    const isShared = uses.every((use) => use.source.bias === source.bias);
    if (!isShared || counts.get(source.bias) !== uses.length) return undefined;
    return { name: source.bias, isShift: false, factors: new Float64Array(biases).fill(1) };
  }
  if (uses.length > 1) return undefined;
  const at = source.affine.findIndex(({ shift }) => shift !== undefined);
  const name = source.affine[at]?.shift;
  if (name === undefined || counts.get(name) !== 1) return undefined;
  return { name, isShift: true, factors: composed(source.affine.slice(0, at + 1), biases, tensors).scale };
}
