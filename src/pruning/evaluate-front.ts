/** What a tuned search leaves besides its result: the states among which one may choose again later. */
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import type { FrontPoint } from '../report/run/result.ts';
import { countPruned, type Masks } from '../core/mask.ts';
import type { Solution } from '../search/contract.ts';
import { evaluateEach } from './evaluate-masks.ts';
import { evenly } from './evenly.ts';
import type { SearchRun } from './run-search.ts';

/** Points that are evaluated and kept, besides the unmasked network and the final one: each takes 61 KB of masks. */
const MAX_POINTS = 40;

/** Masks of one point each, by rising sparsity, with their evaluation. */
export interface EvaluatedFront {
  readonly points: readonly FrontPoint[];
  readonly masks: readonly Masks[];
}

/** Evaluates the front of a search on its validation images and, if they were held out, the test images. */
export async function evaluateFront(
  engine: Engine,
  model: Model,
  { result, validation }: SearchRun,
  test: ImageSet | undefined,
  onEvaluating: (states: number) => void,
): Promise<EvaluatedFront | undefined> {
  if (!validation) return undefined;
  const states = chosenPoints(validation.front, result.best);
  const masks = states.map((state) => state.masks);
  onEvaluating(states.length);
  const onValidation = await evaluateEach(engine, model, validation.images, masks);
  const onTest = test && (await evaluateEach(engine, model, test, masks));
  const points = states.map((state, i): FrontPoint => ({
    zeros: countPruned(state.masks),
    sparsity: state.sparsity,
    search: { loss: state.loss, accuracy: state.accuracy },
    validation: onValidation[i]!,
    ...(onTest && { test: onTest[i]! }),
    final: state === result.best,
  }));
  return { points, masks };
}

/** Some of the front, evenly, both ends among them, and the final state in its place. */
function chosenPoints(front: readonly Solution[], final: Solution): readonly Solution[] {
  const chosen = evenly(front, MAX_POINTS);
  return [...new Set([...chosen, final])].sort(
    (a, b) => a.sparsity.global - b.sparsity.global || b.loss - a.loss,
  );
}
