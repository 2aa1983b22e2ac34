/** The article's searches and the baselines on one network. */
import type { Engine } from '../engine/backend.ts';
import { problemOf } from '../network/problem.ts';
import { resultData } from '../pruning/files/prune-result.ts';
import type { ComparedScore, PaperComparison, PaperPoint } from '../report/comparison/comparison.ts';
import { decisive } from '../report/comparison/figures.ts';
import { maxLossAt } from '../search/article/objective.ts';
import { totalWork } from '../search/validation.ts';
import { accurate } from './accuracy.ts';
import { baselineOrders } from './baseline-orders.ts';
import { orderPoints } from './baseline-points.ts';
import { comparedRun, comparisonBase } from './compared.ts';
import { evaluateGroups, type CandidateGroup } from './evaluate-groups.ts';
import { evaluateSplit } from './evaluate-split.ts';
import type { CompareOptions } from './progress.ts';
import { searchSplit } from './search-split.ts';
import { seedsOf, type PaperTask, type SubjectSplit } from './task.ts';

export async function comparePaper(
  engine: Engine,
  task: PaperTask,
  options: CompareOptions,
): Promise<PaperComparison> {
  const started = performance.now();
  const [split] = task.splits;
  const { splitSeed, model, modelName, dataNotes, images, test } = split;
  const runs = await searchSplit(engine, task, split, options);
  const orders = await baselineOrders(split, seedsOf(task), options);
  const evaluated = await evaluateSplit(
    split,
    runs.map((run) => ({ run, front: [] })),
    orderPoints(runs, orders),
    (groups) => evaluateOnBoth(engine, split, groups, options),
  );
  const { unpruned, curves, work } = evaluated;
  const { layers, depth } = problemOf(model.network);
  const { lossToWarmup } = task.specs[0]!.parameters;
  return {
    preset: 'paper',
    ...comparisonBase(engine, task, [work], started),
    caps: layers.map(({ position }) => maxLossAt(lossToWarmup, position, depth)),
    splits: [
      {
        splitSeed,
        model: modelName,
        data: resultData(images, test, dataNotes),
        images: { tuning: images.count, validation: 0, test: test?.count ?? 0 },
        unpruned,
        curves,
      },
    ],
    runs: runs.map((run, i) => {
      const { best, matched } = evaluated.runs[i]!;
      return {
        ...comparedRun<PaperPoint>(split, run, {
          test: best.test,
          unpruned: decisive(unpruned),
          matched,
        }),
        history: run.result.history.map(accurate),
      };
    }),
  };
}

interface PaperScores {
  readonly tuning: ComparedScore;
  readonly test?: ComparedScore;
}

/** On the tuning images and, if they are held out, on the test images. */
async function evaluateOnBoth(
  engine: Engine,
  { model, images, test }: SubjectSplit,
  groups: readonly CandidateGroup[],
  options: CompareOptions,
) {
  const onTuning = await evaluateGroups(engine, { model, name: 'tuning', images }, groups, options);
  const onTest =
    test && (await evaluateGroups(engine, { model, name: 'test', images: test }, groups, options));
  return {
    scores: groups.map((_, i): PaperScores => ({
      tuning: onTuning.scores[i]!,
      ...(onTest && { test: onTest.scores[i]! }),
    })),
    work: totalWork(onTest ? [onTuning.work, onTest.work] : [onTuning.work]),
  };
}
