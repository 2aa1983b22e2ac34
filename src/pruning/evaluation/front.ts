/** The front of a tuned search: the states that `masksearch pick` offers besides the final one. */
import type { ImageSet } from '../../data/dataset.ts';
import type { Engine } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import type { FrontPoint } from '../../report/run/result.ts';
import { countPruned } from '../../core/mask.ts';
import type { Solution } from '../../search/contract.ts';
import { evaluateStates, type NetworkState } from './masks.ts';
import { evenly } from './evenly.ts';
import { imageCounts, plainImages } from '../search/plain-images.ts';
import type { SearchRun } from '../search/contract.ts';

/** Most points that are kept, without the final one: the masks of each take 61 KB. */
const MAX_POINTS = 40;

/**
 * Evaluating the points takes at most this share of the multiply-accumulates of the search without optimizations, or so many; but a few
 * points are always kept.
 */
const SEARCH_SHARE = 1 / 8;
const FREE_MACS = 5e11;
const MIN_POINTS = 5;

/** Points by rising sparsity, and the network of each. */
export interface EvaluatedFront {
  readonly points: readonly FrontPoint[];
  readonly states: readonly NetworkState[];
}

/**
 * Evaluates the front of a search on its validation images and, if they were held out, the test images. Undefined for a search
 * without a front. `onEvaluating` is called before with the number of points.
 */
export async function evaluateFront(
  engine: Engine,
  model: Model,
  run: SearchRun,
  test: ImageSet | undefined,
  onEvaluating: (points: number) => void = () => {},
): Promise<EvaluatedFront | undefined> {
  const { result, validation } = run;
  if (!validation) return undefined;
  const images = validation.images.count + (test?.count ?? 0);
  const states = chosenPoints(validation.front, result.best, affordablePoints(run, images));
  onEvaluating(states.length);
  const onValidation = await evaluateStates(engine, model, validation.images, states);
  const onTest = test && (await evaluateStates(engine, model, test, states));
  const points = states.map((state, i): FrontPoint => ({
    zeros: countPruned(state.masks),
    sparsity: state.sparsity,
    tuning: { loss: state.loss, accuracy: state.accuracy },
    validation: onValidation[i]!,
    ...(onTest && { test: onTest[i]! }),
    final: state === result.best,
  }));
  return { points, states };
}

/** The front, thinned out evenly but for its ends if it is long, with the final state in its place. */
function chosenPoints(front: readonly Solution[], final: Solution, most: number): readonly Solution[] {
  const chosen = evenly(front, most);
  return [...new Set([...chosen, final])].sort(
    (a, b) => a.sparsity.global - b.sparsity.global || b.loss - a.loss,
  );
}

/** Number of points to keep, each of which is evaluated on so many images. */
function affordablePoints(run: SearchRun, images: number): number {
  const { macsPerImage, spec, result } = run;
  const searchMacs = macsPerImage * plainImages(spec, result.progress, imageCounts(run));
  const points = Math.max(FREE_MACS, SEARCH_SHARE * searchMacs) / (macsPerImage * images);
  return Math.min(MAX_POINTS, Math.max(MIN_POINTS, Math.floor(points)));
}
