/** Tuned searches and the baselines on one or more splits. */
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import { evenly } from '../pruning/evaluation/evenly.ts';
import { resultData } from '../pruning/files/prune-result.ts';
import { imageCounts } from '../pruning/search/plain-images.ts';
import type { RunValidation, SearchRun } from '../pruning/search/contract.ts';
import type {
  ComparedScore,
  TunedComparison,
  TunedPoint,
  TunedRun,
  TunedSplit,
} from '../report/comparison/comparison.ts';
import { TUNED_BASELINE_NAMES } from '../report/text/words.ts';
import type { EvaluatorWork } from '../search/contract.ts';
import { totalWork } from '../search/validation.ts';
import { accurate } from './accuracy.ts';
import { baselineOrders } from './baseline-orders.ts';
import { orderPoints } from './baseline-points.ts';
import { comparedRun, comparisonBase } from './compared.ts';
import { evaluateGroups, type CandidateGroup } from './evaluate-groups.ts';
import { evaluateSplit } from './evaluate-split.ts';
import type { CompareOptions } from './progress.ts';
import { randomPoints } from './random-points.ts';
import { repairedPoints } from './repaired-points.ts';
import { searchSplit } from './search-split.ts';
import {
  calibrationOf,
  MAX_FRONT_POINTS,
  seedsOf,
  type SubjectSplit,
  type TunedSubject,
  type TunedTask,
} from './task.ts';

/** Baselines whose masks come from an order that is not made of second moments. */
const ORDERED = ['random', 'magnitude-uniform'] as const;

export async function compareTuned(
  engine: Engine,
  task: TunedTask,
  options: CompareOptions,
): Promise<TunedComparison> {
  const started = performance.now();
  const compared: ComparedOnSplit[] = [];
  for (const split of task.splits) compared.push(await compareOnSplit(engine, task, split, options));
  const works = compared.map(({ work }) => work);
  return {
    preset: 'tuned',
    ...comparisonBase(engine, task, works, started),
    splits: compared.map(({ split }) => split),
    runs: compared.flatMap(({ runs }) => runs),
  };
}

interface ComparedOnSplit {
  readonly split: TunedSplit;
  readonly runs: readonly TunedRun[];
  readonly work: EvaluatorWork;
}

async function compareOnSplit(
  engine: Engine,
  task: TunedTask,
  split: TunedSubject,
  options: CompareOptions,
): Promise<ComparedOnSplit> {
  const found = (await searchSplit(engine, task, split, options)).map(withValidation);
  const orders = await baselineOrders(split, seedsOf(task), options, ORDERED);
  const calibration = calibrationOf(split);
  const ordered = orderPoints(found, orders, ORDERED);
  const repaired = await repairedPoints(engine, split, calibration, found, orders, {
    ...options,
    onlyFrozen: task.baselines === 'frozen',
  });
  const drawn = task.randomSearch ? await randomPoints(engine, split, found, options) : [];
  const fronts = found.map(({ validation }) => evenly(validation.front, MAX_FRONT_POINTS));
  const { unpruned, runs, curves, work } = await evaluateSplit(
    split,
    found.map((run, i) => ({ run, front: fronts[i]! })),
    {
      matched: found.map((_, i) => [
        ...ordered.matched[i]!,
        ...repaired.frozen.matched[i]!,
        ...(drawn[i] ?? []),
      ]),
      curves: [...ordered.curves, ...repaired.frozen.curves],
    },
    (groups) => evaluateOnTest(engine, split, groups, options),
  );
  const { result, validation } = found[0]!;
  const { loss, accuracy } = accurate(result.unpruned);
  return {
    split: {
      splitSeed: split.splitSeed,
      model: split.modelName,
      data: resultData(split.images, split.test, split.dataNotes),
      images: { ...imageCounts(found[0]!), test: split.test.count, calibration: calibration.count },
      unpruned: {
        tuning: { loss, accuracy },
        validation: accurate(validation.unpruned),
        ...unpruned,
      },
      curves: inOrder([...curves, ...repaired.curves]),
    },
    runs: found.map((run, i): TunedRun => {
      const { best, front, matched } = runs[i]!;
      return {
        ...comparedRun<TunedPoint>(split, run, {
          ...best,
          unpruned: unpruned.test,
          matched: inOrder([...matched, ...repaired.matched[i]!]),
        }),
        validation: accurate(run.validation.best),
        test: best.test,
        front: fronts[i]!.map(({ sparsity: { meanLayer, global } }, j) => ({
          sparsity: { meanLayer, global },
          ...front[j]!,
        })),
        validationPoints: run.validation.validationPoints.map((point) => ({
          ...point,
          tuning: accurate(point.tuning),
          validation: accurate(point.validation),
        })),
      };
    }),
    work: totalWork([work, repaired.work]),
  };
}

/** In the order in which reports show them. */
function inOrder(points: readonly TunedPoint[]): readonly TunedPoint[] {
  return TUNED_BASELINE_NAMES.flatMap((name) => points.filter(({ baseline }) => baseline === name));
}

function withValidation(run: SearchRun): SearchRun & { readonly validation: RunValidation } {
  const { validation } = run;
  if (!validation) throw new Error('a tuned search had no validation images');
  return { ...run, validation };
}

async function evaluateOnTest(
  engine: Engine,
  { model, test }: SubjectSplit<ImageSet>,
  groups: readonly CandidateGroup[],
  options: CompareOptions,
) {
  const { scores, work } = await evaluateGroups(
    engine,
    { model, name: 'test', images: test },
    groups,
    options,
  );
  return { scores: scores.map((test: ComparedScore) => ({ test })), work };
}
