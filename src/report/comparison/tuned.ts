/** What one `compare --preset tuned` found, as `compare.json` holds it: a search over several splits of the digits and seeds. */
import type { EvaluatorWork } from '../../search/contract.ts';
import type { Sparsity } from '../../core/mask.ts';
import type { ValidationPoint } from '../../search/tuned/state.ts';
import type { BaselineName } from './article.ts';
import type { ResultDevice, ResultLayer } from '../run/result.ts';
import type { Score } from '../../search/contract.ts';

/** Losses are in nats; accuracies and sparsities are fractions. */
export interface TunedComparison {
  readonly preset: 'tuned';
  /** Of every search. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  readonly device: ResultDevice;
  /** Name of the split that is searched with. */
  readonly split: string;
  readonly layers: readonly Omit<ResultLayer, 'kept'>[];
  readonly seeds: readonly string[];
  readonly splits: readonly TunedSplit[];
  /** By split, then by seed: every seed on every split. */
  readonly runs: readonly TunedRun[];
  /** Work of evaluating all masks, found and baselines, once on the test images. */
  readonly baselineWork: EvaluatorWork;
  /** Of everything, files excepted. */
  readonly seconds: number;
  /** Of masksearch. */
  readonly version: string;
}

/** One network, with images that it was not trained on. */
export interface TunedSplit {
  /** The seed that the bundled digits are split by; "data" where the images come from a folder. */
  readonly splitSeed: string;
  /** What was pruned: a path, or which of the package's models. */
  readonly model: string;
  /** Numbers of images that the searches tuned on, chose by, and were tested on. */
  readonly images: { readonly tuning: number; readonly validation: number; readonly test: number };
  /** The unpruned network, on the test images. */
  readonly unpruned: Score;
  /** Each baseline at sparsities of 10 to 95 % in steps of 5. */
  readonly curves: readonly TunedPoint[];
}

/** A baseline's masks at one sparsity, on the test images; of `random`, the mean over one mask for each seed. */
export interface TunedPoint {
  readonly baseline: BaselineName;
  /** The global sparsity asked for. */
  readonly target: number;
  /** The global sparsity that came of it. */
  readonly sparsity: number;
  readonly test: Score;
}

/** One search. */
export interface TunedRun {
  readonly splitSeed: string;
  readonly seed: string;
  /** The result, on the images tuned on. */
  readonly final: Score & { readonly sparsity: Sparsity };
  /** Number of pruned weights. */
  readonly zeros: number;
  /** Number of kept weights of each layer, in the order of the comparison's layers. */
  readonly kept: readonly number[];
  readonly validation: { readonly unpruned: Score; readonly pruned: Score };
  /** The result, on the test images. */
  readonly test: Score;
  /** Baselines with exactly `zeros` zeros, on the test images; `random` with the run's seed. */
  readonly matched: readonly MatchedScore[];
  /** Some of the states of which none is both sparser and of lower loss on the images tuned on, by rising sparsity. */
  readonly front: readonly TunedFrontPoint[];
  /** Looks at the current state on the validation images, in the order of the search. */
  readonly validationPoints: readonly ValidationPoint[];
  readonly work: EvaluatorWork;
  /** Of the search alone. */
  readonly seconds: number;
  /** Hexadecimal SHA-256 over every accepted step: equal digests mean equal runs. */
  readonly digest: string;
}

export interface MatchedScore {
  readonly baseline: BaselineName;
  readonly test: Score;
}

export interface TunedFrontPoint {
  /** Global. */
  readonly sparsity: number;
  readonly test: Score;
}

/** The split that a run was on. */
export function splitOf(
  { splits }: Pick<TunedComparison, 'splits'>,
  { splitSeed }: Pick<TunedRun, 'splitSeed'>,
): TunedSplit {
  const found = splits.find((split) => split.splitSeed === splitSeed);
  if (!found) throw new Error(`there is no split ${splitSeed}`);
  return found;
}

/** The score of a baseline with as many zeros as a run. */
export function matchedScore({ matched }: TunedRun, baseline: BaselineName): Score {
  const found = matched.find((score) => score.baseline === baseline);
  if (!found) throw new Error(`${baseline} was not matched`);
  return found.test;
}
