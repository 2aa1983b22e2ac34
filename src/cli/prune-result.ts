import type { ImageSet } from '../data/dataset.ts';
import { applyMasks, masksToSafetensors, modelToSafetensors } from '../engine/checkpoint.ts';
import type { DeviceInfo } from '../engine/engine.ts';
import type { Model } from '../engine/model.ts';
import { problemOf } from '../engine/network.ts';
import { historyCsv } from '../report/history-csv.ts';
import { resultJson, tradeOffScore, type KernelCheck, type PruneResult } from '../report/result.ts';
import type { EvaluatorWork } from '../search/contract.ts';
import { countKept } from '../search/mask.ts';
import type { RunResult } from '../search/run.ts';
import type { SimulatedAnnealingOptions } from '../search/simulated-annealing.ts';
import type { RunFiles } from './output-folder.ts';
import type { SplitName } from './shared-options.ts';
import { VERSION } from './version.ts';

/** A search that has ended, with what it ran on. */
export interface SearchRun {
  readonly split: SplitName;
  readonly images: ImageSet;
  readonly parameters: SimulatedAnnealingOptions;
  /** Names of the work avoidance that was left out. */
  readonly without: readonly string[] | undefined;
  readonly result: RunResult;
  readonly work: EvaluatorWork;
  readonly macsPerImage: number;
  /** Of the search alone. */
  readonly seconds: number;
}

/** What result.json says of a run; `test` is undefined if the search saw the test images. */
export function pruneResult(
  { kind, vendor, architecture, description }: DeviceInfo,
  model: Model,
  { split, images, parameters, without = [], result, work, macsPerImage, seconds }: SearchRun,
  test: PruneResult['test'],
  check: KernelCheck | undefined,
): PruneResult {
  const { baseline, best, digest, completed, progress } = result;
  const { masks, cost, loss, accuracy, sparsity } = best;
  const { layers } = problemOf(model.network);
  const { seed, iterations, initialTemperature, mutationRate, lossToWarmup, maxLossPenalty } = parameters;
  const searched = layers.map(({ name }) => name).filter((name) => parameters.layers?.includes(name) ?? true);
  const judged = test ?? { baseline, pruned: best };
  return {
    method: 'sa',
    preset: 'paper',
    seed,
    completed,
    device: { kind, vendor, architecture, description },
    parameters: {
      iterations,
      initialTemperature,
      mutationRate,
      lossToWarmup,
      maxLossPenalty,
      layers: searched.join(','),
      ...(without.length > 0 && { without: without.join(',') }),
    },
    images: images.count,
    split,
    heldOut: test !== undefined,
    baseline: { loss: baseline.loss, accuracy: baseline.accuracy },
    final: { cost, loss, accuracy, sparsity },
    ...(test && { test }),
    tradeOff: tradeOffScore(sparsity.meanLayer, judged.pruned.accuracy, judged.baseline.accuracy),
    layers: layers.map(({ name, position, shape }, i) => ({
      name,
      position,
      shape,
      weights: masks[i]!.length,
      kept: countKept(masks[i]!),
    })),
    // One forward pass for each proposal, as many as layers were entered, and one for the unmasked network.
    work: {
      ...work,
      plainMacs:
        macsPerImage *
        images.count *
        (progress.proposals + Math.ceil(Math.max(progress.proposals, 1) / progress.steps) + 1),
    },
    seconds,
    digest,
    version: VERSION,
    ...(check && { check }),
  };
}

/** The files that hold what was found: all that a later failure must not lose. */
export function foundFiles({ result: { best, history } }: SearchRun, model: Model): Partial<RunFiles> {
  return {
    'history.csv': historyCsv(history, 'sa'),
    'masks.safetensors': masksToSafetensors(best.masks, problemOf(model.network).layers),
    'pruned.safetensors': modelToSafetensors(applyMasks(model, best.masks)),
  };
}

/** The files that hold how it was judged. */
export async function resultFiles(
  result: PruneResult,
  { result: found }: SearchRun,
): Promise<Partial<RunFiles>> {
  // The charts take half a second to load, which no other command should wait for.
  const { reportHtml } = await import('../report/report-html.ts');
  return { 'result.json': resultJson(result), 'report.html': reportHtml(result, found.history) };
}
