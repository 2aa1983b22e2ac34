import type { ModelOptions } from '../../formats/model-options.ts';
import { frontWeightsToSafetensors } from '../../formats/safetensors/front-weights.ts';
import { repairMetadata } from '../../formats/safetensors/repair-record.ts';
import { frontToSafetensors } from '../../formats/safetensors/masks.ts';
import { deadOutputs } from '../../network/dead-outputs.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { datasetDigest } from '../../data/digest.ts';
import type { DeviceInfo } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import { layersInFile, problemOf } from '../../network/problem.ts';
import { taskOf } from '../../network/task.ts';
import { frontCsv } from '../../report/run/front-csv.ts';
import { historyCsv } from '../../report/run/history-csv.ts';
import {
  resultJson,
  tradeOffScore,
  type KernelCheck,
  type PruneResult,
  type ResultBudget,
  type ResultData,
  type ResultRepair,
} from '../../report/run/result.ts';
import type { Score } from '../../search/contract.ts';
import { countKept, countPruned } from '../../core/mask.ts';
import type { EvaluatedFront } from '../evaluation/front.ts';
import { hyphenated } from '../options/option.ts';
import type { RepairTask } from '../repaired/task.ts';
import { disabledIn } from '../search/optimizations.ts';
import { imageCounts, plainImages } from '../search/plain-images.ts';
import type { SearchRun } from '../search/contract.ts';
import type { ExportFormat } from './exported-files.ts';
import { modelDigest } from './model-digest.ts';
import { prunedFiles } from './pruned-files.ts';
import { reportedParameters } from './reported-parameters.ts';
import type { RunFiles } from './run-files.ts';
import { VERSION } from '../../core/version.ts';

/** The name of the package's own model in messages and results. */
export const BUNDLED_NAME = 'the bundled model';

/** The evaluation of what a search found. */
export interface RunEvaluation {
  readonly modelName: string;
  readonly reading: ModelOptions | undefined;
  readonly from: string | undefined;
  readonly budget: ResultBudget | undefined;
  readonly dataNotes: readonly string[];
  /** The test images; undefined if the search saw them. */
  readonly unseen: ImageSet | undefined;
  /** Undefined if the search saw the test images. */
  readonly test: PruneResult['test'];
  readonly front: EvaluatedFront | undefined;
  readonly check: KernelCheck | undefined;
}

/** The contents of result.json. */
export function pruneResult(
  { kind, vendor, architecture, description }: DeviceInfo,
  model: Model,
  run: SearchRun,
  { modelName, reading, from, budget, dataNotes, unseen, test, front, check }: RunEvaluation,
): PruneResult {
  const { split, images, targets, spec, optimizations, result, work, macsPerImage, seconds, validation } =
    run;
  const { unpruned, best, digest, completed, progress } = result;
  const { masks, cost, loss, accuracy, sparsity } = best;
  const { layers } = problemOf(model.network);
  const evaluated = test ?? { unpruned, pruned: best };
  const counts = imageCounts({ images, validation });
  const disabled = disabledIn(optimizations).map(hyphenated);
  const dead = validation && deadOutputs(model.network, masks);
  return {
    method: spec.method,
    preset: spec.preset,
    seed: spec.parameters.seed,
    completed,
    device: { kind, vendor, architecture, description },
    parameters: {
      ...reportedParameters(spec, layers, taskOf(model), run.repair !== undefined),
      ...(run.repair && { repair: run.repair.repair, ridge: run.repair.ridge }),
      ...(targets === 'teacher' && { targets }),
      ...(disabled.length > 0 && { disable: disabled.join(',') }),
    },
    ...(budget && { budget }),
    ...(run.repair && { repair: resultRepair(run, run.repair) }),
    model: modelName,
    modelDigest: modelDigest(model),
    task: taskOf(model),
    ...readingRecord(reading),
    ...(from !== undefined && { from }),
    data: resultData(images, unseen, dataNotes),
    images: counts.tuning,
    split,
    heldOut: test !== undefined,
    ...(countPruned(unpruned.masks) > 0 && {
      alreadyPruned: { zeros: countPruned(unpruned.masks), sparsity: unpruned.sparsity },
    }),
    unpruned: { loss: unpruned.loss, accuracy: unpruned.accuracy },
    final: { cost, loss, accuracy, sparsity },
    ...(validation && {
      validation: { images: counts.validation, unpruned: validation.unpruned, pruned: validation.best },
    }),
    ...(test && { test }),
    ...(front && { front: front.points }),
    ...(validation?.hypervolume && { hypervolume: validation.hypervolume }),
    ...(dead && { deadOutputs: dead }),
    ...tradeOffOf(sparsity.meanLayer, evaluated),
    layers: layers.map(({ name, position, shape }, i) => ({
      name,
      position,
      shape,
      weights: masks[i]!.length,
      kept: countKept(masks[i]!),
    })),
    work: { ...work, plainMacs: macsPerImage * plainImages(spec, progress, counts) },
    seconds,
    digest,
    version: VERSION,
    ...(check && { check }),
  };
}

/** How the model was read; of a network that was named, the path of its file, if it has one. */
function readingRecord(given: ModelOptions | undefined): Pick<PruneResult, 'reading'> {
  const { architecture, ...others } = given ?? {};
  const isPath = typeof architecture === 'string' && !architecture.trimStart().startsWith('{');
  const reading = { ...(isPath && { architecture }), ...others };
  return Object.keys(reading).length > 0 ? { reading } : {};
}

function resultRepair(
  { split, validation }: SearchRun,
  { repair, ridge, calibration, judge }: RepairTask,
): ResultRepair {
  return {
    ...{ repair, ridge },
    calibration: calibration?.count ?? validation!.tuning.count,
    split: judge ? 'train' : split,
  };
}

/** None for a network without accuracy. */
function tradeOffOf(
  meanLayerSparsity: number,
  { unpruned, pruned }: { readonly unpruned: Score; readonly pruned: Score },
): Pick<PruneResult, 'tradeOff'> {
  if (pruned.accuracy === undefined || unpruned.accuracy === undefined) return {};
  return { tradeOff: tradeOffScore(meanLayerSparsity, pruned.accuracy, unpruned.accuracy) };
}

/** Which images a run searched with and was tested on. */
export function resultData(
  images: ImageSet,
  test: ImageSet | undefined,
  notes: readonly string[] = [],
): ResultData {
  return {
    digest: datasetDigest(...(test ? [images, test] : [images])),
    ...(notes.length > 0 && { notes }),
  };
}

/** The files that need no evaluation. They are written first, so that a failure of the evaluation loses nothing. */
export function foundFiles(run: SearchRun, model: Model, exportFormat?: ExportFormat): RunFiles {
  const { spec, result, repair } = run;
  const { best, history } = result;
  return {
    'history.csv': historyCsv(history, spec),
    ...prunedFiles(model, best.masks, exportFormat, repair && resultRepair(run, repair)),
  };
}

/** The files that hold the evaluation. */
export async function resultFiles(
  result: PruneResult,
  { result: found }: SearchRun,
  front: EvaluatedFront | undefined,
  model: Model,
): Promise<RunFiles> {
  // Loaded only here: the charts take half a second to load.
  const { reportHtml } = await import('../../report/run/report-html.ts');
  return {
    ...(front && {
      'front.csv': frontCsv(front.points),
      'front.safetensors': frontToSafetensors(
        front.states.map(({ masks }) => masks),
        layersInFile(model),
        result.repair && repairMetadata(result.repair),
      ),
      ...(result.repair && {
        'front-weights.safetensors': frontWeightsToSafetensors(model, front.states),
      }),
    }),
    'result.json': resultJson(result),
    'report.html': reportHtml(result, found.history),
  };
}
