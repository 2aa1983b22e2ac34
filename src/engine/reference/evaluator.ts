/**
 * The oracle: float64, one thread, plain loops, on the readable twins of the kernels. It shares the plan with the
 * other backends and is not tuned for speed.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { maskedConv2d } from '../../kernels/reference/masked-conv2d.ts';
import { maskedDense } from '../../kernels/reference/masked-dense.ts';
import { softmaxCrossEntropy } from '../../kernels/reference/softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import type { Mask, Masks } from '../../core/mask.ts';
import { checkImages, imagesInnermost } from '../images.ts';
import { checkModel, type LayerParameters, type Model } from '../../network/model.ts';
import { fuse, type FusedLayer } from '../../network/fuse.ts';
import type { EvaluatorOptions } from '../optimizations.ts';
import { chunksOf, type Chunk } from '../plan/chunks.ts';
import { hardestFirst } from '../plan/image-order.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import { checkAborted, EngineEvaluator, type Job, type JobResult, type NetworkRunner } from '../evaluator.ts';

/** An evaluator of `model` over `images` that needs no device. */
export function referenceEvaluator(
  model: Model,
  images: ImageSet,
  options?: EvaluatorOptions,
): CountingEvaluator {
  checkModel(model);
  checkImages(model, images);
  return new EngineEvaluator(model.network, new ReferenceRunner(model, images), options);
}

/** The class scores of every image in float64, [class, quad, 4]. */
export function referenceLogits(model: Model, images: ImageSet, masks: Masks): Float64Array {
  checkImages(model, images);
  return fuse(model.network).reduce<Float64Array>(
    (x, layer, s) => runLayer(layer, quadsOf(images.count), x, model.parameters[s]!, masks[s]!),
    new Float64Array(imagesInnermost(model, images)),
  );
}

/** One layer over `quads` of images: its input as activations, [..., quad, 4], to its output. */
export function runLayer(
  layer: FusedLayer,
  quads: number,
  x: Float64Array,
  { weight, bias }: LayerParameters,
  mask: Mask,
): Float64Array {
  return layer.kind === 'conv2d'
    ? maskedConv2d(layer.shape, quads, x, weight, bias, mask.words)
    : maskedDense(layer.shape, quads, x, weight, bias, mask.words);
}

/** Milliseconds. */
const LONGEST_BLOCK = 30;

/** Images whose losses are summed before the next are computed: early rejection stops between them. */
const CHUNK_IMAGES = 32;

class ReferenceRunner implements NetworkRunner {
  readonly images: number;
  readonly largestBatch = Infinity;
  readonly uploadedBytes = 0;
  readonly skipsPruned = false;
  readonly parallel = false;
  readonly #parameters: readonly LayerParameters[];
  readonly #labels: Uint8Array;
  readonly #layers: readonly FusedLayer[];
  readonly #chunks: readonly Chunk[];
  /** Index of each image in the order in which they are visited. */
  #order: Uint32Array;
  /** Input of each layer for each chunk, as far as the plan has it cached: [chunk][layer]. */
  #cache: Float64Array[][] = [];
  /** Loss of each image, by its place in the order, in the last evaluation of all; undefined once ordered by it. */
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
      const source = hardestFirst(this.#losses);
      this.#losses = undefined;
      this.#order = source.map((place) => this.#order[place]!);
      for (let s = 0; s < this.#layers.length; s++) this.#gather(s, source);
    }
    return Promise.resolve();
  }

  /** Brings the cached inputs of a layer into another order; `source` is the place that each image comes from. */
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

  /** Lets timers and signals in when they have waited long. */
  async #pause(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#lastPause > LONGEST_BLOCK) {
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
