import { ALL_OPTIMIZATIONS, type Optimizations } from '../../engine/optimizations.ts';

/** All that saves work in a run, each on or off: in the evaluator, in the search and in the loop between them. None changes a result. */
export interface RunOptimizations extends Optimizations {
  /** The search tells the evaluator above which loss a candidate is of no use. */
  readonly lossLimits: boolean;
  /** Evaluate several proposals at once, of which some may turn out not to be needed. */
  readonly speculation: boolean;
}

export type OptimizationName = keyof RunOptimizations;

export const ALL_RUN_OPTIMIZATIONS: RunOptimizations = {
  ...ALL_OPTIMIZATIONS,
  lossLimits: true,
  speculation: true,
};

/** In the order in which they are listed everywhere. */
export const OPTIMIZATIONS = Object.keys(ALL_RUN_OPTIMIZATIONS) as readonly OptimizationName[];

/** All optimizations but these. */
export function allBut(disabled: readonly OptimizationName[]): RunOptimizations {
  const off = disabled.map((name) => [name, false] as const);
  return { ...ALL_RUN_OPTIMIZATIONS, ...(Object.fromEntries(off) as Partial<RunOptimizations>) };
}

/** Those that are off. */
export function disabledIn(optimizations: RunOptimizations): readonly OptimizationName[] {
  return OPTIMIZATIONS.filter((name) => !optimizations[name]);
}
