/**
 * Runs batch plans in float64 on one thread. Like the other backends it visits images in chunks and keeps cached
 * inputs.
 */
import type { Masks } from '../../core/mask.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { softmaxCrossEntropy } from '../../kernels/reference/softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import { fuse, type FusedLayer } from '../../network/fuse.ts';
import type { LayerParameters, Model } from '../../network/model.ts';
import type { Job, JobResult, NetworkRunner } from '../backend.ts';
import { checkAborted } from '../check-aborted.ts';
import { imagesInnermost } from '../images.ts';
import { chunksOf, type Chunk } from '../plan/chunks.ts';
import { highestLossFirst } from '../plan/image-order.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import { runLayer } from './forward.ts';

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
  readonly #parameters: readonly LayerParameters[];
  readonly #labels: Uint8Array;
  readonly #layers: readonly FusedLayer[];
  readonly #chunks: readonly Chunk[];
  /** Index of the image at each place of the visiting order. */
  #order: Uint32Array;
  /**
   * Input of each layer for each chunk, as far as the plan has it cached: [chunk][layer], [feature, quad, 4] float64.
   */
  #cache: Float64Array[][] = [];
  /** Loss of each image in `LOSS_UNITS`, by place, from the last job over all images; undefined once ordered by it. */
  #losses: Uint32Array | undefined;
  #lastPause = 0;

  constructor(model: Model, images: ImageSet) {
    this.images = images.count;
    this.#parameters = model.parameters;
    this.#labels = images.labels;
    this.#layers = fuse(model.network);
    this.#chunks = chunksOf(images.count, CHUNK_IMAGES);
    this.#order = Uint32Array.from({ length: images.count }, (_, image) => image);
    this.#cache = this.#chunks.map(({ first, count }) => [
      new Float64Array(imagesInnermost(model, images, first, count)),
    ]);
  }

  reorder(): Promise<void> {
    if (this.#losses) {
      const source = highestLossFirst(this.#losses);
      this.#losses = undefined;
      this.#order = source.map((place) => this.#order[place]!);
      for (let s = 0; s < this.#layers.length; s++) this.#gather(s, source);
    }
    return Promise.resolve();
  }

  /**
   * Puts the cached inputs of a layer into another order. `source`: for each place, the place that its image was at.
   */
  #gather(s: number, source: Uint32Array): void {
    const before = this.#cache.map((inputs) => inputs[s]);
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
      this.#cache[c]![s] = x;
    });
  }

  async run(plan: BatchPlan, jobs: readonly Job[], signal?: AbortSignal): Promise<readonly JobResult[]> {
    if (plan.extend) {
      const { from, to, masks } = plan.extend;
      for (const [c, { count }] of this.#chunks.entries()) {
        const inputs = this.#cache[c]!;
        for (let s = from; s < to; s++) {
          await this.#pause(signal);
          inputs[s + 1] = this.#runLayer(s, count, inputs[s]!, masks);
        }
      }
    }
    const results: JobResult[] = [];
    for (const job of jobs) results.push(await this.#evaluate(plan.start, job, signal));
    return results;
  }

  async #evaluate(start: number, { masks, sumLimit }: Job, signal?: AbortSignal): Promise<JobResult> {
    const { outputs: classes } = this.#layers.at(-1)!;
    const losses = new Uint32Array(this.images);
    const sum = { units: 0, correct: 0 };
    let visited = 0;
    for (const [c, { first, count }] of this.#chunks.entries()) {
      if (sum.units > sumLimit) return { sum, images: visited };
      let x = this.#cache[c]![start]!;
      for (let s = start; s < this.#layers.length; s++) {
        await this.#pause(signal);
        x = this.#runLayer(s, count, x, masks);
      }
      const order = this.#order.subarray(first, first + count);
      const labels = Uint8Array.from(order, (image) => this.#labels[image]!);
      const inChunk = losses.subarray(first, first + count);
      const { units, correct } = softmaxCrossEntropy({ classes }, count, x, labels, inChunk);
      sum.units += units;
      sum.correct += correct;
      visited += count;
    }
    this.#losses = losses;
    return { sum, images: visited };
  }

  /** Lets timers and signals run if the thread was blocked for long. Rejects with 'aborted' if `signal` is aborted. */
  async #pause(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#lastPause > MAX_BLOCKING) {
      await new Promise((resolve) => setTimeout(resolve));
      this.#lastPause = performance.now();
    }
    checkAborted(signal);
  }

  #runLayer(s: number, images: number, x: Float64Array, masks: Masks): Float64Array {
    return runLayer(this.#layers[s]!, quadsOf(images), x, this.#parameters[s]!, masks[s]!);
  }

  async close(): Promise<void> {
    this.#cache = [];
    return Promise.resolve();
  }
}
