/** What a comparison runs on. */
import { BASELINES, CRITERIA, DEFAULT_PER_ROUND, RANDOM_SEARCHES, roundEnds } from '../baselines/index.ts';
import { weightsOf } from '../core/mask.ts';
import { totalOf } from '../core/math.ts';
import { holdBack, takeImages, type ImageSet } from '../data/dataset.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import { DEFAULT_CALIBRATION } from '../pruning/calibration.ts';
import type { SplitName } from '../pruning/images.ts';
import type { RepairTask } from '../pruning/repaired/task.ts';
import { checkSpec } from '../pruning/search/make-search.ts';
import type { PaperSpec, TunedSpec } from '../pruning/search/spec.ts';
import { checkHasAccuracy } from './accuracy.ts';

/** Global sparsities at which the baselines are evaluated. */
export const CURVE_TARGETS = Array.from({ length: 18 }, (_, i) => (10 + 5 * i) / 100);

/** Global sparsities at which baselines that are repaired once are evaluated. */
export const REPAIRED_TARGETS = [0.6, 0.8, 0.9, 0.95, 0.97] as const;

/** Global sparsity up to which baselines that are repaired in rounds are evaluated. */
export const MAX_ROUNDS_SPARSITY = 0.975;

/** Most states of a front that are tested: enough for a thin line in a chart. */
export const MAX_FRONT_POINTS = 12;

/** One network with its images. */
export interface SubjectSplit<Test extends ImageSet | undefined = ImageSet | undefined> {
  /** Seed that the bundled digits are split by, or another name; splits differ by it. */
  readonly splitSeed: string;
  readonly model: Model;
  /** For messages and reports: a path, or which of the package's models. */
  readonly modelName: string;
  /** Sentences on what was assumed about the data, for compare.json. */
  readonly dataNotes?: readonly string[];
  /** To search with; a tuned search holds some of them back as validation images. */
  readonly images: ImageSet;
  /** Undefined if `images` are among the test images. */
  readonly test: Test;
}

/** With the images that baselines are repaired on. */
export interface TunedSubject extends SubjectSplit<ImageSet> {
  /** Never test images. Default: the tuning images, the first `DEFAULT_CALIBRATION` of them. */
  readonly calibration?: ImageSet | undefined;
  /** How the searches repair; undefined: their weights stay as they are. */
  readonly repair?: RepairTask | undefined;
}

/** The article's searches and the baselines on one network. */
export interface PaperTask {
  readonly preset: 'paper';
  /** Name of the split that `images` are from. */
  readonly split: SplitName;
  readonly splits: readonly [SubjectSplit];
  /** By method, then by seed; at least one. */
  readonly specs: readonly PaperSpec[];
}

/** Tuned searches and the baselines on one or more splits. */
export interface TunedTask {
  readonly preset: 'tuned';
  readonly split: SplitName;
  /** At least one. */
  readonly splits: readonly TunedSubject[];
  /** One for each seed; at least one. */
  readonly specs: readonly TunedSpec[];
  /** Which baselines there are: all, or only those with frozen weights, which take much less time. Default: all. */
  readonly baselines?: 'all' | 'frozen' | undefined;
  /** Whether random searches get as many evaluations as each search. Default: false. */
  readonly randomSearch?: boolean | undefined;
}

export type ComparisonTask = PaperTask | TunedTask;

/** Throws 'bad-input' for search parameters out of range and for too few images, without running anything. */
export function checkTask({ preset, splits, specs }: ComparisonTask): void {
  for (const { model, images } of splits) {
    checkHasAccuracy(model);
    if (preset === 'tuned') holdBack(images);
    for (const spec of specs) checkSpec(problemOf(model.network), spec);
  }
}

/** The seeds of the searches, each once. */
export function seedsOf({ specs }: Pick<ComparisonTask, 'specs'>): readonly string[] {
  return [...new Set(specs.map(({ parameters }) => parameters.seed))];
}

/** The images that the baselines of a split are repaired on. */
export function calibrationOf({ calibration, images }: TunedSubject): ImageSet {
  if (calibration) return calibration;
  const { tuning } = holdBack(images);
  return takeImages(tuning, Math.min(tuning.count, DEFAULT_CALIBRATION));
}

/** Most masks that are evaluated after the searches: unpruned networks, results, fronts and baselines of all splits. */
export function masksToEvaluate(task: ComparisonTask): number {
  const { splits, specs } = task;
  // `random` has an order for each seed.
  const orders = (baselines: number) => CURVE_TARGETS.length * (baselines - 1 + seedsOf(task).length);
  if (task.preset === 'paper')
    return splits.length * (1 + specs.length * (1 + BASELINES.length) + orders(BASELINES.length));
  const frozen = BASELINES.length + 1;
  const drawn = task.randomSearch ? RANDOM_SEARCHES.length : 0;
  const repaired =
    task.baselines === 'frozen' ? [] : splits.map(({ model }) => repairedToEvaluate(model, specs.length));
  const ofRuns = specs.length * (1 + MAX_FRONT_POINTS + frozen + drawn);
  return splits.length * (1 + ofRuns + orders(frozen)) + totalOf(repaired);
}

function repairedToEvaluate({ network }: Model, runs: number): number {
  const weights = totalOf(problemOf(network).layers.map(({ shape }) => weightsOf(shape)));
  const most = Math.round(MAX_ROUNDS_SPARSITY * weights);
  const ends = CRITERIA.map((criterion) => roundEnds(weights, DEFAULT_PER_ROUND[criterion], most).length);
  const once = (1 + CRITERIA.length) * (runs + REPAIRED_TARGETS.length);
  return once + CRITERIA.length * runs + totalOf(ends);
}
