/** Everything that `compare` runs: searches one after the other, then all masks on all images. */
import { isHeldOut, type SplitName } from '../pruning/images.ts';
import {
  baselineOrder,
  BASELINES,
  masksAt,
  zerosAt,
  type Baseline,
  type PruningOrder,
} from '../baselines/index.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import {
  spreadOf,
  type BaselinePoint,
  type ComparedRun,
  type Comparison,
} from '../report/comparison/article.ts';
import { tradeOffScore } from '../report/run/result.ts';
import type { Score } from '../search/contract.ts';
import { METHOD_ABBREVIATIONS, METHOD_NAMES } from '../report/text/words.ts';
import type { EvaluatorWork } from '../search/contract.ts';
import { MasksearchError } from '../core/error.ts';
import { countKept, countPruned, fullMasks, sparsityOf, type Masks } from '../core/mask.ts';
import { maxLossAt } from '../search/article/objective.ts';
import { randomStream } from '../core/random.ts';
import { totalWork } from '../search/validation.ts';
import { duration, percent } from '../cli/terminal/format.ts';
import type { SearchRun } from '../pruning/search/run-search.ts';
import { reportedParameters } from '../pruning/files/reported-parameters.ts';
import { ALL_RUN_OPTIMIZATIONS } from '../pruning/search/optimizations.ts';
import { plainImages } from '../pruning/search/plain-images.ts';
import type { PaperSpec } from '../pruning/search/spec.ts';
import { runShownSearch } from '../cli/terminal/shown-search.ts';
import type { StatusLine } from '../cli/terminal/status-line.ts';
import { VERSION } from '../core/version.ts';

/** Global sparsities at which the baselines are evaluated. */
export const CURVE_TARGETS = Array.from({ length: 18 }, (_, i) => (10 + 5 * i) / 100);

/** Candidates between two looks at the progress line. */
const BATCH = 8;

export interface CompareTask {
  readonly engine: Engine;
  readonly model: Model;
  readonly split: SplitName;
  readonly images: ImageSet;
  readonly test: ImageSet;
  readonly specs: readonly PaperSpec[];
  readonly seeds: readonly string[];
}

export interface CompareOptions {
  readonly modelName: string;
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

/** Number of masks that are evaluated when the searches have ended: the unpruned network, what was found, baselines. */
export function masksToEvaluate({ specs, seeds }: Pick<CompareTask, 'specs' | 'seeds'>): number {
  const orders = BASELINES.length - 1 + seeds.length;
  return 1 + specs.length * (1 + BASELINES.length) + CURVE_TARGETS.length * orders;
}

/** Rejects with 'aborted' once `signal` is. */
export async function compareAll(task: CompareTask, options: CompareOptions): Promise<Comparison> {
  const { engine, model, split, images, specs, seeds } = task;
  const started = performance.now();
  const heldOut = isHeldOut(split);
  const { layers, depth } = problemOf(model.network);
  const found: SearchRun[] = [];
  for (const spec of specs) {
    const label = `${METHOD_ABBREVIATIONS[spec.method]}, seed ${spec.parameters.seed}, search ${found.length + 1} of ${specs.length}`;
    found.push(await searchOnce(task, spec, options, label));
  }

  const points = await baselinePoints(task, found, options);
  const all = [fullMasks(layers), ...found.map(({ result }) => result.best.masks)];
  const masks = [...all, ...points.flatMap((point) => point.masks)];
  const search = await evaluateAll(engine, model, images, masks, 'search', options);
  const test = heldOut ? await evaluateAll(engine, model, task.test, masks, 'test', options) : undefined;
  const scoreOf = (index: number) => ({
    search: search.scores[index]!,
    ...(test && { test: test.scores[index]! }),
  });
  const unpruned = scoreOf(0);
  let next = all.length;
  const evaluated = points.map(({ masks: ofPoint, ...point }): BaselinePoint & Matched => {
    const scores = ofPoint.map(() => scoreOf(next++));
    const sparsities = ofPoint.map((one) => sparsityOf(one));
    return {
      ...point,
      sparsity: {
        meanLayer: spreadOf(sparsities.map(({ meanLayer }) => meanLayer)).mean,
        global: spreadOf(sparsities.map(({ global }) => global)).mean,
      },
      search: meanScore(scores.map((score) => score.search)),
      ...(test && { test: meanScore(scores.map((score) => score.test!)) }),
    };
  });
  const { kind, vendor, architecture, description } = engine.device;
  return {
    preset: 'paper',
    seeds,
    device: { kind, vendor, architecture, description },
    images: images.count,
    split,
    testImages: heldOut ? task.test.count : 0,
    heldOut,
    layers: layers.map(({ name, position, shape }, i) => ({
      name,
      position,
      shape,
      weights: all[0]![i]!.length,
    })),
    caps: layers.map(({ position }) => maxLossAt(specs[0]!.parameters.lossToWarmup, position, depth)),
    unpruned,
    runs: found.map((run, i) => comparedRun(run, layers, unpruned, scoreOf(i + 1))),
    curves: evaluated.filter(({ method }) => method === undefined),
    matched: evaluated.flatMap((point) =>
      point.method === undefined || point.seed === undefined
        ? []
        : [{ ...point, method: point.method, seed: point.seed }],
    ),
    baselineWork: totalWork(test ? [search.work, test.work] : [search.work]),
    seconds: (performance.now() - started) / 1000,
    version: VERSION,
  };
}

async function searchOnce(
  { engine, model, split, images }: CompareTask,
  spec: PaperSpec,
  { modelName, status, signal }: CompareOptions,
  label: string,
): Promise<SearchRun> {
  const task = { split, images, spec, optimizations: ALL_RUN_OPTIMIZATIONS };
  const found = await runShownSearch(engine, model, task, { modelName, status, signal, label });
  if (!found.result.completed) throw aborted(signal);
  const { accuracy, sparsity } = found.result.best;
  status.print(
    `${METHOD_NAMES[spec.method]}, seed ${spec.parameters.seed}: ${duration(found.seconds)}, ` +
      `accuracy ${percent(accuracy)}, sparsity ${percent(sparsity.meanLayer)} mean over layers`,
  );
  return found;
}

/** Which run a point is matched to; neither for a point of a curve. */
interface Matched {
  readonly method?: PaperSpec['method'];
  readonly seed?: string;
}

interface PointToEvaluate extends Matched {
  readonly baseline: Baseline;
  readonly target: number;
  /** One, or of a curve of `random` one for each seed. */
  readonly masks: readonly Masks[];
}

async function baselinePoints(
  { model, images, seeds }: CompareTask,
  found: readonly SearchRun[],
  { status, signal }: CompareOptions,
): Promise<readonly PointToEvaluate[]> {
  const points: PointToEvaluate[] = [];
  for (const baseline of BASELINES) {
    status.update(() => `ranking the weights: ${baseline}`);
    // Only `random` depends on a seed: the others have one order for all.
    const orders = new Map<string, PruningOrder>();
    for (const seed of baseline === 'random' ? seeds : seeds.slice(0, 1)) {
      const random = randomStream(seed, 'baseline', baseline);
      orders.set(seed, await baselineOrder(baseline, model, { images, random, signal }));
    }
    const orderOf = (seed: string) => orders.get(seed) ?? orders.get(seeds[0]!)!;
    for (const target of CURVE_TARGETS) {
      const masks = [...orders.values()].map((order) => masksAt(order, zerosAt(order, target)));
      points.push({ baseline, target, masks });
    }
    for (const { spec, result } of found) {
      const { seed } = spec.parameters;
      points.push({
        baseline,
        target: result.best.sparsity.global,
        masks: [masksAt(orderOf(seed), countPruned(result.best.masks))],
        method: spec.method,
        seed,
      });
    }
  }
  return points;
}

/** Loss and accuracy of each of `masks`, without a limit. Rejects with 'aborted' once `signal` is. */
export async function evaluateAll(
  engine: Engine,
  model: Model,
  images: ImageSet,
  masks: readonly Masks[],
  split: string,
  { status, signal }: Pick<CompareOptions, 'status' | 'signal'>,
): Promise<{ readonly scores: readonly Score[]; readonly work: EvaluatorWork }> {
  const evaluator = await engine.evaluator(model, images);
  const scores: Score[] = [];
  try {
    for (let first = 0; first < masks.length; first += BATCH) {
      status.update(() => `evaluating masks on the ${split} images: ${first} of ${masks.length}`);
      const batch = masks.slice(first, first + BATCH).map((one) => ({ masks: one }));
      for (const evaluation of await evaluator.evaluate(batch, { signal })) {
        if (evaluation.exceeded) throw new Error('a candidate without a limit was given up');
        scores.push({ loss: evaluation.loss, accuracy: evaluation.accuracy });
      }
    }
    return { scores, work: evaluator.work };
  } finally {
    await evaluator.close();
  }
}

function comparedRun(
  { spec, images, result, work, macsPerImage, seconds }: SearchRun,
  layers: readonly { readonly name: string }[],
  unpruned: { readonly search: Score; readonly test?: Score },
  { test }: { readonly test?: Score },
): ComparedRun {
  const { masks, cost, loss, accuracy, sparsity } = result.best;
  const [full, pruned] = test && unpruned.test ? [unpruned.test, test] : [unpruned.search, result.best];
  return {
    method: spec.method,
    seed: spec.parameters.seed,
    parameters: reportedParameters(spec, layers),
    final: { cost, loss, accuracy, sparsity },
    ...(test && { test }),
    tradeOff: tradeOffScore(sparsity.meanLayer, pruned.accuracy, full.accuracy),
    kept: masks.map(countKept),
    history: result.history,
    work: {
      ...work,
      plainMacs: macsPerImage * plainImages(spec, result.progress, { tuning: images.count, validation: 0 }),
    },
    seconds,
    digest: result.digest,
  };
}

export function meanScore(scores: readonly Score[]): Score {
  return {
    loss: spreadOf(scores.map(({ loss }) => loss)).mean,
    accuracy: spreadOf(scores.map(({ accuracy }) => accuracy)).mean,
  };
}

export function aborted(signal: AbortSignal): MasksearchError {
  return new MasksearchError('aborted', 'the comparison was interrupted', 'run it again', {
    cause: signal.reason,
  });
}
