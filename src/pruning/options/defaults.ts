/** What a run does unless told otherwise: the only place for defaults, which the help texts quote. */
import type { ImportanceName } from '../../baselines/importance.ts';
import type { Method, Preset } from '../../report/run/result.ts';
import { GENETIC_ALGORITHM_PAPER } from '../../search/article/genetic-options.ts';
import { SIMULATED_ANNEALING_PAPER } from '../../search/article/simulated-annealing.ts';
import { DEFAULT_ACCURACY_DROP, DEFAULT_LOSS_RISE } from '../../search/tuned/goal.ts';
import { POPULATION_DEFAULTS } from '../../search/population/options.ts';
import { TUNED_DEFAULTS } from '../../search/tuned/options.ts';
import type { SplitName, TargetsName } from '../images.ts';

export const DEFAULTS = {
  method: 'sa' satisfies Method as Method,
  /** Of each method. */
  preset: { sa: 'tuned', ga: 'paper' } satisfies Record<Method, Preset> as Readonly<Record<Method, Preset>>,
  /** Split to search with. */
  split: 'search' satisfies SplitName as SplitName,
  /** What a search compares outputs with. */
  targets: 'labels' satisfies TargetsName as TargetsName,
  /** The goal if none is given, in percentage points. */
  maxAccuracyDrop: DEFAULT_ACCURACY_DROP,
  /** The goal of a regression if none is given, in percent. */
  maxLossRise: DEFAULT_LOSS_RISE,
  /**
   * A run has a model, so it starts from the magnitudes of its weights. The library's `tunedAnnealing` knows no model and cannot: its
   * default is to learn the importance.
   */
  tuned: { ...TUNED_DEFAULTS, importance: 'magnitude' satisfies ImportanceName as ImportanceName },
  population: { ...POPULATION_DEFAULTS, importance: 'magnitude' satisfies ImportanceName as ImportanceName },
  /** Of a search that repairs, whose evaluations are worth more each. */
  repairedEvaluations: 3000,
  annealing: SIMULATED_ANNEALING_PAPER,
  genetic: GENETIC_ALGORITHM_PAPER,
} as const;
