/**
 * Runs batch plans in float64 on one thread. Like the other backends it visits images in chunks and keeps cached
 * inputs.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { referenceLoss } from '../../kernels/reference/loss.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import { fuse } from '../../network/fuse.ts';
import { layerParameters, type LayerParameters } from '../../network/layer-parameters.ts';
import { lastReaders, tensorSizes } from '../../network/liveness.ts';
import type { Model } from '../../network/model.ts';
import {
  DEFAULT_CACHE_BYTES,
  type Job,
  type JobResult,
  type NetworkRunner,
  type OutputsResult,
} from '../backend.ts';
import { checkAborted } from '../check-aborted.ts';
import { imagesInnermost } from '../images.ts';
import { putOutputs } from '../outputs.ts';
import { chunksOf, type Chunk } from '../plan/chunks.ts';
import { planCache } from '../plan/cuts.ts';
import { highestLossFirst } from '../plan/image-order.ts';
import type { NetworkState } from '../plan/network-state.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import { pickTargets, targetsOf, type Targets } from '../targets.ts';
import { maskOf, runLayer, type Activations } from './forward.ts';

/** A tensor's elements are float64. */
const ELEMENT_BYTES = 8;

/** Milliseconds that the runner may block the thread before it lets timers and signals run. */
const MAX_BLOCKING = 30;

/** Images whose losses are added before the sum is compared with the limit. */
const CHUNK_IMAGES = 32;

export class ReferenceRunner implements NetworkRunner {
  readonly images: number;
  readonly maxBatch = Infinity;
  readonly uploadedBytes = 0;
  readonly skipsPruned = false;
  readonly parallel = false;
  readonly cuts: readonly number[];
  readonly #parameters: readonly LayerParameters[];
  readonly #targets: Targets;
  readonly #layers: readonly FusedLayer[];
  /** The last layer that reads each tensor. */
  readonly #readers: readonly (number | undefined)[];
  readonly #chunks: readonly Chunk[];
  /** Tensors that are cached, the images among them. */
  readonly #cached: ReadonlySet<TensorIndex>;
  /** Index of the image at each place of the visiting order. */
  #order: Uint32Array;
  /** Cached tensors of each chunk, as far as plans have extended them. */
  #cache: Activations[] = [];
  /** Loss of each image in `LOSS_UNITS`, by place, from the last job over all images; undefined once ordered by it. */
  #losses: Uint32Array | undefined;
  #lastPause = 0;

  constructor(model: Model, images: ImageSet, memory = DEFAULT_CACHE_BYTES) {
    this.images = images.count;
    this.#parameters = layerParameters(model);
    this.#targets = targetsOf(model, images);
    this.#layers = fuse(model.network);
    this.#readers = lastReaders(this.#layers);
    const sizes = tensorSizes(model.network, this.#layers);
    const { cuts, tensors } = planCache(this.#layers, sizes, memory / images.count / ELEMENT_BYTES);
    this.cuts = cuts;
    this.#cached = new Set([0, ...tensors]);
    this.#chunks = chunksOf(images.count, CHUNK_IMAGES);
    this.#order = Uint32Array.from({ length: images.count }, (_, image) => image);
    this.#cache = this.#chunks.map(
      ({ first, count }) => new Map([[0, new Float64Array(imagesInnermost(model, images, first, count))]]),
    );
  }

  reorder(): Promise<void> {
    if (this.#losses) {
      const source = highestLossFirst(this.#losses);
      this.#losses = undefined;
      this.#order = source.map((place) => this.#order[place]!);
      for (const tensor of this.#cached) this.#gather(tensor, source);
    }
    return Promise.resolve();
  }

  /**
   * Puts a cached tensor into another order. `source`: for each place, the place that its image was at.
   */
  #gather(tensor: TensorIndex, source: Uint32Array): void {
    const before = this.#cache.map((tensors) => tensors.get(tensor));
    if (!before[0]) return;
    this.#chunks.forEach(({ first, count }, c) => {
      const stride = quadsOf(count) * QUAD;
      const x = new Float64Array(before[c]!.length);
      for (let lane = 0; lane < count; lane++) {
        const place = source[first + lane]!;
        const from = before[Math.floor(place / CHUNK_IMAGES)]!;
        const { count: images } = this.#chunks[Math.floor(place / CHUNK_IMAGES)]!;
        const fromStride = quadsOf(images) * QUAD;
        for (let i = lane, j = place % CHUNK_IMAGES; i < x.length; i += stride, j += fromStride)
          x[i] = from[j]!;
      }
      this.#cache[c]!.set(tensor, x);
    });
  }

  async run(plan: BatchPlan, jobs: readonly Job[], signal?: AbortSignal): Promise<readonly JobResult[]> {
    if (plan.extend) {
      for (const c of this.#chunks.keys()) {
        const tensors = await this.#runLayers(plan.extend, c, signal);
        for (const tensor of this.#cached) {
          const values = tensors.get(tensor);
          if (values) this.#cache[c]!.set(tensor, values);
        }
      }
    }
    const results: JobResult[] = [];
    for (const job of jobs) results.push(await this.#evaluate(plan.start, job, signal));
    return results;
  }

  async #evaluate(start: number, { sumLimit, ...state }: Job, signal?: AbortSignal): Promise<JobResult> {
    const { loss } = this.#targets;
    const losses = new Uint32Array(this.images);
    const sum = { units: 0, correct: 0 };
    let visited = 0;
    for (const [c, { first, count }] of this.#chunks.entries()) {
      if (sum.units > sumLimit) return { sum, images: visited };
      const tensors = await this.#runLayers({ ...state, from: start, to: this.#layers.length }, c, signal);
      const order = this.#order.subarray(first, first + count);
      const inChunk = losses.subarray(first, first + count);
      const scores = tensors.get(this.#layers.length)!;
      const { units, correct } = referenceLoss(
        loss,
        count,
        scores,
        pickTargets(this.#targets, order),
        inChunk,
      );
      sum.units += units;
      sum.correct += correct;
      visited += count;
    }
    this.#losses = losses;
    return { sum, images: visited };
  }

  async runOutputs(state: NetworkState, signal?: AbortSignal): Promise<OutputsResult> {
    const { outputs: width } = this.#layers.at(-1)!;
    const outputs = new Float32Array(this.images * width);
    const sum = { units: 0, correct: 0 };
    for (const [c, { first, count }] of this.#chunks.entries()) {
      const tensors = await this.#runLayers({ ...state, from: 0, to: this.#layers.length }, c, signal);
      const scores = tensors.get(this.#layers.length)!;
      const order = this.#order.subarray(first, first + count);
      const { units, correct } = referenceLoss(
        this.#targets.loss,
        count,
        scores,
        pickTargets(this.#targets, order),
      );
      sum.units += units;
      sum.correct += correct;
      putOutputs(outputs, scores, { width, stride: quadsOf(count) * QUAD, images: order });
    }
    return { sum, outputs };
  }

  /** Lets timers and signals run if the thread was blocked for long. Rejects with 'aborted' if `signal` is aborted. */
  async #pause(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#lastPause > MAX_BLOCKING) {
      await new Promise((resolve) => setTimeout(resolve));
      this.#lastPause = performance.now();
    }
    checkAborted(signal);
  }

  /** The tensors of a chunk after its layers from `from` to before `to`: cached ones, new ones, and those still to be read. */
  async #runLayers(
    { from, to, masks, parameters }: NetworkState & { readonly from: number; readonly to: number },
    chunk: number,
    signal: AbortSignal | undefined,
  ): Promise<Activations> {
    const tensors: Activations = new Map(this.#cache[chunk]);
    const quads = quadsOf(this.#chunks[chunk]!.count);
    for (let s = from; s < to; s++) {
      await this.#pause(signal);
      const layer = this.#layers[s]!;
      const inputs = layer.reads.map((tensor) => tensors.get(tensor)!);
      const own = this.#parameters[s]!;
      const { weight = own.weight, bias = own.bias } = parameters?.[s] ?? own;
      tensors.set(s + 1, runLayer(layer, quads, inputs, { weight, bias }, maskOf(layer, masks)));
      for (const tensor of layer.reads) {
        if (this.#readers[tensor] === s && !this.#cached.has(tensor)) tensors.delete(tensor);
      }
    }
    return tensors;
  }

  async close(): Promise<void> {
    this.#cache = [];
    return Promise.resolve();
  }
}
