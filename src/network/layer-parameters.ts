/** The parameters that kernels take, from those that a model has: normalisations are folded into the weights before them. */
import type { FusedLayer, LayerSource } from './fused-layer.ts';
import { fuse } from './fuse.ts';
import type { Model } from './model.ts';

/** Empty for a layer without parameters. */
export interface LayerParameters {
  /** [out_channel, in_channel, kernel_row, kernel_column] or [output, input]; of an affine layer the scale, [channel]. */
  readonly weight: Float32Array;
  /** [out_channel] or [output]; of an affine layer the shift, [channel]. */
  readonly bias: Float32Array;
}

/** The parameters of a fused layer that differ from the model's; undefined: none of them does. */
export interface ChangedParameters {
  readonly weight: Float32Array | undefined;
  readonly bias: Float32Array | undefined;
}

/** Where tensors are looked up by name. */
type TensorLookup = Pick<Model['tensors'], 'get'>;

/**
 * The parameters of each fused layer. Folded in float64 and rounded once, so that pruned weights stay 0. `model` must have
 * passed `checkModel`.
 */
export function layerParameters(model: Pick<Model, 'network' | 'tensors'>): readonly LayerParameters[] {
  return fuse(model.network).map((layer) => ({
    weight: foldedWeight(layer, model.tensors),
    bias: foldedBias(layer, model.tensors),
  }));
}

/** See `LayerParameters`: the layer's tensor itself if nothing is folded into it. */
export function foldedWeight({ source, biases, weights }: FusedLayer, tensors: TensorLookup): Float32Array {
  const weight =
    source.weight === undefined ? new Float32Array(weights).fill(1) : tensors.get(source.weight)!;
  if (source.affine.length === 0) return weight;
  const { scale } = composed(source.affine, biases, tensors);
  const perOutput = weights / biases;
  return Float32Array.from(weight, (w, i) => w * scale[Math.floor(i / perOutput)]!);
}

/** See `LayerParameters`: the layer's tensor itself if nothing is folded into it. */
export function foldedBias({ source, biases }: FusedLayer, tensors: TensorLookup): Float32Array {
  const bias = source.bias === undefined ? new Float32Array(biases) : tensors.get(source.bias)!;
  if (source.affine.length === 0) return bias;
  const { scale, shift } = composed(source.affine, biases, tensors);
  return Float32Array.from(bias, (b, o) => b * scale[o]! + shift[o]!);
}

/** Normalisations one after the other, as one scale and shift per channel. */
export function composed(affine: LayerSource['affine'], channels: number, tensors: TensorLookup) {
  const scale = new Float64Array(channels).fill(1);
  const shift = new Float64Array(channels);
  for (const node of affine) {
    const own = node.scale === undefined ? undefined : tensors.get(node.scale)!;
    const added = node.shift === undefined ? undefined : tensors.get(node.shift)!;
    for (let c = 0; c < channels; c++) {
      let factor = own?.[c] ?? 1;
      let term = added?.[c] ?? 0;
      if (node.kind === 'batchNorm') {
        factor /= Math.sqrt(tensors.get(node.variance)![c]! + node.epsilon);
        term -= factor * tensors.get(node.mean)![c]!;
      }
      scale[c]! *= factor;
      shift[c] = shift[c]! * factor + term;
    }
  }
  return { scale, shift };
}

/** Names of the tensors that the parameters of a fused layer are computed from. */
export interface Sources {
  readonly weight: readonly string[];
  readonly bias: readonly string[];
}

export function sourcesOf({ source }: FusedLayer): Sources {
  const named = (...names: readonly (string | undefined)[]) => names.filter((name) => name !== undefined);
  const norms = source.affine.filter((node) => node.kind === 'batchNorm');
  const scales = [...source.affine.map(({ scale }) => scale), ...norms.map(({ variance }) => variance)];
  const shifts = [...source.affine.map(({ shift }) => shift), ...norms.map(({ mean }) => mean)];
  return { weight: named(source.weight, ...scales), bias: named(source.bias, ...scales, ...shifts) };
}
