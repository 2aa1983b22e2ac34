/** Runs one search that repairs, with a model on an engine. */
import { holdBack } from '../../data/dataset.ts';
import type { Engine } from '../../engine/backend.ts';
import { withTeacherTargets } from '../../engine/teacher.ts';
import type { Model } from '../../network/model.ts';
import { problemOfModel } from '../../network/problem.ts';
import type { Score } from '../../search/contract.ts';
import { generationSize } from '../../search/population/options.ts';
import type { RunSearchOptions, SearchRun, SearchTask } from '../search/contract.ts';
import { evaluatorOfBoth } from '../search/evaluators.ts';
import { checkSpec } from '../search/make-search.ts';
import type { PopulationSpec, TunedSpec } from '../search/spec.ts';
import { Stopwatch } from '../search/stopwatch.ts';
import { RepairedSearch } from './search.ts';
import type { RepairTask } from './task.ts';

export interface RepairedTask extends SearchTask {
  readonly spec: TunedSpec | PopulationSpec;
  readonly repair: RepairTask;
}

/**
 * See `runSearch`.
 *
 * @param checkUnpruned called with the unpruned network's score on the validation images
 */
export async function runRepaired(
  engine: Engine,
  model: Model,
  task: RepairedTask,
  options: RunSearchOptions,
  checkUnpruned: (unpruned: Score) => void,
): Promise<SearchRun> {
  const { signal, gate, onStart, onProgress } = options;
  const { spec, targets, repair } = task;
  const held = repair.judge ? { tuning: repair.judge, validation: task.images } : holdBack(task.images);
  const { validation } = held;
  const tuning =
    targets === 'teacher'
      ? await withTeacherTargets(engine, model, held.tuning, signal && { signal })
      : held.tuning;
  const { lossLimits, speculation, ...optimizations } = task.optimizations;
  const evaluator = await evaluatorOfBoth(engine, model, { tuning, validation }, optimizations);
  const calibrator = await engine.calibrator(model, repair.calibration ?? held.tuning);
  const problem = problemOfModel(model, task.initial);
  const stopwatch = new Stopwatch();
  let checked = false;
  try {
    checkSpec(problem, spec);
    const search = new RepairedSearch({
      ...{ model, calibrator, evaluator, signal, speculation, lossLimits },
      ...{ repair: repair.repair, ridge: repair.ridge, parameters: spec.parameters },
      problem,
      ...(spec.method === 'ga' && {
        children: generationSize(spec.parameters),
        pareto: spec.parameters.pareto,
      }),
      validationImages: validation.count,
      clock: () => stopwatch.seconds,
      gate: gate && (() => stopwatch.stopFor(gate())),
      onProgress(progress) {
        const unpruned = search.view.validation?.unpruned;
        if (!checked && unpruned) checkUnpruned(unpruned);
        checked ||= unpruned !== undefined;
        onProgress?.(progress, evaluator.work, stopwatch.seconds);
      },
    });
    onStart?.(search.view, evaluator);
    stopwatch.restart();
    const result = await search.run();
    const { front, validationPoints, validation: scores, hypervolume } = search.view;
    return {
      ...task,
      ...{ result, work: evaluator.work, macsPerImage: evaluator.macsPerImage, seconds: stopwatch.seconds },
      validation: {
        tuning: held.tuning,
        images: validation,
        ...scores!,
        front,
        validationPoints,
        hypervolume,
      },
    };
  } finally {
    await calibrator.close();
    await evaluator.close();
  }
}
