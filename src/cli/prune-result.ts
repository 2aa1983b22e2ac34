import { applyMasks, masksToSafetensors, modelToSafetensors } from '../engine/checkpoint.ts';
import type { DeviceInfo } from '../engine/engine.ts';
import type { Model } from '../engine/model.ts';
import { problemOf } from '../engine/network.ts';
import { historyCsv } from '../report/history-csv.ts';
import { resultJson, tradeOffScore, type KernelCheck, type PruneResult } from '../report/result.ts';
import { countKept } from '../search/mask.ts';
import type { RunFiles } from './output-folder.ts';
import type { SearchRun } from './run-search.ts';
import { plainForwardPasses, reportedParameters } from './search-options.ts';
import { VERSION } from './version.ts';

/** What result.json says of a run; `test` is undefined if the search saw the test images. */
export function pruneResult(
  { kind, vendor, architecture, description }: DeviceInfo,
  model: Model,
  { split, images, spec, without = [], result, work, macsPerImage, seconds }: SearchRun,
  test: PruneResult['test'],
  check: KernelCheck | undefined,
): PruneResult {
  const { baseline, best, digest, completed, progress } = result;
  const { masks, cost, loss, accuracy, sparsity } = best;
  const { layers } = problemOf(model.network);
  const judged = test ?? { baseline, pruned: best };
  return {
    method: spec.method,
    preset: 'paper',
    seed: spec.parameters.seed,
    completed,
    device: { kind, vendor, architecture, description },
    parameters: {
      ...reportedParameters(spec, layers),
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
    work: { ...work, plainMacs: macsPerImage * images.count * plainForwardPasses(spec, progress) },
    seconds,
    digest,
    version: VERSION,
    ...(check && { check }),
  };
}

/** The files that hold what was found: all that a later failure must not lose. */
export function foundFiles({ spec, result: { best, history } }: SearchRun, model: Model): RunFiles {
  return {
    'history.csv': historyCsv(history, spec.method),
    'masks.safetensors': masksToSafetensors(best.masks, problemOf(model.network).layers),
    'pruned.safetensors': modelToSafetensors(applyMasks(model, best.masks)),
  };
}

/** The files that hold how it was judged. */
export async function resultFiles(result: PruneResult, { result: found }: SearchRun): Promise<RunFiles> {
  // The charts take half a second to load, which no other command should wait for.
  const { reportHtml } = await import('../report/report-html.ts');
  return { 'result.json': resultJson(result), 'report.html': reportHtml(result, found.history) };
}
