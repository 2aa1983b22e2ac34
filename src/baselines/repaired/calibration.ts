/** What repaired baselines are computed from, and what a ranking is. */
import type { Masks } from '../../core/mask.ts';
import type { ImageSet } from '../../data/dataset.ts';
import type { Calibrator } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import type { RepairedNetwork } from '../../repair/round.ts';

/** What baselines are computed from. */
export interface Calibration {
  /** Of `model`, over `images`. */
  readonly calibrator: Calibrator;
  /** The unpruned network. */
  readonly model: Model;
  /** Different from those that the masks are tested on. */
  readonly images: ImageSet;
}

export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** The masks with this many zeros in all, at least as many as there were: what was pruned stays pruned. */
export type Ranking = (zeros: number) => Masks;

/** Ranks the weights of a state of `calibration`'s network by their current values. */
export type Ranker = (state: RepairedNetwork, options: Abortable) => Promise<Ranking>;
