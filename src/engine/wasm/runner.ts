/** Runs batch plans on WebAssembly kernels in workers. Parameters and images are written once. */
import type { MasksearchError } from '../../core/error.ts';
import type { Mask, Masks } from '../../core/mask.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { fuse, type FusedLayer } from '../../network/fuse.ts';
import { layerParameters } from '../../network/layer-parameters.ts';
import type { Model } from '../../network/model.ts';
import type { Job, JobResult, NetworkRunner } from '../backend.ts';
import { checkAborted } from '../check-aborted.ts';
import { normalizedBytes } from '../images.ts';
import { highestLossFirst } from '../plan/image-order.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import { BLOCK, inputOffsets } from './layout.ts';
import type { LayersPass, PassResult } from './threads/protocol.ts';
import type { Workspace } from './threads/workspace.ts';

export interface WasmRunnerOptions {
  /** Default: true. */
  readonly skipPruned?: boolean | undefined;
}

/** The layers from `from` to before `to`, under masks. */
interface MaskedPass extends Pick<LayersPass, 'kind' | 'from' | 'to' | 'sumLimit'> {
  readonly masks: Masks;
}

export class WasmRunner implements NetworkRunner {
  readonly images: number;
  readonly maxBatch = Infinity;
  readonly uploadedBytes = 0;
  readonly parallel = false;
  readonly skipsPruned: boolean;
  readonly #layers: readonly FusedLayer[];
  readonly #workspace: Workspace;
  /** Index of the image at each place of the visiting order. */
  #order: Uint32Array;
  /**
   * The visiting order that the cached input of each layer is in. It is gathered into the present order when it is
   * read.
   */
  readonly #cacheOrders: Uint32Array[] = [];
  /** Loss of each image in `LOSS_UNITS`, by place, from the last job over all images; undefined once ordered by it. */
  #losses: Uint32Array | undefined;
  /** Mask of each layer in memory. */
  readonly #masks: (Mask | undefined)[] = [];
  /** How often the mask of each layer was written. */
  readonly #versions: number[];

  constructor(
    workspace: Workspace,
    model: Model,
    images: ImageSet,
    { skipPruned = true }: WasmRunnerOptions = {},
  ) {
    this.images = images.count;
    this.skipsPruned = skipPruned;
    this.#layers = fuse(model.network);
    this.#workspace = workspace;
    this.#versions = this.#layers.map(() => 0);
    this.#order = Uint32Array.from({ length: images.count }, (_, image) => image);
    const { layout } = workspace;
    const size = images.height * images.width;
    if (!(images.pixels instanceof Uint8Array)) throw new Error('WebAssembly takes images of bytes');
    workspace.write(layout.pixels, images.pixels.subarray(0, images.count * size));
    workspace.write(layout.labels, Uint8Array.from(images.labels.subarray(0, images.count)));
    this.#write(layout.table, normalizedBytes(model));
    this.#write(layout.order, this.#order);
    const parameters = layerParameters(model);
    layout.layers.forEach((layer, s) => {
      const { weight, bias } = parameters[s]!;
      this.#write(layer.weight, weight);
      this.#write(layer.bias, bias);
      this.#write(layer.offsets, inputOffsets(this.#layers[s]!, layer.input));
    });
  }

  get failure(): MasksearchError | undefined {
    return this.#workspace.failure;
  }

  reorder(): Promise<void> {
    const losses = this.#losses;
    if (!losses) return Promise.resolve();
    this.#losses = undefined;
    const order = new Uint32Array(this.images);
    // An image stays in its memory, so every memory's images are ordered among themselves.
    for (const share of this.#workspace.shares) {
      const source = highestLossFirst(share.map((place) => losses[place]!));
      share.forEach((place, i) => (order[place] = this.#order[share[source[i]!]!]!));
    }
    this.#order = order;
    this.#write(this.#workspace.layout.order, order);
    return Promise.resolve();
  }

  async run(
    { extend, start }: BatchPlan,
    jobs: readonly Job[],
    signal?: AbortSignal,
  ): Promise<readonly JobResult[]> {
    if (extend) await this.#pass({ ...extend, kind: 'extend', sumLimit: Infinity }, signal);
    const to = this.#layers.length;
    const results: JobResult[] = [];
    for (const { masks, sumLimit } of jobs) {
      const pass = { kind: 'evaluate', from: start, to, masks, sumLimit } as const;
      const { units, correct, images } = await this.#pass(pass, signal);
      if (images === this.images) this.#losses = await this.#workspace.losses();
      results.push({ sum: { units, correct }, images });
    }
    return results;
  }

  async #pass({ masks, ...pass }: MaskedPass, signal: AbortSignal | undefined): Promise<PassResult> {
    const { kind, from, to } = pass;
    if (from > 0 && this.#cacheOrders[from] !== this.#order) await this.#gather(from, signal);
    for (let s = from; s < to; s++) this.#placeMask(s, masks[s]!);
    const options = { ...pass, maskVersions: this.#versions, skipPruned: this.skipsPruned };
    const result = await this.#workspace.pass(options, signal);
    checkAborted(signal);
    if (kind === 'extend') for (let s = from; s < to; s++) this.#cacheOrders[s + 1] = this.#order;
    return result;
  }

  /** Gathers the cached input of a layer into the present order. */
  async #gather(layer: number, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#cacheOrders[layer]!;
    this.#cacheOrders[layer] = this.#order;
    const placeBefore = new Uint32Array(this.images);
    before.forEach((image, place) => (placeBefore[image] = place));
    this.#workspace.shares.forEach((share, memory) => {
      // Index of each place among those of the memory.
      const local = new Uint32Array(this.images);
      share.forEach((place, i) => (local[place] = i));
      const source = Uint32Array.from({ length: Math.ceil(share.length / BLOCK) * BLOCK }, (_, i) =>
        i < share.length ? local[placeBefore[this.#order[share[i]!]!]!]! : i,
      );
      this.#write(this.#workspace.layout.source, source, memory);
    });
    await this.#workspace.pass({ kind: 'gather', layer }, signal);
    checkAborted(signal);
  }

  #placeMask(s: number, mask: Mask): void {
    if (this.#masks[s] === mask) return;
    this.#masks[s] = mask;
    this.#versions[s]!++;
    this.#write(this.#workspace.layout.layers[s]!.mask, mask.words);
  }

  #write(offset: number, data: Float32Array | Uint32Array, memory?: number): void {
    const { buffer, byteOffset, byteLength } = data;
    this.#workspace.write(offset, new Uint8Array(buffer, byteOffset, byteLength), memory);
  }

  async close(): Promise<void> {
    this.#workspace.close();
    return Promise.resolve();
  }
}
