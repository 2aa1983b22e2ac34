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
import { DEFAULTS } from './options/defaults.ts';
import { lastImages, type RepairTask } from './repaired/task.ts';
import type { SearchTask } from './search/contract.ts';
import { withEvaluations } from './search/spec.ts';

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

/** Seconds that repairing should take of a run whose time is limited. */
const REPAIR_SECONDS = 60;
/** How often a search that repairs goes through the images for each layer with weights: in rounds, and while it exchanges. */
const REPAIRS = 16;
/** Fewer say too little. */
const MIN_CALIBRATION = 200;

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

/** What was given of the options that a budget depends on. */
export interface BudgetValues extends Pick<RunValues, 'repair' | 'calibration' | 'targets'> {
  readonly evaluations?: number | undefined;
  readonly seconds?: number | undefined;
  readonly images?: number | undefined;
}

export interface AffordableTask {
  readonly task: SearchTask;
  /** Undefined if the task is as it was. */
  readonly budget: ResultBudget | undefined;
}

/**
 * The task, with fewer images and evaluations if `values` has neither and they would take much longer than a minute on the engine; likewise with fewer
 * calibration images, or without repair.
 */
export async function affordableTask(
  engine: Engine,
  model: Model,
  asked: SearchTask,
  values: BudgetValues,
): Promise<AffordableTask> {
  const { evaluations, seconds, images } = values;
  const isGiven = [evaluations, seconds, images].some((value) => value !== undefined);
  if (asked.spec.preset !== 'tuned' || isGiven) return { task: asked, budget: undefined };
  const operations = totalOf(fuse(model.network).map(operationsOf));
  const { tuning } = holdBack(asked.images);
  if (operations * tuning.count * asked.spec.parameters.evaluations <= SMALL_SEARCH_OPERATIONS)
    return { task: asked, budget: undefined };

  const perImage = await secondsPerImage(engine, model, tuning);
  const calibration = asked.repair && affordableCalibration(asked, model, values, perImage);
  const task = calibration === 0 ? withoutRepair(asked, values) : asked;
  if (task.spec.preset !== 'tuned') throw new Error('a tuned search became another one');
  const whole = { images: task.images.count, evaluations: task.spec.parameters.evaluations };
  const secondsOf = (size: BudgetSize) => perImage * searchedImages(size) * SEARCH_SHARE;
  const chosen = affordableSize(whole, secondsOf);
  if (chosen === whole && calibration === undefined) return { task, budget: undefined };
  const spec = withEvaluations(task.spec, chosen.evaluations);
  const used = takeImages(task.images, chosen.images);
  const repair = task.repair && withFewer(task.repair, used, calibration);
  return {
    task: { ...task, spec, images: used, repair },
    budget: {
      ...chosen,
      ...(calibration === 0 && { repair: 'none' as const }),
      ...(calibration !== undefined && repair && { calibration: repair.calibration!.count }),
      estimatedSeconds: secondsOf(chosen),
      instead: { ...whole, estimatedSeconds: secondsOf(whole) },
    },
  };
}

/** Number of calibration images that are affordable; undefined for as many as there are, 0 if even a few take too long. */
function affordableCalibration(
  { repair, images }: SearchTask,
  { network }: Model,
  values: BudgetValues,
  perImage: number,
): number | undefined {
  if (values.calibration !== undefined) return undefined;
  const passes = REPAIRS * problemOf(network).layers.length;
  const affordable = roundBelow(REPAIR_SECONDS / (passes * perImage));
  const all = (repair!.calibration ?? holdBack(images).tuning).count;
  if (affordable >= all) return undefined;
  if (affordable >= MIN_CALIBRATION) return affordable;
  return values.repair === undefined ? 0 : Math.min(MIN_CALIBRATION, all);
}

/** The task that `--repair none` gives. */
function withoutRepair(task: SearchTask, values: BudgetValues): SearchTask {
  const spec = withEvaluations(task.spec, DEFAULTS.tuned.evaluations);
  return { ...task, repair: undefined, targets: values.targets ?? DEFAULTS.targets, spec };
}

function withFewer(repair: RepairTask, images: ImageSet, wanted: number | undefined): RepairTask {
  const { judge } = repair;
  const all = repair.calibration ?? holdBack(images).tuning;
  return {
    ...repair,
    calibration: wanted === undefined ? repair.calibration : takeImages(all, Math.min(wanted, all.count)),
    judge: judge && lastImages(judge, Math.min(images.count, judge.count)),
  };
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
