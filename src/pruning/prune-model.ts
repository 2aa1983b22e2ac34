/** A whole run: searches, judges what was found, and makes the files that hold it. */
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/network.ts';
import type { KernelCheck, PruneResult } from '../report/run/result.ts';
import { checkOnKernels } from './kernel-check.ts';
import { evaluateEach } from './evaluate-masks.ts';
import { judgeFront } from './evaluate-front.ts';
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
  /** Called when the search has ended, with the files that hold what it found, before anything is judged. */
  readonly onFound?: ((files: RunFiles) => Promise<void> | void) | undefined;
  /** Called before that many states of the front are judged. */
  readonly onJudging?: ((states: number) => void) | undefined;
  /** Called if the check on the kernels failed: the result then says nothing of it. */
  readonly onCheckFailed?: ((error: unknown) => void) | undefined;
}

export interface Pruned {
  readonly result: PruneResult;
  /** All files of the run. */
  readonly files: RunFiles;
}

/**
 * Searches masks for `model` and judges them. After an abort it judges what was found until then. Rejects with the errors of
 * the search, the engine and its evaluators.
 */
export async function pruneModel(
  engine: Engine,
  model: Model,
  task: SearchTask,
  { test: unseen, openKernels, onFound, onJudging, onCheckFailed, ...options }: PruneModelOptions,
): Promise<Pruned> {
  const found = await runSearch(engine, model, task, options);
  const { best, baseline } = found.result;
  const files = foundFiles(found, model);
  await onFound?.(files);
  const front = await judgeFront(engine, model, found, unseen, onJudging ?? (() => {}));
  const scores = unseen && (await evaluateEach(engine, model, unseen, [baseline.masks, best.masks]));
  const test = scores && { baseline: scores[0]!, pruned: scores[1]! };
  let check: KernelCheck | undefined;
  try {
    check = await checkOnKernels(engine, model, task.images, best.masks, openKernels);
  } catch (error) {
    onCheckFailed?.(error);
  }
  const judgement = { modelName: options.modelName, test, front, check };
  const result = pruneResult(engine.device, model, found, judgement);
  const judged = await resultFiles(result, found, front, problemOf(model.network).layers);
  return { result, files: { ...files, ...judged } };
}
