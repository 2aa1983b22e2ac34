/** Whether and on which images a run repairs. */
import { weightsOf } from '../../core/mask.ts';
import { holdBack, sliceImages, type ImageSet } from '../../data/dataset.ts';
import type { Splits } from '../../data/splits.ts';
import { MAX_MOMENT_INPUTS, type Engine } from '../../engine/backend.ts';
import type { Network } from '../../network/network.ts';
import { problemOf } from '../../network/problem.ts';
import { DEFAULT_RIDGE, type Repair } from '../../repair/repair.ts';
import { DEFAULT_CALIBRATION, firstCalibrationImages } from '../calibration.ts';
import type { Preset } from '../../report/run/result.ts';
import type { SplitName } from '../images.ts';
import type { RepairSettings } from './contract.ts';

/** How a run repairs. */
export interface RepairTask extends RepairSettings {
  /** What weights are fitted on; undefined: the tuning images. */
  readonly calibration: ImageSet | undefined;
  /** What steps are decided by; undefined: the tuning images. If there are such images, all images of the run are validation images. */
  readonly judge: ImageSet | undefined;
}

/** Multiply-accumulates of the surgeon for the first round that are taken without asking: about a minute. */
const MAX_SURGERY = 6e10;
/** Least share of the weights that can be repaired for repair to be the default. */
const MIN_REPAIRABLE = 0.9;

/** What the search and the network are best served with. */
export function defaultRepair(preset: Preset, network: Network, engine: Engine | undefined): Repair | 'none' {
  // The float64 reference takes minutes for a round.
  const isSlow = engine?.device.kind === 'reference';
  if (preset !== 'tuned' || isSlow) return 'none';
  let [weights, repairable, surgery] = [0, 0, 0];
  for (const { shape } of problemOf(network).layers) {
    const all = weightsOf(shape);
    const inputs = all / shape[0]!;
    weights += all;
    if (inputs > MAX_MOMENT_INPUTS) continue;
    repairable += all;
    surgery += (shape[0]! * inputs ** 3) / 3;
  }
  return repairable >= MIN_REPAIRABLE * weights && surgery <= MAX_SURGERY ? 'least-squares' : 'none';
}

/** @param images of the run, as many as it takes */
export function repairTask(
  {
    repair,
    ridge = DEFAULT_RIDGE,
    wanted,
  }: { readonly repair: Repair; readonly ridge?: number | undefined; readonly wanted?: number | undefined },
  { train, search }: Splits,
  { images, split }: { readonly images: ImageSet; readonly split: SplitName },
): RepairTask {
  const isSeparate = split === 'search' && train !== search && train.count > 1;
  if (!isSeparate) {
    const calibration =
      wanted === undefined ? undefined : firstCalibrationImages(holdBack(images).tuning, wanted);
    return { repair, ridge, calibration, judge: undefined };
  }
  const usual = Math.min(DEFAULT_CALIBRATION, Math.ceil(train.count / 2));
  return {
    ...{ repair, ridge, calibration: firstCalibrationImages(train, wanted ?? usual) },
    // The last ones: what weights were fitted on, steps had better not be decided by.
    judge: lastImages(train, Math.min(images.count, train.count)),
  };
}

export const lastImages = (set: ImageSet, count: number): ImageSet =>
  sliceImages(set, set.count - count, set.count);
