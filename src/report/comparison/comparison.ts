/**
 * What one `compare` run found, as compare.json holds it: searches and baselines on the same networks and images. Losses
 * are in nats; accuracies and sparsities are fractions.
 */
import type { Sparsity } from '../../core/mask.ts';
import type { EvaluatorWork, HistoryRow, Score } from '../../search/contract.ts';
import type { ValidationPoint } from '../../search/tuned/state.ts';
import type { Method, ResultData, ResultDevice, ResultLayer, ResultWork } from '../run/result.ts';
import type { BaselineName } from '../text/words.ts';

/** Of a network that has an accuracy: regressions are not compared. */
export interface ComparedScore extends Score {
  readonly accuracy: number;
}

export interface ComparedRow extends HistoryRow {
  readonly accuracy: number;
}

export interface ComparedValidation extends ValidationPoint {
  readonly tuning: ComparedScore;
  readonly validation: ComparedScore;
}

/** `paper`: both of the article's searches on one network. `tuned`: the tuned search on one or more splits of the images. */
export type Comparison = PaperComparison | TunedComparison;

/** What both presets have. */
export interface ComparisonBase<
  Split extends ComparedSplit = ComparedSplit,
  Run extends ComparedRun = ComparedRun,
> {
  readonly device: ResultDevice;
  /** Name of the split that the searches run on. */
  readonly split: string;
  /** False if the searches saw the test images: there are no test scores then. */
  readonly heldOut: boolean;
  readonly layers: readonly Omit<ResultLayer, 'kept'>[];
  readonly seeds: readonly string[];
  /** Of preset paper, one. */
  readonly splits: readonly Split[];
  /** By split, then by method, then by seed: every seed on every split. */
  readonly runs: readonly Run[];
  /** Work of evaluating all masks after the searches: those found, and the baselines'. */
  readonly evaluationWork: EvaluatorWork;
  /** Of the whole comparison, without writing files. */
  readonly seconds: number;
  /** Of masksearch. */
  readonly version: string;
}

export interface PaperComparison extends ComparisonBase<ComparedSplit<PaperPoint>, PaperRun> {
  readonly preset: 'paper';
  readonly splits: readonly [ComparedSplit<PaperPoint>];
  /** Cap on the loss while each of `layers` is searched, in nats. */
  readonly caps: readonly number[];
}

export interface TunedComparison extends ComparisonBase<TunedSplit, TunedRun> {
  readonly preset: 'tuned';
}

/** One network, with images that it was not trained on. */
export interface ComparedSplit<Point extends BaselinePoint = BaselinePoint> {
  /** Seed that the bundled digits are split by; `data` for images from a folder. */
  readonly splitSeed: string;
  /** What was pruned: a path, or which of the package's models. */
  readonly model: string;
  readonly data?: ResultData;
  /** Number of images of each kind; 0 validation images in preset paper, 0 test images if none were held out. */
  readonly images: {
    readonly tuning: number;
    readonly validation: number;
    readonly test: number;
    /** That baselines were repaired on; absent where none was. */
    readonly calibration?: number;
  };
  /** The unpruned network on each kind of images that there is. */
  readonly unpruned: {
    readonly tuning: ComparedScore;
    readonly validation?: ComparedScore;
    readonly test?: ComparedScore;
  };
  /**
   * Each baseline at rising sparsities: with frozen weights 10 to 95 % in steps of 5; repaired once 60, 80, 90, 95 and 97 %; in rounds the ends of the rounds up to 97.5 %. A
   * random search has none.
   */
  readonly curves: readonly Point[];
}

export interface TunedSplit extends ComparedSplit<TunedPoint> {
  readonly unpruned: {
    readonly tuning: ComparedScore;
    readonly validation: ComparedScore;
    readonly test: ComparedScore;
  };
}

/** Sparsity of a whole network. */
export type NetworkSparsity = Pick<Sparsity, 'meanLayer' | 'global'>;

/** A baseline at one sparsity; on a curve of `random`, the mean over one mask for each seed. */
export interface BaselinePoint {
  readonly baseline: BaselineName;
  /** The global sparsity asked for. */
  readonly target: number;
  readonly sparsity: NetworkSparsity;
  readonly tuning?: ComparedScore;
  /** Absent if no test images were held out. */
  readonly test?: ComparedScore;
}

/** Evaluated on the tuning images and, if they were held out, on the test images. */
export interface PaperPoint extends BaselinePoint {
  readonly tuning: ComparedScore;
}

/** Evaluated on the test images alone. */
export interface TunedPoint extends BaselinePoint {
  readonly test: ComparedScore;
}

/** One search. */
export interface ComparedRun<Point extends BaselinePoint = BaselinePoint> {
  readonly method: Method;
  readonly splitSeed: string;
  readonly seed: string;
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  /** The pruned network on the tuning images. */
  readonly final: ComparedScore & { readonly cost: number; readonly sparsity: Sparsity };
  /** The pruned network on the validation images. */
  readonly validation?: ComparedScore;
  /** The pruned network on the test images; absent if none were held out. */
  readonly test?: ComparedScore;
  /** See `tradeOffScore`. */
  readonly tradeOff: number;
  /** Number of pruned weights. */
  readonly zeros: number;
  /** Number of kept weights of each layer, in the order of the comparison's layers. */
  readonly kept: readonly number[];
  /** Each baseline with exactly `zeros` zeros; `random` with the run's seed. */
  readonly matched: readonly Point[];
  readonly work: ResultWork;
  /** Of the search alone. */
  readonly seconds: number;
  /** Hexadecimal SHA-256 over every accepted step or generation: equal digests mean equal runs. */
  readonly digest: string;
}

export interface PaperRun extends ComparedRun<PaperPoint> {
  readonly history: readonly ComparedRow[];
}

/** It has no history: a tuned search accepts thousands of steps. */
export interface TunedRun extends ComparedRun<TunedPoint> {
  readonly validation: ComparedScore;
  readonly test: ComparedScore;
  /**
   * Some of the accepted states that no other beats in both sparsity and loss on the tuning images, by rising sparsity, on
   * the test images.
   */
  readonly front: readonly { readonly sparsity: NetworkSparsity; readonly test: ComparedScore }[];
  /** The current state on the validation images, now and then, in the order of the search. */
  readonly validationPoints: readonly ComparedValidation[];
}
