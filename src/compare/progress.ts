/** What a comparison reports while it runs. */
import type { SearchRun } from '../pruning/search/contract.ts';
import type { SearchSpec } from '../pruning/search/spec.ts';
import type { BaselineName } from '../report/text/words.ts';
import type { EvaluatorWork, Progress } from '../search/contract.ts';
import type { SubjectSplit } from './task.ts';

/** One search among those of a comparison. */
export interface ComparisonSearch {
  readonly split: SubjectSplit;
  readonly spec: SearchSpec;
  /** From 1. */
  readonly number: number;
  /** Number of searches in all. */
  readonly total: number;
}

export type ComparisonProgress =
  | { readonly type: 'searching'; readonly search: ComparisonSearch }
  /** After every round, with the work and the seconds of the search so far. */
  | {
      readonly type: 'round';
      readonly search: ComparisonSearch;
      readonly progress: Progress;
      readonly work: EvaluatorWork;
      readonly seconds: number;
    }
  | { readonly type: 'found'; readonly search: ComparisonSearch; readonly run: SearchRun }
  | { readonly type: 'ranking'; readonly baseline: BaselineName }
  /** Before each repair of a baseline; `done` of the split's `total` are done. */
  | {
      readonly type: 'repairing';
      readonly baseline: BaselineName;
      readonly done: number;
      readonly total: number;
    }
  /** Before each batch of a random search, of which `done` of `total` masks are evaluated. */
  | {
      readonly type: 'drawing';
      readonly baseline: BaselineName;
      readonly done: number;
      readonly total: number;
    }
  /** Before a batch of masks; `done` of `total` masks were evaluated on these images. */
  | {
      readonly type: 'evaluating';
      readonly images: 'tuning' | 'test';
      readonly done: number;
      readonly total: number;
    };

export interface CompareOptions {
  /** Ends the comparison, which then rejects. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ComparisonProgress) => void) | undefined;
}
