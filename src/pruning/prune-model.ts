/** A whole run: searches, evaluates what was found, and makes the files of the run. */
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import { targetsOf } from '../engine/targets.ts';
import type { ModelOptions } from '../formats/model-options.ts';
import type { Model } from '../network/model.ts';
import { taskOf } from '../network/task.ts';
import type { KernelCheck, PruneResult, ResultBudget } from '../report/run/result.ts';
import type { Masks } from '../core/mask.ts';
import { areaUnderCurve } from './evaluation/auc.ts';
import { classAccuracies, predictedClasses } from './evaluation/classes.ts';
import { evaluateFront } from './evaluation/front.ts';
import { checkOnKernels, type OpenKernels } from './evaluation/kernel-check.ts';
import { evaluateOutputs } from './evaluation/masks.ts';
import type { ExportFormat } from './files/exported-files.ts';
import { foundFiles, pruneResult, resultFiles } from './files/prune-result.ts';
import type { RunFiles } from './files/run-files.ts';
import { runSearch } from './search/run-search.ts';
import type { RunSearchOptions, SearchTask } from './search/contract.ts';

export interface PruneModelOptions extends RunSearchOptions {
  /** What was said about the model beside its file, for result.json. */
  readonly reading?: ModelOptions | undefined;
  /** Path of the masks or the run that the search starts from, for result.json. */
  readonly from?: string | undefined;
  /** What `affordableTask` chose, for result.json. */
  readonly budget?: ResultBudget | undefined;
  /** Sentences on what was assumed about the data, for result.json. */
  readonly dataNotes?: readonly string[] | undefined;
  /** Images that the search does not see; undefined if it sees all. */
  readonly test: ImageSet | undefined;
  /** Writes the pruned model in this format too. */
  readonly exportFormat?: ExportFormat | undefined;
  /** Opens WebGPU, to check the final masks on its kernels if the search ran on another backend; the engine is closed afterwards. */
  readonly openKernels: OpenKernels;
  /** Whether to check on a software adapter if there is no hardware; unless given, the check is done on hardware only. */
  readonly check?: boolean | undefined;
  /** Called when the search has ended, with the files that hold what it found, before anything is evaluated. */
  readonly onFound?: ((files: RunFiles) => Promise<void> | void) | undefined;
  /** Called before the points of the front are evaluated, with their number. */
  readonly onEvaluating?: ((points: number) => void) | undefined;
  /** Called if the check on the kernels failed; the result then has none. */
  readonly onCheckFailed?: ((error: unknown) => void) | undefined;
}

export interface Pruned {
  readonly result: PruneResult;
  /** All files of the run. */
  readonly files: RunFiles;
  /** Whether the result has a kernel check, or why not. */
  readonly kernelCheck: 'done' | 'no adapter' | 'failed';
}

/**
 * Searches masks for `model` and evaluates them. After an abort it evaluates what was found until then. Rejects with the errors of
 * the search, the engine and its evaluators.
 */
export async function pruneModel(
  engine: Engine,
  model: Model,
  task: SearchTask,
  options: PruneModelOptions,
): Promise<Pruned> {
  const { test: unseen, onFound, onEvaluating, ...searchOptions } = options;
  const found = await runSearch(engine, model, task, searchOptions);
  const { best, unpruned } = found.result;
  const pruned = best.tensors ? { ...model, tensors: best.tensors } : model;
  const files = foundFiles(found, pruned, options.exportFormat);
  await onFound?.(files);
  const front = await evaluateFront(engine, model, found, unseen, onEvaluating);
  const started =
    unpruned.tensors && unpruned.tensors !== model.tensors ? { ...model, tensors: unpruned.tensors } : model;
  const networks = { model, started, pruned };
  const test = unseen && (await testFigures(engine, networks, unseen, [unpruned.masks, best.masks]));
  const check = await kernelCheckOf(
    engine,
    { model: pruned, images: task.images, masks: best.masks },
    options,
  );
  const kernelCheck = typeof check === 'object' ? 'done' : check;
  const evaluation = {
    modelName: options.modelName,
    reading: options.reading,
    from: options.from,
    budget: options.budget,
    dataNotes: options.dataNotes ?? [],
    unseen,
    test,
    front,
    check: typeof check === 'object' ? check : undefined,
  };
  const result = pruneResult(engine.device, model, found, evaluation);
  const evaluated = await resultFiles(result, found, front, model);
  return { result, files: { ...files, ...evaluated }, kernelCheck };
}

/** The network that the search started from and the pruned one on the test images, and the masks alone where they are not all that it takes. */
async function testFigures(
  engine: Engine,
  { model, started, pruned: found }: Readonly<Record<'model' | 'started' | 'pruned', Model>>,
  images: ImageSet,
  masks: readonly [unpruned: Masks, pruned: Masks],
): Promise<PruneResult['test']> {
  const [asCame, frozen] = await evaluateOutputs(engine, model, images, masks);
  const [unpruned] =
    started === model ? [asCame] : await evaluateOutputs(engine, started, images, [masks[0]]);
  const isFrozen = found === model;
  const [pruned] = isFrozen ? [frozen] : await evaluateOutputs(engine, found, images, [masks[1]]);
  const [before, after] = [unpruned!.outputs, pruned!.outputs];
  return {
    unpruned: unpruned!.score,
    ...(!isFrozen && { frozen: frozen!.score }),
    pruned: pruned!.score,
    ...(before && after && figuresOf(model, images, before, after)),
  };
}

/** What the outputs tell besides the scores. */
function figuresOf(
  model: Model,
  images: ImageSet,
  before: Float32Array,
  after: Float32Array,
): Pick<NonNullable<PruneResult['test']>, 'classes' | 'auc'> {
  switch (taskOf(model)) {
    case 'classes': {
      const [unpruned, pruned] = [before, after].map((outputs) => predictedClasses(outputs, images.count));
      return { classes: classAccuracies(images, unpruned!, pruned!) };
    }
    case 'binary': {
      const { values, perImage } = targetsOf(model, images);
      const auc = areaUnderCurve(before, after, { targets: values, width: perImage });
      return auc ? { auc } : {};
    }
    case 'regression':
      return {};
  }
}

/** A check that fails does not fail the run. */
async function kernelCheckOf(
  engine: Engine,
  checked: Parameters<typeof checkOnKernels>[1],
  { openKernels, check = false, onCheckFailed }: PruneModelOptions,
): Promise<KernelCheck | 'no adapter' | 'failed'> {
  try {
    return (await checkOnKernels(engine, checked, { openKernels, software: check })) ?? 'no adapter';
  } catch (error) {
    onCheckFailed?.(error);
    return 'failed';
  }
}
