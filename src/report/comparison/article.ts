/** What one `compare` found, as `compare.json` holds it: both searches and the baselines on the same model and images. */
import type { EvaluatorWork, HistoryRow } from '../../search/contract.ts';
import type { Sparsity } from '../../core/mask.ts';
import type { Method, Preset, ResultDevice, ResultLayer, ResultWork } from '../run/result.ts';
import type { Score } from '../../search/contract.ts';

/** Masks that need no search. */
export const BASELINE_NAMES = ['random', 'magnitude-uniform', 'magnitude-global', 'wanda'] as const;
export type BaselineName = (typeof BASELINE_NAMES)[number];

/** One search. Losses are in nats; accuracies and sparsities are fractions. */
export interface ComparedRun {
  readonly method: Method;
  readonly seed: string;
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  /** The pruned network, on the images searched. */
  readonly final: Score & { readonly cost: number; readonly sparsity: Sparsity };
  /** Absent if the search saw the test images. */
  readonly test?: Score;
  readonly tradeOff: number;
  /** `kept` of each layer, in the order of the comparison's layers. */
  readonly kept: readonly number[];
  readonly history: readonly HistoryRow[];
  readonly work: ResultWork;
  /** Of the search alone. */
  readonly seconds: number;
  readonly digest: string;
}

/** A baseline's masks at one sparsity; on a curve of `random`, the mean over one mask for each seed. */
export interface BaselinePoint {
  readonly baseline: BaselineName;
  /** The global sparsity asked for. */
  readonly target: number;
  readonly sparsity: Pick<Sparsity, 'meanLayer' | 'global'>;
  readonly search: Score;
  readonly test?: Score;
}

/** A baseline's mask with as many zeros as a run ended with; of `random`, the mask of that run's seed. */
export interface MatchedPoint extends BaselinePoint {
  readonly method: Method;
  readonly seed: string;
}

export interface Comparison {
  readonly preset: Preset;
  readonly seeds: readonly string[];
  readonly device: ResultDevice;
  /** Number of images that were searched with, the split they are, and of test images; 0 if there are none left. */
  readonly images: number;
  readonly split: string;
  readonly testImages: number;
  readonly heldOut: boolean;
  readonly layers: readonly Omit<ResultLayer, 'kept'>[];
  /** Cap on the loss while each of `layers` is searched, in nats. */
  readonly caps: readonly number[];
  /** The unpruned network. */
  readonly unpruned: { readonly search: Score; readonly test?: Score };
  /** By method, then by seed. */
  readonly runs: readonly ComparedRun[];
  /** Each baseline at sparsities of 10 to 95 % in steps of 5. */
  readonly curves: readonly BaselinePoint[];
  readonly matched: readonly MatchedPoint[];
  /** Work of evaluating all masks, found and baselines, once on the searched and on the test images. */
  readonly baselineWork: EvaluatorWork;
  /** Of everything, files excepted. */
  readonly seconds: number;
  /** Of masksearch. */
  readonly version: string;
}

/** A mean with the sample standard deviation; that of one value is 0. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Throws for no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('there is no mean of nothing');
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
