/**
 * The unpruned and the current network side by side, as one list of layers over the same images, so that whatever places tensors and runs layers
 * takes both for one network. Fused layer s of the unpruned network is at 2s, that of the current network at 2s + 1.
 */
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import type { LayerParameters } from '../../network/layer-parameters.ts';

/** Every layer with weights has a mask of its own. */
export function pairedLayers(layers: readonly FusedLayer[]): readonly FusedLayer[] {
  let masks = 0;
  return layers.flatMap((layer) =>
    [unprunedTensor, currentTensor].map((tensorOf) => ({
      ...layer,
      reads: layer.reads.map(tensorOf),
      mask: layer.mask === undefined ? undefined : masks++,
    })),
  );
}

/** Number of a tensor of the network among those of the paired layers, as the unpruned network has it. The images are common to both. */
export const unprunedTensor = (tensor: TensorIndex): TensorIndex => (tensor === 0 ? 0 : 2 * tensor - 1);
/** As the current network has it. */
export const currentTensor = (tensor: TensorIndex): TensorIndex => 2 * tensor;

/** The layers that the inputs of some layers depend on, ascending. */
export function layersBefore(layers: readonly FusedLayer[], uses: readonly number[]): readonly number[] {
  const needed = new Set<number>();
  const visit = (layer: number) => {
    for (const tensor of layers[layer]!.reads) {
      if (tensor === 0 || needed.has(tensor - 1)) continue;
      needed.add(tensor - 1);
      visit(tensor - 1);
    }
  };
  for (const use of uses) visit(use);
  return [...needed].sort((a, b) => a - b);
}

/** Whether two networks have the same parameters in some layers. */
export function haveSameParameters(
  layers: readonly number[],
  a: readonly LayerParameters[],
  b: readonly LayerParameters[],
): boolean {
  return layers.every((s) => areEqual(a[s]!.weight, b[s]!.weight) && areEqual(a[s]!.bias, b[s]!.bias));
}

function areEqual(a: Float32Array, b: Float32Array): boolean {
  return a === b || a.every((value, i) => value === b[i]);
}
