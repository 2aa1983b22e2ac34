/** What a search of a run is given, and what comes of it. */
import type { Masks } from '../../core/mask.ts';
import type { Phrase } from '../../core/phrase.ts';
import type { ImageSet } from '../../data/dataset.ts';
import type { CountingEvaluator, EvaluatorWork, Progress, Score, Solution } from '../../search/contract.ts';
import type { HypervolumeCourse } from '../../search/population/pareto/hypervolume.ts';
import type { RunResult } from '../../search/run.ts';
import type { ValidationPoint } from '../../search/tuned/state.ts';
import type { SplitName, TargetsName } from '../images.ts';
import type { SearchView } from '../repaired/contract.ts';
import type { RepairTask } from '../repaired/task.ts';
import type { RunOptimizations } from './optimizations.ts';
import type { SearchSpec } from './spec.ts';

/** What to search, over which images. */
export interface SearchTask {
  /** The split that `images` are of. */
  readonly split: SplitName;
  /** All images of the search; a tuned search divides them into tuning and validation images. */
  readonly images: ImageSet;
  /** What outputs on these images are compared with. Default: labels. */
  readonly targets?: TargetsName;
  /** Of a search whose states are repaired; undefined: weights stay as they are. */
  readonly repair?: RepairTask | undefined;
  readonly spec: SearchSpec;
  /** What is pruned from the start, beside the weights that are 0 in the model. */
  readonly initial?: Masks | undefined;
  readonly optimizations: RunOptimizations;
}

/** A search that has ended, with its task. */
export interface SearchRun extends SearchTask {
  readonly result: RunResult;
  readonly work: EvaluatorWork;
  /** Multiply-accumulates of one unpruned forward pass over one image. */
  readonly macsPerImage: number;
  /** Duration of the search alone. */
  readonly seconds: number;
  /** Of a tuned search; absent otherwise. */
  readonly validation?: RunValidation | undefined;
}

/** The two sets of images of a tuned search, and what it found on them. */
export interface RunValidation {
  readonly tuning: ImageSet;
  /** The validation images. */
  readonly images: ImageSet;
  /** The unpruned network and the chosen masks, on the validation images. */
  readonly unpruned: Score;
  readonly best: Score;
  /** The accepted states of which none is both sparser and of lower loss on the tuning images. */
  readonly front: readonly Solution[];
  readonly validationPoints: readonly ValidationPoint[];
  /** Of a Pareto search; absent otherwise. */
  readonly hypervolume?: HypervolumeCourse | undefined;
}

export interface RunSearchOptions {
  /** For messages. */
  readonly modelName: string;
  /** In percent: the search ends if the unpruned accuracy on the tuning images is further than half a point from it. */
  readonly expectAccuracy?: number | undefined;
  /** Called if the unpruned network does little better than chance, and nothing was expected of it. */
  readonly onSuspicion?: ((warning: Phrase) => void) | undefined;
  /** Ends the search, which then resolves with what was found so far. */
  readonly signal?: AbortSignal | undefined;
  /** Awaited before every round, the first included: the search waits while it is pending. That time is not counted. */
  readonly gate?: (() => Promise<void> | undefined) | undefined;
  /** Called before the first round. */
  readonly onStart?: ((search: SearchView, evaluator: CountingEvaluator) => void) | undefined;
  /** Called after every round with the work and the seconds so far. */
  readonly onProgress?: ((progress: Progress, work: EvaluatorWork, seconds: number) => void) | undefined;
}
