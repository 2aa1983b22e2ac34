/** What a run is to search, from the options and the data. */
import type { Masks } from '../core/mask.ts';
import { taskOf } from '../network/task.ts';
import { holdBack, type ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { problemOf, problemOfModel } from '../network/problem.ts';
import { affordableImages, holdBackFrom, imagesOfSplit, isHeldOut } from './images.ts';
import { layersBut } from '../search/limits.ts';
import { DEFAULTS } from './options/defaults.ts';
import { checkMethodOptions, checkRepair } from './options/effect.ts';
import type { RunValues } from './options/run.ts';
import { defaultRepair, repairTask } from './repaired/task.ts';
import { checkSpec } from './search/make-search.ts';
import { ALL_RUN_OPTIMIZATIONS } from './search/optimizations.ts';
import type { SearchTask } from './search/contract.ts';
import { repairedSpec, searchSpec } from './search/spec.ts';

/**
 * The search with these options over images of `splits`; defaults are used for options that are not given. The reference backend
 * takes fewer images unless their number is given. Without `engine`, the task for any other backend: made before a device is opened,
 * it finds wrong options at no cost.
 *
 * Throws 'bad-input' for options out of range or without effect on that search, for a target that is reached from the start, and for more images than there are.
 *
 * @param initial see `SearchTask`
 */
export function searchTask(
  values: RunValues,
  splits: Splits,
  model: Pick<Model, 'network' | 'tensors' | 'task'>,
  engine?: Engine,
  initial?: Masks,
): SearchTask {
  const { network } = model;
  const { method = DEFAULTS.method, split = DEFAULTS.split, disable = ALL_RUN_OPTIMIZATIONS } = values;
  const preset = checkMethodOptions(method, values);
  const images = affordableImages(imagesOfSplit(splits, split), values.images, split, engine);
  if (preset === 'tuned') holdBackFrom(images, values.images, split);
  const layers = layersBut(problemOf(network), values.keepLayers, values.layers);
  const spec = searchSpec(method, preset, layers ? { ...values, layers } : values);
  checkSpec(problemOfModel(model, initial), spec);
  const { repair = defaultRepair(preset, network, engine), ridge, calibration } = values;
  checkRepair(spec, { ...values, repair });
  const repaired =
    repair === 'none'
      ? undefined
      : repairTask({ repair, ridge, wanted: calibration }, splits, { images, split });
  const { targets = repaired && taskOf(model) === 'classes' ? 'teacher' : DEFAULTS.targets } = values;
  return {
    split,
    images,
    targets,
    repair: repaired,
    spec: repaired ? repairedSpec(spec, values) : spec,
    initial,
    optimizations: disable,
  };
}

/** The images that candidates are evaluated on: all but the validation images of a tuned search. */
export function tuningImages({ images, spec }: Pick<SearchTask, 'images' | 'spec'>): ImageSet {
  return spec.preset === 'tuned' ? holdBack(images).tuning : images;
}

/** The images that the search does not see; undefined if it sees test images. */
export function unseenImages({ split }: Pick<SearchTask, 'split'>, { test }: Splits): ImageSet | undefined {
  return isHeldOut(split) ? test : undefined;
}
