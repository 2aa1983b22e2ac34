/** What stays the same over a whole population search. */
import type { Masks } from '../../core/mask.ts';
import type { Problem } from '../contract.ts';
import { maxPrunableIn, setupOf, type SearchSetup } from '../tuned/setup.ts';
import { checkPopulationOptions, generationSize, type PopulationOptions } from './options.ts';

/** Individuals of a generation for each that survives it, where the goal decides. */
const CHILDREN_PER_SURVIVOR = 4;

/** Most solutions that are validated at the end, and the share of the evaluations that they may take. */
const MAX_FINALISTS = 8;
const FINALISTS_SHARE = 1 / 400;

export interface PopulationSetup extends Omit<SearchSetup, 'options'> {
  readonly options: PopulationOptions;
  /** Individuals that are bred in a generation. */
  readonly children: number;
  /** Individuals that survive. */
  readonly survivors: number;
  /** Most solutions that are validated at the end. */
  readonly finalists: number;
}

/** Throws 'bad-input' for an option out of range, and for a target that the layers to search cannot reach. */
export function populationSetup(problem: Problem, options: PopulationOptions): PopulationSetup {
  checkPopulationOptions(options);
  const setup = setupOf(problem, options);
  const children = generationSize(options);
  return {
    ...setup,
    options,
    children,
    survivors: options.pareto ? children : Math.max(2, Math.ceil(children / CHILDREN_PER_SURVIVOR)),
    finalists: Math.max(1, Math.min(MAX_FINALISTS, Math.floor(options.evaluations * FINALISTS_SHARE))),
  };
}

/** Number of weights that a layer of `masks` may still lose. */
export const prunableIn =
  ({ problem }: Pick<PopulationSetup, 'problem'>) =>
  (masks: Masks, layer: number) =>
    maxPrunableIn(problem, masks, layer);
