/** Runs passes on one memory, in a worker: calls the kernels for one block of images after the other. */
import { ACTIVATIONS } from '../../kernels/activation.ts';
import { convSizes } from '../../kernels/masked-conv2d.ts';
import type { FusedLayer } from '../../network/fused-layer.ts';
import { unsupported } from '../unsupported.ts';
import type { WasmKernels } from './kernels.ts';
import { BLOCK, CONTROL, type InputLayout, type MemoryLayout, type WorkerLayout } from './layout.ts';
import type { Pass, PassResult, LayersPass } from './threads/protocol.ts';
import type { WasmMemory } from './web-assembly.ts';

/** Rows that a worker gathers before it takes more. */
const ROWS = 8;

export class BlockRunner {
  readonly #kernels: WasmKernels;
  readonly #layout: MemoryLayout;
  /** The worker's own regions of the memory. */
  readonly #own: WorkerLayout;
  readonly #layers: readonly FusedLayer[];
  /** See `CONTROL` for its words. */
  readonly #control: Int32Array;
  /** Sum of the losses of all workers in `LOSS_UNITS`: the first element. */
  readonly #sum: BigInt64Array;
  /** [place] in `LOSS_UNITS`. */
  readonly #losses: Uint32Array;
  /** For each layer, the version of the mask whose kept weights are listed. */
  readonly #listed: string[] = [];

  /** @param worker index in `layout.workers` */
  constructor(
    kernels: WasmKernels,
    { buffer }: WasmMemory,
    layout: MemoryLayout,
    worker: number,
    layers: readonly FusedLayer[],
  ) {
    this.#kernels = kernels;
    this.#layout = layout;
    this.#own = layout.workers[worker]!;
    this.#layers = layers;
    this.#control = new Int32Array(buffer, layout.control, 4);
    this.#sum = new BigInt64Array(buffer, layout.control, 1);
    this.#losses = new Uint32Array(buffer, layout.losses, layout.images);
  }

  run(pass: Pass): PassResult {
    return pass.kind === 'gather' ? this.#gather(pass.layer) : this.#runBlocks(pass);
  }

  /** Takes blocks that no other worker has taken until none are left or the sum of losses is above the limit. */
  #runBlocks(pass: LayersPass): PassResult {
    const result = { units: 0, correct: 0, images: 0 };
    this.#list(pass);
    for (let block = this.#next(); block < pass.endBlock; block = this.#next()) {
      const first = (this.#layout.firstBlock + block * this.#layout.blockStride) * BLOCK;
      const count = Math.min(BLOCK, this.#layout.images - first);
      this.#runLayers(pass, block, first, count);
      result.images += count;
      if (pass.kind === 'extend') continue;

      result.correct += this.#evaluate(first, count);
      let units = 0;
      for (let place = first; place < first + count; place++) units += this.#losses[place]!;
      result.units += units;
      const before = Number(Atomics.add(this.#sum, CONTROL.sum, BigInt(units)));
      if (before + units > pass.sumLimit) Atomics.store(this.#control, CONTROL.stop, 1);
    }
    return result;
  }

  /** Gathers rows of the cached input of layer `s` until none are left. */
  #gather(s: number): PassResult {
    const { blocks, source, layers, caches } = this.#layout;
    const { blockBytes, parts, partBytes, lanes, rows } = layers[s]!.input;
    for (let row = this.#next() * ROWS; row < rows; row = this.#next() * ROWS) {
      const end = Math.min(row + ROWS, rows);
      const { scratch } = this.#own;
      this.#kernels.gather_images(
        caches[s]!,
        blocks,
        blockBytes,
        parts,
        partBytes,
        lanes,
        row,
        end,
        source,
        scratch,
      );
    }
    return { units: 0, correct: 0, images: 0 };
  }

  /** Number of the next piece of work that no other worker has taken; Infinity once the pass must stop. */
  #next(): number {
    if (Atomics.load(this.#control, CONTROL.stop) !== 0) return Infinity;
    return Atomics.add(this.#control, CONTROL.next, 1);
  }

  /** Lists the kept weights of those layers whose mask has changed. */
  #list({ from, to, maskVersions, skipPruned }: LayersPass): void {
    for (let s = from; s < to; s++) {
      const version = `${maskVersions[s]} ${skipPruned}`;
      if (this.#listed[s] === version) continue;
      const { mask, weight, offsets } = this.#layout.layers[s]!;
      const { weights, biases } = this.#layers[s]!;
      const { starts, entries } = this.#own.lists[s]!;
      const all = skipPruned ? 0 : 1;
      this.#kernels.list_kept(mask, weight, offsets, biases, weights / biases, starts, entries, all);
      this.#listed[s] = version;
    }
  }

  /** Runs the layers of a pass over one block: `count` images from place `first` on. */
  #runLayers({ kind, from, to }: LayersPass, block: number, first: number, count: number): void {
    let x = this.#cached(from, block);
    if (from === 0) {
      x = this.#own.inputs[0]!;
      this.#load(x, first, count);
    }
    for (let s = from; s < to; s++) {
      const isLast = s + 1 === this.#layers.length;
      let y = isLast ? this.#own.logits : this.#own.inputs[s + 1]!;
      if (kind === 'extend') y = this.#cached(s + 1, block);
      this.#runLayer(s, x, y);
      x = y;
    }
  }

  /** Address of the cached input of layer `s` for a block. */
  #cached(s: number, block: number): number {
    return this.#layout.caches[s]! + block * this.#layout.layers[s]!.input.blockBytes;
  }

  /** Loads the images of a block as the input of the first layer. */
  #load(y: number, first: number, count: number): void {
    const { pixels, order, table, height, width, layers } = this.#layout;
    const { parts, lanes, partBytes, rowBytes, pixelBytes, originBytes } = layers[0]!.input;
    // For a dense layer every pixel is a feature, and a row is `width` features.
    const rows = this.#layers[0]!.kind === 'conv2d' ? rowBytes : width * pixelBytes;
    this.#kernels.load_images(
      pixels,
      order + first * 4,
      count,
      table,
      height,
      width,
      y + originBytes,
      parts,
      lanes,
      partBytes,
      rows,
    );
  }

  /**
   * @param x address of the input, in the layout of layer `s`
   * @param y address of the output, in the layout of the next
   */
  #runLayer(s: number, x: number, y: number): void {
    const layer = this.#layers[s]!;
    const { input, bias } = this.#layout.layers[s]!;
    const { starts } = this.#own.lists[s]!;
    if (layer.kind !== 'dense' && layer.kind !== 'conv2d') throw unsupported('WebAssembly', layer);
    const activation = ACTIVATIONS.indexOf(layer.shape.activation);
    if (layer.kind === 'dense') {
      this.#kernels.masked_dense(x, starts, bias, layer.inputs, layer.outputs, activation, y);
      return;
    }
    const { outChannels } = layer.shape;
    const pool = layer.shape.pool === 'none' ? 1 : 2;
    const { outHeight, outWidth } = convSizes(layer.shape);
    const to = outputStrides(this.#layout.layers[s + 1]!.input, outHeight, outWidth);
    for (let part = 0; part < input.parts; part++) {
      this.#kernels.masked_conv2d(
        x + part * input.partBytes,
        starts,
        bias,
        layer.weights / outChannels,
        outChannels,
        outHeight,
        outWidth,
        pool,
        activation,
        input.rowBytes,
        y + to.originBytes + part * to.partBytes,
        to.channelBytes,
        to.rowBytes,
        to.pixelBytes,
        this.#own.sums,
      );
    }
  }

  /** Writes the losses of a block and returns how many of its images are classified correctly. */
  #evaluate(first: number, count: number): number {
    const { labels, order, losses } = this.#layout;
    const classes = this.#layers.at(-1)!.outputs;
    return this.#kernels.softmax_cross_entropy(
      this.#own.logits,
      classes,
      labels,
      order + first * 4,
      count,
      losses + first * 4,
    );
  }
}

/**
 * Strides in bytes with which a convolution writes into the input of the next layer. For a dense layer the output is
 * flattened.
 */
function outputStrides(next: InputLayout, outHeight: number, outWidth: number) {
  if (next.parts > 1) return next;
  // A dense layer's input is not split: both halves of a block are in one row.
  const { pixelBytes } = next;
  return {
    originBytes: 0,
    partBytes: pixelBytes / 2,
    channelBytes: outHeight * outWidth * pixelBytes,
    rowBytes: outWidth * pixelBytes,
    pixelBytes,
  };
}
