import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { applyMasks } from '../network/apply-masks.ts';
import { frontToSafetensors, masksToSafetensors } from '../formats/safetensors/masks.ts';
import { modelToSafetensors } from '../formats/safetensors/model.ts';
import { deadOutputs } from '../network/dead-outputs.ts';
import type { DeviceInfo } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import { frontCsv } from '../report/run/front-csv.ts';
import { historyCsv } from '../report/run/history-csv.ts';
import { resultJson, tradeOffScore, type KernelCheck, type PruneResult } from '../report/run/result.ts';
import type { PrunableLayer } from '../search/contract.ts';
import { countKept } from '../core/mask.ts';
import type { EvaluatedFront } from './evaluate-front.ts';
import type { RunFiles } from './run-files.ts';
import type { SearchRun } from './run-search.ts';
import { plainImages, reportedParameters } from './options/search.ts';
import { VERSION } from '../core/version.ts';

/** What messages and results call the model that comes with the package. */
export const BUNDLED_NAME = 'the bundled model';

/** Hexadecimal SHA-256 over all that makes up a model: tells whether another is the same. */
export function modelDigest(model: Model): string {
  return bytesToHex(sha256(modelToSafetensors(model)));
}

/** How what a run found was evaluated. */
export interface EvaluatedMasks {
  readonly modelName: string;
  /** Undefined if the search saw the test images. */
  readonly test: PruneResult['test'];
  readonly front: EvaluatedFront | undefined;
  readonly check: KernelCheck | undefined;
}

/** What result.json says of a run. */
export function pruneResult(
  { kind, vendor, architecture, description }: DeviceInfo,
  model: Model,
  { split, images, spec, without = [], result, work, macsPerImage, seconds, validation }: SearchRun,
  { modelName, test, front, check }: EvaluatedMasks,
): PruneResult {
  const { unpruned, best, digest, completed, progress } = result;
  const { masks, cost, loss, accuracy, sparsity } = best;
  const { layers } = problemOf(model.network);
  const evaluated = test ?? { unpruned, pruned: best };
  const counts = {
    tuning: validation ? validation.tuning.count : images.count,
    validation: validation ? validation.images.count : 0,
  };
  const dead = validation && deadOutputs(model.network, masks);
  return {
    method: spec.method,
    preset: spec.preset,
    seed: spec.parameters.seed,
    completed,
    device: { kind, vendor, architecture, description },
    parameters: {
      ...reportedParameters(spec, layers),
      ...(without.length > 0 && { without: without.join(',') }),
    },
    model: modelName,
    modelDigest: modelDigest(model),
    images: counts.tuning,
    split,
    heldOut: test !== undefined,
    unpruned: { loss: unpruned.loss, accuracy: unpruned.accuracy },
    final: { cost, loss, accuracy, sparsity },
    ...(validation && {
      validation: { images: counts.validation, unpruned: validation.unpruned, pruned: validation.best },
    }),
    ...(test && { test }),
    ...(front && { front: front.points }),
    ...(dead && { deadOutputs: dead }),
    tradeOff: tradeOffScore(sparsity.meanLayer, evaluated.pruned.accuracy, evaluated.unpruned.accuracy),
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

/** The files that hold what was found: all that a later failure must not lose. */
export function foundFiles({ spec, result: { best, history } }: SearchRun, model: Model): RunFiles {
  return {
    'history.csv': historyCsv(history, spec),
    'masks.safetensors': masksToSafetensors(best.masks, problemOf(model.network).layers),
    'pruned.safetensors': modelToSafetensors(applyMasks(model, best.masks)),
  };
}

/** The files that hold how it was evaluated. */
export async function resultFiles(
  result: PruneResult,
  { result: found }: SearchRun,
  front: EvaluatedFront | undefined,
  layers: readonly PrunableLayer[],
): Promise<RunFiles> {
  // The charts take half a second to load, which no other command should wait for.
  const { reportHtml } = await import('../report/run/report-html.ts');
  return {
    ...(front && {
      'front.csv': frontCsv(front.points),
      'front.safetensors': frontToSafetensors(front.masks, layers),
    }),
    'result.json': resultJson(result),
    'report.html': reportHtml(result, found.history),
  };
}
