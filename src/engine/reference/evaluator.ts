/**
 * The oracle: float64, one thread, plain loops, on the readable twins of the kernels. It shares the plan with the
 * other backends and is not tuned for speed.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { maskedConv2d } from '../../kernels/reference/masked-conv2d.ts';
import { maskedDense } from '../../kernels/reference/masked-dense.ts';
import { softmaxCrossEntropy } from '../../kernels/reference/softmax-cross-entropy.ts';
import type { LossSum } from '../../kernels/softmax-cross-entropy.ts';
import { quadsOf } from '../../kernels/spec.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import type { Mask, Masks } from '../../search/mask.ts';
import { checkImages, imagesInnermost } from '../images.ts';
import { checkModel, type LayerParameters, type Model } from '../model.ts';
import { stagesOf, type Stage } from '../network.ts';
import type { BatchPlan } from '../plan.ts';
import { checkAborted, StagedEvaluator, type StageRunner } from '../staged-evaluator.ts';

/** An evaluator of `model` over `images` that needs no device. */
export function referenceEvaluator(model: Model, images: ImageSet): CountingEvaluator {
  checkModel(model);
  checkImages(model, images);
  return new StagedEvaluator(model.network, new ReferenceRunner(model, images));
}

/** The class scores of every image in float64, [class, quad, 4]. */
export function referenceLogits(model: Model, images: ImageSet, masks: Masks): Float64Array {
  checkImages(model, images);
  return stagesOf(model.network).reduce<Float64Array>(
    (x, stage, s) => runStage(stage, quadsOf(images.count), x, model.parameters[s]!, masks[s]!),
    new Float64Array(imagesInnermost(model, images)),
  );
}

/** One stage over `quads` of images: its input as activations, [..., quad, 4], to its output. */
export function runStage(
  stage: Stage,
  quads: number,
  x: Float64Array,
  { weight, bias }: LayerParameters,
  mask: Mask,
): Float64Array {
  return stage.kind === 'conv2d'
    ? maskedConv2d(stage.shape, quads, x, weight, bias, mask.words)
    : maskedDense(stage.shape, quads, x, weight, bias, mask.words);
}

/** Milliseconds. */
const LONGEST_BLOCK = 30;

class ReferenceRunner implements StageRunner {
  readonly images: number;
  readonly largestBatch = Infinity;
  readonly uploadedBytes = 0;
  readonly #stages: readonly Stage[];
  readonly #parameters: readonly LayerParameters[];
  readonly #labels: Uint8Array;
  /** Input of each stage, as far as the plan has it cached; images innermost, padded to quads. */
  readonly #cache: Float64Array[];
  #lastPause = 0;

  constructor(model: Model, images: ImageSet) {
    this.images = images.count;
    this.#stages = stagesOf(model.network);
    this.#parameters = model.parameters;
    this.#labels = images.labels;
    this.#cache = [new Float64Array(imagesInnermost(model, images))];
  }

  async run(plan: BatchPlan, batch: readonly Masks[], signal?: AbortSignal): Promise<readonly LossSum[]> {
    if (plan.extend) {
      const { from, to, masks } = plan.extend;
      for (let s = from; s < to; s++) {
        await this.#pause(signal);
        this.#cache[s + 1] = this.#runStage(s, this.#cache[s]!, masks);
      }
    }
    const sums: LossSum[] = [];
    for (const masks of batch) {
      let x = this.#cache[plan.start]!;
      for (let s = plan.start; s < this.#stages.length; s++) {
        await this.#pause(signal);
        x = this.#runStage(s, x, masks);
      }
      const classes = this.#stages.at(-1)!.outputs;
      sums.push(softmaxCrossEntropy({ classes }, this.images, x, this.#labels));
    }
    return sums;
  }

  /** Lets timers and signals in when they have waited long: stages block for up to a second. */
  async #pause(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#lastPause > LONGEST_BLOCK) {
      await new Promise((resolve) => setTimeout(resolve));
      this.#lastPause = performance.now();
    }
    checkAborted(signal);
  }

  #runStage(s: number, x: Float64Array, masks: Masks): Float64Array {
    return runStage(this.#stages[s]!, quadsOf(this.images), x, this.#parameters[s]!, masks[s]!);
  }

  async close(): Promise<void> {
    this.#cache.length = 0;
    return Promise.resolve();
  }
}
