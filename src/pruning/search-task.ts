import { holdBack, type ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';
import type { Engine } from '../engine/backend.ts';
import { problemOf } from '../network/problem.ts';
import type { Network } from '../network/network.ts';
import { parseDisabled } from './options/optimizations.ts';
import { affordableImages, imagesOfSplit, isHeldOut } from './images.ts';
import type { OptionValues } from './options/option.ts';
import type { imagesOption, runOptions, splitOption } from './options/run.ts';
import type { SearchTask } from './run-search.ts';
import { checkMethodOptions, makeSearch, searchSpec } from './options/search.ts';

/** What was asked for; the defaults stand in for what was not. */
export type RunValues = OptionValues<typeof runOptions & typeof splitOption & typeof imagesOption> & {
  /** Names of the work optimizations that is left out. */
  readonly without?: readonly string[];
};

/**
 * The search that was asked for, over images of `splits`; on the reference, over fewer unless it was said how many. Without
 * `engine`, the same without regard to what it can afford: so that a wrong option is found before a device is opened.
 *
 * Throws 'bad-input' for options out of range or without effect on that search, and for more images than there are.
 */
export function searchTask(values: RunValues, splits: Splits, network: Network, engine?: Engine): SearchTask {
  const { method = 'sa', split = 'search', without } = values;
  const preset = checkMethodOptions(method, values);
  const images = affordableImages(imagesOfSplit(splits, split), values.images, split, engine);
  if (preset === 'tuned') holdBack(images);
  const spec = searchSpec(method, preset, values, values.seed, parseDisabled(without).lossLimits);
  // A search checks its parameters itself.
  makeSearch(problemOf(network), spec);
  return { split, images, spec, without };
}

/** The images that candidates are evaluated on: without those that a tuned search holds back to choose by. */
export function evaluatedImages({ images, spec }: SearchTask): ImageSet {
  return spec.preset === 'tuned' ? holdBack(images).tuning : images;
}

/** The images that a search has not seen; undefined if it saw test images. */
export function unseenImages({ split }: SearchTask, { test }: Splits): ImageSet | undefined {
  return isHeldOut(split) ? test : undefined;
}
