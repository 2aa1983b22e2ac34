/** Networks and models of a few layers, in one line each. */
import type { Activation } from '../../../src/kernels/activation.ts';
import {
  activation,
  conv2d,
  dense,
  flatten,
  pool2d,
  sequential,
  type Step,
} from '../../../src/network/builder.ts';
import { fuse } from '../../../src/network/fuse.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Network, Shape } from '../../../src/network/network.ts';

/** The activation of a layer, if it has one. */
const ending = (name: string, kind: Activation): Step[] =>
  kind === 'none' ? [] : [activation(`${name} activation`, kind)];

/** A convolution of stride 1 with a square kernel. */
export function conv(
  name: string,
  outChannels: number,
  kernel: number,
  { padding = 0, end = 'none' }: { readonly padding?: number; readonly end?: Activation } = {},
): Step[] {
  return [conv2d(name, { outChannels, kernel, padding }), ...ending(name, end)];
}

export function full(name: string, outputs: number, end: Activation = 'none'): Step[] {
  return [dense(name, { outputs }), ...ending(name, end)];
}

/** Non-overlapping 2x2 means. */
export const means = (name = 'means'): Step[] => [pool2d(name, { operation: 'average', kernel: 2 })];

export const flat: Step[] = [flatten('flat')];

export function stack(input: Shape, ...layers: readonly (readonly Step[])[]): Network {
  return sequential(input, ...layers.flat());
}

/** Weight and bias of one layer. */
export interface LayerValues {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** A model whose layers have these parameters, in network order. */
export function modelOf(
  network: Network,
  normalization: Model['normalization'],
  parameters: readonly LayerValues[],
): Model {
  const entries = fuse(network)
    .filter(({ mask }) => mask !== undefined)
    .flatMap(({ source }, i) => [
      [source.weight!, parameters[i]!.weight] as const,
      [source.bias!, parameters[i]!.bias] as const,
    ]);
  return { network, normalization, tensors: new Map(entries) };
}

/** Weight and bias of each layer, in network order. */
export function valuesOf({ network, tensors }: Pick<Model, 'network' | 'tensors'>): readonly LayerValues[] {
  return fuse(network)
    .filter(({ mask }) => mask !== undefined)
    .map(({ source }) => ({ weight: tensors.get(source.weight!)!, bias: tensors.get(source.bias!)! }));
}

/** The model with other parameters in its layer of index `layer`. */
export function withValues(model: Model, layer: number, values: Partial<LayerValues>): Model {
  const all = valuesOf(model);
  const index = layer < 0 ? all.length + layer : layer;
  return modelOf(model.network, model.normalization, all.with(index, { ...all[index]!, ...values }));
}
