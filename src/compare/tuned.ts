/** Everything that `compare --preset tuned` runs: on each split all searches, then all masks on the test images. */
import type { SplitName } from '../pruning/images.ts';
import { baselineOrder, BASELINES, masksAt, zerosAt, type PruningOrder } from '../baselines/index.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import { problemOf } from '../network/problem.ts';
import { spreadOf, type BaselineName } from '../report/comparison/article.ts';
import type { TunedComparison, TunedPoint, TunedRun, TunedSplit } from '../report/comparison/tuned.ts';
import type { Score } from '../search/contract.ts';
import type { EvaluatorWork } from '../search/contract.ts';
import { countKept, countPruned, fullMasks, sparsityOf, type Masks } from '../core/mask.ts';
import { randomStream } from '../core/random.ts';
import { totalWork } from '../search/validation.ts';
import { aborted, CURVE_TARGETS, evaluateAll, meanScore } from './article.ts';
import { evenly } from '../pruning/evaluation/evenly.ts';
import { duration, percent } from '../cli/terminal/format.ts';
import type { ChosenSplit } from '../cli/commands/compare-splits.ts';
import type { SearchRun, RunValidation } from '../pruning/search/run-search.ts';
import { reportedParameters } from '../pruning/files/reported-parameters.ts';
import { ALL_RUN_OPTIMIZATIONS } from '../pruning/search/optimizations.ts';
import type { SearchSpec } from '../pruning/search/spec.ts';
import { runShownSearch } from '../cli/terminal/shown-search.ts';
import type { StatusLine } from '../cli/terminal/status-line.ts';
import { VERSION } from '../core/version.ts';

/** States of a front that are tested: enough for a thin line for each run. */
const MAX_FRONT_POINTS = 12;

export interface TunedComparisonTask {
  readonly engine: Engine;
  readonly split: SplitName;
  /** With the images to search with; at least one. */
  readonly splits: readonly ChosenSplit[];
  /** One for each seed, by which they are told apart; at least one. */
  readonly specs: readonly SearchSpec[];
}

interface TunedComparisonOptions {
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

/** Number of masks that are tested at most, over all splits: unpruned networks, what was found, fronts, baselines. */
export function masksToTest({ splits, specs }: Pick<TunedComparisonTask, 'splits' | 'specs'>): number {
  const orders = BASELINES.length - 1 + specs.length;
  const ofSplit = 1 + specs.length * (1 + MAX_FRONT_POINTS + BASELINES.length);
  return splits.length * (ofSplit + CURVE_TARGETS.length * orders);
}

/** Rejects with 'aborted' once `signal` is. */
export async function compareTuned(
  task: TunedComparisonTask,
  options: TunedComparisonOptions,
): Promise<TunedComparison> {
  const { engine, split, splits, specs } = task;
  const started = performance.now();
  const evaluated: EvaluatedSplit[] = [];
  for (const chosen of splits) {
    const found: HeldRun[] = [];
    for (const spec of specs) {
      const number = evaluated.length * specs.length + found.length + 1;
      const label = `split ${chosen.splitSeed}, seed ${spec.parameters.seed}, search ${number} of ${splits.length * specs.length}`;
      found.push(await searchOnce(task, chosen, spec, options, label));
    }
    evaluated.push(await evaluateSplit(engine, chosen, found, options));
  }
  const { network } = splits[0]!.model;
  const layers = problemOf(network).layers;
  const weights = fullMasks(layers).map((mask) => mask.length);
  const { kind, vendor, architecture, description } = engine.device;
  return {
    preset: 'tuned',
    parameters: reportedParameters(specs[0]!, layers),
    device: { kind, vendor, architecture, description },
    split,
    layers: layers.map(({ name, position, shape }, i) => ({ name, position, shape, weights: weights[i]! })),
    seeds: specs.map(({ parameters }) => parameters.seed),
    splits: evaluated.map((one) => one.split),
    runs: evaluated.flatMap(({ runs }) => runs),
    baselineWork: totalWork(evaluated.map(({ work }) => work)),
    seconds: (performance.now() - started) / 1000,
    version: VERSION,
  };
}

/** A search that chose by images that it had not tuned on. */
interface HeldRun extends SearchRun {
  readonly validation: RunValidation;
}

async function searchOnce(
  { engine, split }: TunedComparisonTask,
  { model, modelName, images }: ChosenSplit,
  spec: SearchSpec,
  { status, signal }: TunedComparisonOptions,
  label: string,
): Promise<HeldRun> {
  const task = { split, images, spec, optimizations: ALL_RUN_OPTIMIZATIONS };
  const found = await runShownSearch(engine, model, task, { modelName, status, signal, label });
  if (!found.result.completed) throw aborted(signal);
  const { validation } = found;
  if (!validation) throw new Error('a tuned search chose by no images');
  const { global } = found.result.best.sparsity;
  status.print(
    `${label}: ${duration(found.seconds)}, sparsity ${percent(global)}, ` +
      `accuracy ${percent(validation.best.accuracy)} on the validation images, unpruned ${percent(validation.unpruned.accuracy)}`,
  );
  return { ...found, validation };
}

interface EvaluatedSplit {
  readonly split: TunedSplit;
  readonly runs: readonly TunedRun[];
  readonly work: EvaluatorWork;
}

/** Tests all masks of a split in one go, so that its images are uploaded once. */
async function evaluateSplit(
  engine: Engine,
  { splitSeed, model, modelName, images, test }: ChosenSplit,
  found: readonly HeldRun[],
  options: TunedComparisonOptions,
): Promise<EvaluatedSplit> {
  const orders = await baselineOrders(model, images, found.map(seedOf), options);
  const fronts = found.map(({ validation }) => evenly(validation.front, MAX_FRONT_POINTS));
  const matched = found.map((run) =>
    BASELINES.map((baseline) =>
      masksAt(orders.of(baseline, seedOf(run)), countPruned(run.result.best.masks)),
    ),
  );
  const curves = BASELINES.flatMap((baseline) =>
    CURVE_TARGETS.map((target) => ({
      baseline,
      target,
      masks: orders.all(baseline).map((order) => masksAt(order, zerosAt(order, target))),
    })),
  );
  const masks: readonly Masks[] = [
    fullMasks(problemOf(model.network).layers),
    ...found.map(({ result }) => result.best.masks),
    ...fronts.flatMap((front) => front.map((state) => state.masks)),
    ...matched.flat(),
    ...curves.flatMap((point) => point.masks),
  ];
  const { scores, work } = await evaluateAll(engine, model, test, masks, 'test', options);
  // In the order in which `masks` was put together.
  let next = 0;
  const take = (count: number): readonly Score[] => scores.slice(next, (next += count));
  const [unpruned] = take(1);
  const tests = take(found.length);
  const frontTests = fronts.map((front) => take(front.length));
  const matchedTests = matched.map((ofRun) => take(ofRun.length));
  const { tuning, images: chosenBy } = found[0]!.validation;
  return {
    split: {
      splitSeed,
      model: modelName,
      images: { tuning: tuning.count, validation: chosenBy.count, test: test.count },
      unpruned: unpruned!,
      curves: curves.map(({ baseline, target, masks }): TunedPoint => ({
        baseline,
        target,
        sparsity: spreadOf(masks.map((one) => sparsityOf(one).global)).mean,
        test: meanScore(take(masks.length)),
      })),
    },
    runs: found.map((run, i): TunedRun => {
      const { best, digest } = run.result;
      const { loss, accuracy, sparsity } = best;
      return {
        splitSeed,
        seed: seedOf(run),
        final: { loss, accuracy, sparsity },
        zeros: countPruned(best.masks),
        kept: best.masks.map(countKept),
        validation: { unpruned: run.validation.unpruned, pruned: run.validation.best },
        test: tests[i]!,
        matched: BASELINES.map((baseline, j) => ({ baseline, test: matchedTests[i]![j]! })),
        front: fronts[i]!.map((state, j) => ({ sparsity: state.sparsity.global, test: frontTests[i]![j]! })),
        validationPoints: run.validation.validationPoints,
        work: run.work,
        seconds: run.seconds,
        digest,
      };
    }),
    work,
  };
}

const seedOf = ({ spec }: SearchRun): string => spec.parameters.seed;

interface Orders {
  /** For a run with this seed. */
  of(baseline: BaselineName, seed: string): PruningOrder;
  /** One, or of `random` one for each seed. */
  all(baseline: BaselineName): readonly PruningOrder[];
}

/** Only `random` depends on a seed: the others have one order for all. */
async function baselineOrders(
  model: ChosenSplit['model'],
  images: ImageSet,
  seeds: readonly string[],
  { status, signal }: TunedComparisonOptions,
): Promise<Orders> {
  const orders = new Map<BaselineName, readonly PruningOrder[]>();
  for (const baseline of BASELINES) {
    status.update(() => `ranking the weights: ${baseline}`);
    const ofBaseline: PruningOrder[] = [];
    for (const seed of baseline === 'random' ? seeds : seeds.slice(0, 1)) {
      const random = randomStream(seed, 'baseline', baseline);
      ofBaseline.push(await baselineOrder(baseline, model, { images, random, signal }));
    }
    orders.set(baseline, ofBaseline);
  }
  const all = (baseline: BaselineName) => orders.get(baseline)!;
  return {
    all,
    of: (baseline, seed) => all(baseline)[seeds.indexOf(seed)] ?? all(baseline)[0]!,
  };
}
