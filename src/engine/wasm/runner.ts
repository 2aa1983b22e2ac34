/** Runs batch plans on WebAssembly kernels in workers. Parameters and images are written once. */
import type { MasksearchError } from '../../core/error.ts';
import type { Mask } from '../../core/mask.ts';
import type { ImageSet } from '../../data/dataset.ts';
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import { fuse } from '../../network/fuse.ts';
import {
  foldedBias,
  foldedWeight,
  layerParameters,
  type ChangedParameters,
} from '../../network/layer-parameters.ts';
import { aliveAt } from '../../network/liveness.ts';
import type { Model } from '../../network/model.ts';
import type { Job, JobResult, NetworkRunner, OutputsResult } from '../backend.ts';
import { checkAborted } from '../check-aborted.ts';
import { highestLossFirst } from '../plan/image-order.ts';
import type { NetworkState } from '../plan/network-state.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import type { Targets } from '../targets.ts';
import { BLOCK } from './layout.ts';
import { placeTables } from './place-tables.ts';
import type { LayersPass, PassResult } from './threads/protocol.ts';
import type { Workspace } from './threads/workspace.ts';
import { writeImages, writeParameters, writeWords } from './upload.ts';

export interface WasmRunnerOptions {
  /** Default: true. */
  readonly skipPruned?: boolean | undefined;
}

/** The layers from `from` to before `to`, under a state. */
type StatePass = NetworkState & Pick<LayersPass, 'kind' | 'from' | 'to' | 'sumLimit' | 'outputs'>;

export class WasmRunner implements NetworkRunner {
  readonly images: number;
  readonly maxBatch = Infinity;
  readonly uploadedBytes = 0;
  readonly parallel = false;
  readonly skipsPruned: boolean;
  readonly cuts: readonly number[];
  readonly #layers: readonly FusedLayer[];
  readonly #workspace: Workspace;
  /** Index of the image at each place of the visiting order. */
  #order: Uint32Array;
  /** The visiting order that each cached tensor is in. It is gathered into the present order when it is read. */
  readonly #cacheOrders: Uint32Array[] = [];
  /** Loss of each image in `LOSS_UNITS`, by place, from the last job over all images; undefined once ordered by it. */
  #losses: Uint32Array | undefined;
  /** The masks in memory. */
  readonly #masks: (Mask | undefined)[] = [];
  /** How often each mask was written. */
  readonly #versions: number[];
  readonly #tensors: Model['tensors'];
  /** By layer, what is in memory in place of the model's parameters. */
  readonly #changed: (ChangedParameters | undefined)[] = [];
  /** How often the weights of each layer were written by passes. */
  readonly #weightVersions: number[];

  /** @param cuts those whose tensors have a place in the cache */
  constructor(
    workspace: Workspace,
    model: Model,
    images: ImageSet,
    targets: Targets,
    cuts: readonly number[],
    { skipPruned = true }: WasmRunnerOptions = {},
  ) {
    this.images = images.count;
    this.cuts = cuts;
    this.skipsPruned = skipPruned;
    this.#layers = fuse(model.network);
    this.#workspace = workspace;
    this.#versions = workspace.layout.masks.map(() => 0);
    this.#tensors = model.tensors;
    this.#weightVersions = this.#layers.map(() => 0);
    this.#order = Uint32Array.from({ length: images.count }, (_, image) => image);
    const { layout } = workspace;
    writeImages(workspace, model, images);
    this.#write(layout.targets, targets.values);
    this.#write(layout.order, this.#order);
    layerParameters(model).forEach((parameters, s) => writeParameters(workspace, s, parameters));
    placeTables(this.#layers, layout, (address, words) => this.#write(address, words));
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
    for (const job of jobs) {
      const pass = { ...job, kind: 'evaluate', from: start, to } as const;
      const { units, correct, images } = await this.#pass(pass, signal);
      if (images === this.images) this.#losses = await this.#workspace.losses();
      results.push({ sum: { units, correct }, images });
    }
    return results;
  }

  async runOutputs({ masks, parameters }: NetworkState, signal?: AbortSignal): Promise<OutputsResult> {
    const whole = { kind: 'evaluate', from: 0, to: this.#layers.length } as const;
    const pass = { ...whole, masks, parameters, sumLimit: Infinity, outputs: true };
    const { units, correct, outputs: blocks = [] } = await this.#pass(pass, signal);
    const { outputs: width } = this.#layers.at(-1)!;
    const outputs = new Float32Array(this.images * width);
    for (const { first, values } of blocks) {
      for (let at = 0; at < values.length; at += width) {
        outputs.set(values.subarray(at, at + width), this.#order[first + at / width]! * width);
      }
    }
    return { sum: { units, correct }, outputs };
  }

  async #pass(
    { masks, parameters, ...pass }: StatePass,
    signal: AbortSignal | undefined,
  ): Promise<PassResult> {
    const { kind, from, to } = pass;
    for (const tensor of aliveAt(this.#layers, from)) {
      if (tensor > 0 && this.#cacheOrders[tensor] !== this.#order) await this.#gather(tensor, signal);
    }
    for (const { mask } of this.#layers.slice(from, to)) {
      if (mask !== undefined) this.#placeMask(mask, masks[mask]!);
    }
    for (let s = from; s < to; s++) this.#placeParameters(s, parameters?.[s]);
    const versions = { maskVersions: this.#versions, weightVersions: this.#weightVersions };
    const options = { ...pass, ...versions, skipPruned: this.skipsPruned };
    const result = await this.#workspace.pass(options, signal);
    checkAborted(signal);
    if (kind === 'extend') for (let s = from; s < to; s++) this.#cacheOrders[s + 1] = this.#order;
    return result;
  }

  /** Gathers a cached tensor into the present order. */
  async #gather(tensor: TensorIndex, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#cacheOrders[tensor]!;
    this.#cacheOrders[tensor] = this.#order;
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
    await this.#workspace.pass({ kind: 'gather', tensor }, signal);
    checkAborted(signal);
  }

  #placeMask(index: number, mask: Mask): void {
    if (this.#masks[index] === mask) return;
    this.#masks[index] = mask;
    this.#versions[index]!++;
    this.#write(this.#workspace.layout.masks[index]!, mask.words);
  }

  /** Writes what differs from what is in memory; undefined: the model's. */
  #placeParameters(s: number, wanted: ChangedParameters | undefined): void {
    const placed = this.#changed[s];
    if (placed === wanted) return;
    this.#changed[s] = wanted;
    const layer = this.#layers[s]!;
    const { weight, bias } = this.#workspace.layout.layers[s]!;
    if (placed?.weight !== wanted?.weight) {
      this.#weightVersions[s]!++;
      this.#write(weight, wanted?.weight ?? foldedWeight(layer, this.#tensors));
    }
    if (placed?.bias !== wanted?.bias) {
      this.#write(bias, wanted?.bias ?? foldedBias(layer, this.#tensors));
    }
  }

  #write(offset: number, data: Float32Array | Uint32Array, memory?: number): void {
    writeWords(this.#workspace, offset, data, memory);
  }

  async close(): Promise<void> {
    this.#workspace.close();
    return Promise.resolve();
  }
}
