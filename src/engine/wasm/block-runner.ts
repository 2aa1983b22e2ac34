/** Runs passes on one memory, in a worker: calls the kernels for one block of images after the other. */
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import { runLoss, type WasmKernels } from './kernels.ts';
import { LayerRunner } from './layer-runner.ts';
import { BLOCK, CONTROL, type MemoryLayout, type WorkerLayout } from './layout.ts';
import { loadBlock } from './load-block.ts';
import { FLOAT, LANES, PARTS, PIXEL } from './tensor-layout.ts';
import type { BlockOutputs, Pass, PassResult, LayersPass } from './threads/protocol.ts';
import type { WasmMemory } from './web-assembly.ts';

/** Rows that a worker gathers before it takes more. */
const ROWS = 8;

export class BlockRunner {
  readonly #kernels: WasmKernels;
  readonly #layout: MemoryLayout;
  /** The worker's own regions of the memory. */
  readonly #own: WorkerLayout;
  readonly #layers: readonly FusedLayer[];
  readonly #runner: LayerRunner;
  /** See `CONTROL` for its words. */
  readonly #control: Int32Array;
  /** Sum of the losses of all workers in `LOSS_UNITS`: the first element. */
  readonly #sum: BigInt64Array;
  /** [place] in `LOSS_UNITS`. */
  readonly #losses: Uint32Array;
  /** The whole memory. */
  readonly #floats: Float32Array;
  /** For each layer, the versions of the mask and the weights that are listed. */
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
    this.#runner = new LayerRunner(kernels, layout, this.#own, layers);
    this.#control = new Int32Array(buffer, layout.control, 4);
    this.#sum = new BigInt64Array(buffer, layout.control, 1);
    this.#losses = new Uint32Array(buffer, layout.losses, layout.images);
    this.#floats = new Float32Array(buffer);
  }

  run(pass: Pass): PassResult {
    return pass.kind === 'gather' ? this.#gather(pass.tensor) : this.#runBlocks(pass);
  }

  /** Takes blocks that no other worker has taken until none are left or the sum of losses is above the limit. */
  #runBlocks(pass: LayersPass): PassResult {
    const result = { units: 0, correct: 0, images: 0 };
    const outputs: BlockOutputs[] = [];
    this.#list(pass);
    for (let block = this.#next(); block < pass.endBlock; block = this.#next()) {
      const first = (this.#layout.firstBlock + block * this.#layout.blockStride) * BLOCK;
      const count = Math.min(BLOCK, this.#layout.images - first);
      this.#runLayers(pass, block, first, count);
      result.images += count;
      if (pass.kind === 'extend') continue;

      result.correct += this.#evaluate(first, count);
      if (pass.outputs) outputs.push({ first, values: this.#outputs(count) });
      let units = 0;
      for (let place = first; place < first + count; place++) units += this.#losses[place]!;
      result.units += units;
      const before = Number(Atomics.add(this.#sum, CONTROL.sum, BigInt(units)));
      if (before + units > pass.sumLimit) Atomics.store(this.#control, CONTROL.stop, 1);
    }
    return pass.outputs ? { ...result, outputs } : result;
  }

  /** The scores of the block that was run last: [image][output]. */
  #outputs(count: number): Float32Array {
    const scores = this.#layers.length;
    const { partBytes, pixelBytes } = this.#layout.tensors[scores]!;
    const { outputs } = this.#layers.at(-1)!;
    const values = new Float32Array(count * outputs);
    for (let image = 0; image < count; image++) {
      const lane =
        this.#own.tensors[scores]! + Math.floor(image / LANES) * partBytes + (image % LANES) * FLOAT;
      for (let output = 0; output < outputs; output++) {
        values[image * outputs + output] = this.#floats[(lane + output * pixelBytes) / FLOAT]!;
      }
    }
    return values;
  }

  /** Gathers rows of a cached tensor until none are left. A row is one pixel or feature. */
  #gather(tensor: TensorIndex): PassResult {
    const { blocks, source, tensors, caches } = this.#layout;
    const { blockBytes, partBytes, pixelBytes, pixels } = tensors[tensor]!;
    // Where the parts of a pixel are neighbours, they are one row.
    const parts = pixelBytes === PIXEL ? PARTS : 1;
    const lanes = BLOCK / parts;
    for (let row = this.#next() * ROWS; row < pixels; row = this.#next() * ROWS) {
      const end = Math.min(row + ROWS, pixels);
      const cache = [caches[tensor]!, blocks, blockBytes, parts, partBytes, lanes] as const;
      this.#kernels.gather_images(...cache, row, end, source, this.#own.scratch);
    }
    return { units: 0, correct: 0, images: 0 };
  }

  /** Number of the next piece of work that no other worker has taken; Infinity once the pass must stop. */
  #next(): number {
    if (Atomics.load(this.#control, CONTROL.stop) !== 0) return Infinity;
    return Atomics.add(this.#control, CONTROL.next, 1);
  }

  /** Lists the kept weights of those layers whose mask or weights have changed. */
  #list({ from, to, maskVersions, weightVersions, skipPruned }: LayersPass): void {
    for (let s = from; s < to; s++) {
      const { mask } = this.#layers[s]!;
      if (mask === undefined) continue;
      const version = `${maskVersions[mask]} ${weightVersions[s]} ${skipPruned}`;
      if (this.#listed[s] === version) continue;
      this.#runner.list(s, skipPruned);
      this.#listed[s] = version;
    }
  }

  /** Runs the layers of a pass over one block: `count` images from place `first` on. */
  #runLayers({ kind, from, to }: LayersPass, block: number, first: number, count: number): void {
    const { tensors, caches } = this.#layout;
    const addressOf = (tensor: TensorIndex) => {
      const isCached = tensor > 0 && (tensor <= from || (kind === 'extend' && caches[tensor] !== 0));
      if (!isCached) return this.#own.tensors[tensor]!;
      return caches[tensor]! + block * tensors[tensor]!.blockBytes;
    };
    const layers = this.#layers.slice(from, to);
    if (layers.some(({ reads }) => reads.includes(0)))
      loadBlock(this.#kernels, this.#layout, addressOf(0), first, count);
    layers.forEach(({ reads }, i) =>
      this.#runner.run(from + i, reads.map(addressOf), addressOf(from + i + 1)),
    );
  }

  /** Writes the losses of a block and returns how many of its predictions are correct. */
  #evaluate(first: number, count: number): number {
    const { loss, targets, order, losses, tensors } = this.#layout;
    const scores = this.#layers.length;
    const { partBytes, pixelBytes } = tensors[scores]!;
    return runLoss(this.#kernels, loss, [
      ...([this.#own.tensors[scores]!, partBytes, pixelBytes, loss.outputs] as const),
      ...([targets, order + first * 4, count, losses + first * 4] as const),
    ]);
  }
}
