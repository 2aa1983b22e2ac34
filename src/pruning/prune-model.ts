/** A whole run: searches, evaluates what was found, and makes the files that hold it. */
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import type { KernelCheck, PruneResult } from '../report/run/result.ts';
import { checkOnKernels } from './kernel-check.ts';
import { evaluateEach } from './evaluate-masks.ts';
import { evaluateFront } from './evaluate-front.ts';
import { foundFiles, pruneResult, resultFiles } from './prune-result.ts';
import type { RunFiles } from './run-files.ts';
import { runSearch, type RunSearchOptions, type SearchTask } from './run-search.ts';

export interface PruneModelOptions extends RunSearchOptions {
  /** Images that the search has not seen; undefined where it saw all. */
  readonly test: ImageSet | undefined;
  /**
   * Opens WebGPU to check the final masks on its kernels where the search ran on something else; closed after use. Where there
   * is none it gives none, or rejects with 'no-device'.
   */
  readonly openKernels: () => Promise<Engine | undefined>;
  /** Called when the search has ended, with the files that hold what it found, before anything is evaluated. */
  readonly onFound?: ((files: RunFiles) => Promise<void> | void) | undefined;
  /** Called before that many states of the front are evaluated. */
  readonly onEvaluating?: ((states: number) => void) | undefined;
  /** Called if the check on the kernels failed: the result then says nothing of it. */
  readonly onCheckFailed?: ((error: unknown) => void) | undefined;
}

export interface Pruned {
  readonly result: PruneResult;
  /** All files of the run. */
  readonly files: RunFiles;
}

/**
 * Searches masks for `model` and evaluates them. After an abort it evaluates what was found until then. Rejects with the errors of
 * the search, the engine and its evaluators.
 */
export async function pruneModel(
  engine: Engine,
  model: Model,
  task: SearchTask,
  { test: unseen, openKernels, onFound, onEvaluating, onCheckFailed, ...options }: PruneModelOptions,
): Promise<Pruned> {
  const found = await runSearch(engine, model, task, options);
  const { best, unpruned } = found.result;
  const files = foundFiles(found, model);
  await onFound?.(files);
  const front = await evaluateFront(engine, model, found, unseen, onEvaluating ?? (() => {}));
  const scores = unseen && (await evaluateEach(engine, model, unseen, [unpruned.masks, best.masks]));
  const test = scores && { unpruned: scores[0]!, pruned: scores[1]! };
  let check: KernelCheck | undefined;
  try {
    check = await checkOnKernels(engine, model, task.images, best.masks, openKernels);
  } catch (error) {
    onCheckFailed?.(error);
  }
  const evaluation = { modelName: options.modelName, test, front, check };
  const result = pruneResult(engine.device, model, found, evaluation);
  const evaluated = await resultFiles(result, found, front, problemOf(model.network).layers);
  return { result, files: { ...files, ...evaluated } };
}
