/** Calls the kernel of a layer for one block of images. */
import { ACTIVATIONS, type Activated } from '../../kernels/activation.ts';
import { depthwiseSizes } from '../../kernels/masked-depthwise-conv2d.ts';
import { convSizes } from '../../kernels/masked-conv2d.ts';
import type { Window } from '../../kernels/window.ts';
import type { FusedLayer, FusedLayerOf, TensorIndex } from '../../network/fused-layer.ts';
import type { WasmKernels } from './kernels.ts';
import type { MemoryLayout, WorkerLayout } from './layout.ts';
import { groupsOf } from './tables.ts';
import { windowOrigin, type TensorLayout } from './tensor-layout.ts';

/** Index of each kind of pooling in `masked_conv2d`. */
const POOLS = ['none', 'average', 'max'];

export class LayerRunner {
  readonly #kernels: WasmKernels;
  readonly #layout: MemoryLayout;
  /** The worker's own regions of the memory. */
  readonly #own: WorkerLayout;
  readonly #layers: readonly FusedLayer[];

  constructor(kernels: WasmKernels, layout: MemoryLayout, own: WorkerLayout, layers: readonly FusedLayer[]) {
    this.#kernels = kernels;
    this.#layout = layout;
    this.#own = own;
    this.#layers = layers;
  }

  /** Lists the kept weights of layer `s`, which has a mask; all of its weights unless `skipPruned`. */
  list(s: number, skipPruned: boolean): void {
    const layer = this.#layers[s]!;
    const { weight, table } = this.#layout.layers[s]!;
    const { starts, entries } = this.#own.lists[s]!;
    const { groupOutputs, groupBytes } = groupsOf(layer, this.#layout.tensors[layer.reads[0]!]!);
    this.#kernels.list_kept(
      ...([this.#layout.masks[layer.mask!]!, weight, table] as const),
      ...([layer.biases, layer.weights / layer.biases, starts, entries] as const),
      ...([skipPruned ? 0 : 1, groupOutputs, groupBytes] as const),
    );
  }

  /**
   * Runs layer `s`.
   *
   * @param x addresses of the tensors that it reads
   * @param y address of its output
   */
  run(s: number, x: readonly number[], y: number): void {
    const layer = this.#layers[s]!;
    const [first, second] = [x[0]!, x[1]!];
    switch (layer.kind) {
      case 'conv2d':
        return this.#conv2d(s, layer, first, y);
      case 'depthwise':
        return this.#depthwise(s, layer, first, y);
      case 'dense':
        return this.#dense(s, layer, first, y);
      case 'pool2d':
        return this.#pool2d(s, layer, first, y);
      case 'affine': {
        const { channels, area } = layer.shape;
        const { weight, bias } = this.#layout.layers[s]!;
        const from = this.#elements(layer.reads[0]!, first);
        const to = this.#elements(s + 1, y);
        return this.#kernels.affine(...from, weight, bias, channels, area, ...activated(layer.shape), ...to);
      }
      case 'add': {
        const { channels, area } = layer.shape;
        const a = this.#elements(layer.reads[0]!, first);
        const b = this.#elements(layer.reads[1]!, second);
        const to = this.#elements(s + 1, y);
        return this.#kernels.add(...a, ...b, channels * area, ...activated(layer.shape), ...to);
      }
      case 'concat': {
        const { channels, area } = layer.shape;
        const a = this.#elements(layer.reads[0]!, first);
        const b = this.#elements(layer.reads[1]!, second);
        const to = this.#elements(s + 1, y);
        return this.#kernels.concat(...a, channels[0] * area, ...b, channels[1] * area, ...to);
      }
      case 'pad': {
        const from = this.#elements(layer.reads[0]!, first);
        const { table } = this.#layout.layers[s]!;
        const { partBytes, blockBytes } = this.#layout.tensors[s + 1]!;
        return this.#kernels.pad(...from, layer.inputs, y, table, partBytes, blockBytes);
      }
    }
  }

  #conv2d(s: number, layer: FusedLayerOf<'conv2d'>, x: number, y: number): void {
    const { shape, weights } = layer;
    const { outHeight, outWidth } = convSizes(shape);
    const { outChannels } = shape;
    this.#kernels.masked_conv2d(
      ...windows(shape, this.#layout.tensors[layer.reads[0]!]!, x),
      ...([this.#own.lists[s]!.starts, this.#layout.layers[s]!.bias, weights / outChannels] as const),
      ...([outChannels, outHeight, outWidth, POOLS.indexOf(shape.pool)] as const),
      ...activated(shape),
      ...image(this.#layout.tensors[s + 1]!, y),
      this.#own.sums,
    );
  }

  #depthwise(s: number, layer: FusedLayerOf<'depthwise'>, x: number, y: number): void {
    const { shape } = layer;
    const { outChannels, outHeight, outWidth } = depthwiseSizes(shape);
    this.#kernels.masked_depthwise_conv2d(
      ...windows(shape, this.#layout.tensors[layer.reads[0]!]!, x),
      ...([this.#own.lists[s]!.starts, this.#layout.layers[s]!.bias] as const),
      ...([outChannels, outHeight, outWidth] as const),
      ...activated(shape),
      ...image(this.#layout.tensors[s + 1]!, y),
    );
  }

  #dense(s: number, { shape, reads }: FusedLayerOf<'dense'>, x: number, y: number): void {
    this.#kernels.masked_dense(
      ...([x, this.#layout.tensors[reads[0]!]!.partBytes] as const),
      ...([this.#own.lists[s]!.starts, this.#layout.layers[s]!.bias, shape.inputs, shape.outputs] as const),
      ...activated(shape),
      y,
    );
  }

  #pool2d(s: number, { shape, reads }: FusedLayerOf<'pool2d'>, x: number, y: number): void {
    const { partBytes, channelBytes, originBytes } = this.#layout.tensors[reads[0]!]!;
    const to = this.#layout.tensors[s + 1]!;
    const [channels, outHeight, outWidth] = to.shape;
    this.#kernels.pool2d(
      ...([x + originBytes, partBytes, channelBytes, channels] as const),
      ...([this.#layout.layers[s]!.table, outHeight, outWidth, shape.operation === 'max' ? 1 : 0] as const),
      ...image(to, y),
    );
  }

  /** A tensor for a kernel that goes through its elements. */
  #elements(tensor: TensorIndex, address: number) {
    return [address, this.#layout.offsets[tensor]!, this.#layout.tensors[tensor]!.partBytes] as const;
  }
}

const activated = ({ activation, alpha }: Activated) => [ACTIVATIONS.indexOf(activation), alpha] as const;

/** The input of a convolution, from the first pixel of its first window. */
function windows({ stride, padding }: Window, x: TensorLayout, address: number) {
  const start = address + windowOrigin(x, padding);
  return [start, x.partBytes, stride[0] * x.rowBytes, stride[1] * x.pixelBytes] as const;
}

/** An output, from its first pixel that is not padding. */
function image(y: TensorLayout, address: number) {
  const { originBytes, partBytes, channelBytes, rowBytes, pixelBytes } = y;
  return [address + originBytes, partBytes, channelBytes, rowBytes, pixelBytes] as const;
}
