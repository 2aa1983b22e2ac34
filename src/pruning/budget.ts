/**
 * A budget that a slow network can afford. Where the user gave neither evaluations nor images, a candidate is timed on the device, and
 * both are lowered in coarse steps until a run takes about a minute. The choice depends on a clock, so it is recorded: with
 * the options that it stands for, the run can be repeated bit for bit.
 */
import { fullMasks, type Masks } from '../core/mask.ts';
import { totalOf } from '../core/math.ts';
import { holdBack, takeImages, type ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import { fuse } from '../network/fuse.ts';
import type { FusedLayer } from '../network/fused-layer.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import { elementsOf } from '../network/shapes.ts';
import type { ResultBudget } from '../report/run/result.ts';
import type { RunValues } from './options/run.ts';
import type { SearchTask } from './search/run-search.ts';
import type { PopulationSpec, SearchSpec, TunedSpec } from './search/spec.ts';

/** Seconds that a search should take, and those from which on it is shortened. */
const WANTED_SECONDS = 60;
const TOO_LONG_SECONDS = 90;

/**
 * Operations of a whole search without optimizations that are never timed: a few more than those of LeNet-5 on the bundled digits,
 * whose budget so does not depend on a clock.
 */
const SMALL_SEARCH_OPERATIONS = 7e12;

/** Share of the time of a candidate that runs all layers over all images which one takes in a search; see docs/search.md. */
const SEARCH_SHARE = 1 / 4;

/** Images that the time is measured on: first the few, and the many if those take less than `SHORT_SECONDS`. */
const PROBE_IMAGES = [64, 1024] as const;
const SHORT_SECONDS = 0.1;

/** Number of images that the default number of evaluations goes with: the bundled digits have as many to search with. */
const USUAL_IMAGES = 2000;
const MIN_IMAGES = 200;
const MIN_EVALUATIONS = 200;

/** Images of the split, validation images included, and evaluations. */
export interface BudgetSize {
  readonly images: number;
  readonly evaluations: number;
}

export interface AffordableTask {
  readonly task: SearchTask;
  /** Undefined if the task is as it was. */
  readonly budget: ResultBudget | undefined;
}

/** The task, with fewer images and evaluations if `values` has neither and they would take much longer than a minute on the engine. */
export async function affordableTask(
  engine: Engine,
  model: Model,
  task: SearchTask,
  { evaluations, seconds, images }: Pick<RunValues, 'evaluations' | 'seconds' | 'images'>,
): Promise<AffordableTask> {
  const { spec } = task;
  const isGiven = [evaluations, seconds, images].some((value) => value !== undefined);
  if (spec.preset !== 'tuned' || isGiven) return { task, budget: undefined };
  const whole = { images: task.images.count, evaluations: spec.parameters.evaluations };
  const operations = totalOf(fuse(model.network).map(operationsOf));
  const { tuning } = holdBack(task.images);
  if (operations * tuning.count * whole.evaluations <= SMALL_SEARCH_OPERATIONS)
    return { task, budget: undefined };

  const perImage = await secondsPerImage(engine, model, tuning);
  const secondsOf = (size: BudgetSize) => perImage * searchedImages(size) * SEARCH_SHARE;
  const chosen = affordableSize(whole, secondsOf);
  if (chosen === whole) return { task, budget: undefined };
  return {
    task: {
      ...task,
      images: takeImages(task.images, chosen.images),
      spec: withEvaluations(spec, chosen.evaluations),
    },
    budget: {
      ...chosen,
      estimatedSeconds: secondsOf(chosen),
      instead: { ...whole, estimatedSeconds: secondsOf(whole) },
    },
  };
}

function withEvaluations(spec: TunedSpec | PopulationSpec, evaluations: number): SearchSpec {
  return spec.method === 'sa'
    ? { ...spec, parameters: { ...spec.parameters, evaluations } }
    : { ...spec, parameters: { ...spec.parameters, evaluations } };
}

/** Multiply-accumulates, and numbers that are read or written, pooled or activated, per image. */
function operationsOf(layer: FusedLayer): number {
  const pooled = layer.kind === 'pool2d' ? layer.outputs * elementsOf(layer.shape.kernel) : 0;
  return layer.macs + pooled + layer.inputs + layer.outputs;
}

/** Images that a search evaluates, but for optimizations. */
const searchedImages = ({ images, evaluations }: BudgetSize) => Math.floor((4 * images) / 5) * evaluations;

/** `whole` itself if it does not take too long, else the largest of its smaller sizes that takes no longer than wanted. */
export function affordableSize(whole: BudgetSize, secondsOf: (size: BudgetSize) => number): BudgetSize {
  if (secondsOf(whole) <= TOO_LONG_SECONDS) return whole;
  let size = whole;
  while (secondsOf(size) > WANTED_SECONDS) {
    const next = smaller(size);
    if (!next) break;
    size = next;
  }
  return size;
}

/**
 * The next smaller size: of images and evaluations the one that is more, compared with what is usual, becomes the next of 1, 2, 5, 10, ...
 * below it. Undefined if both are as low as they get.
 */
function smaller({ images, evaluations }: BudgetSize): BudgetSize | undefined {
  const mayLowerImages = images > MIN_IMAGES;
  const mayLowerEvaluations = evaluations > MIN_EVALUATIONS;
  const areImagesMore = images * 10_000 > evaluations * USUAL_IMAGES;
  if (mayLowerImages && (areImagesMore || !mayLowerEvaluations)) {
    return { images: Math.max(MIN_IMAGES, roundBelow(images)), evaluations };
  }
  return mayLowerEvaluations
    ? { images, evaluations: Math.max(MIN_EVALUATIONS, roundBelow(evaluations)) }
    : undefined;
}

/** The largest of 1, 2, 5, 10, 20, 50, ... below a number above 1. */
export function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const below = [5, 2, 1].map((factor) => factor * power).find((round) => round < value);
  return below ?? power / 2;
}

/** Seconds of a candidate that runs all layers, over one image, once the engine is warm. */
async function secondsPerImage(engine: Engine, model: Model, images: ImageSet): Promise<number> {
  let perImage = Infinity;
  for (const most of PROBE_IMAGES) {
    const probe = takeImages(images, Math.min(most, images.count));
    const seconds = await secondsOfCandidate(engine, model, probe);
    perImage = Math.min(perImage, seconds / probe.count);
    if (seconds > SHORT_SECONDS) break;
  }
  return perImage;
}

async function secondsOfCandidate(engine: Engine, model: Model, images: ImageSet): Promise<number> {
  const evaluator = await engine.evaluator(model, images, {
    tune: false,
    memory: 0,
    // Otherwise masks that were evaluated before are not computed again.
    optimizations: { reuse: false },
  });
  try {
    const masks = fullMasks(problemOf(model.network).layers);
    await evaluator.evaluate([{ masks }]);
    const times: number[] = [];
    // The first layer changes each time, and with it all of them.
    for (const changed of [withoutWeight(masks), masks]) {
      const started = performance.now();
      await evaluator.evaluate([{ masks: changed }]);
      times.push((performance.now() - started) / 1000);
    }
    return Math.min(...times);
  } finally {
    await evaluator.close();
  }
}

/** All masks but for the first weight of the first layer. */
function withoutWeight(masks: Masks): Masks {
  const { length, words } = masks[0]!;
  return masks.with(0, { length, words: words.map((word, w) => (w === 0 ? word & ~1 : word)) });
}
