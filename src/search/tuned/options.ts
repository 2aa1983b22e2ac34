import { MasksearchError } from '../../core/error.ts';
import { badOption, checkCount } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { LayerLimits } from '../limits.ts';
import type { GoalOptions } from './goal.ts';
import { MOVES, type Move } from './moves/moves.ts';
import { keptWeights, type Objective } from './objective.ts';

/**
 * The order in which moves prefer weights. `none`: no order. `learned`: weights whose pruning was rejected count as more
 * important. Otherwise known importance, one number of at least 0 per weight and one array per layer, raised by what is learned.
 * A small share of the picks ignores the order.
 */
export type Importance = 'none' | 'learned' | readonly ArrayLike<number>[];

export interface TunedAnnealingOptions extends GoalOptions, LayerLimits {
  readonly seed: string;
  /** Most candidates to evaluate, on both sets of images together. If Infinity, `patience` or `spent` must end the search. */
  readonly evaluations: number;
  /** Ends the search after this many evaluations without a better solution. */
  readonly patience?: number | undefined;
  /**
   * Share used of another budget than evaluations, such as time; the search ends at 1. Such a run cannot be repeated
   * exactly.
   */
  readonly spent?: (() => number) | undefined;
  readonly importance: Importance;
  /** Names of the layers to search; all if undefined. */
  readonly layers?: readonly string[] | undefined;
  /** Whether candidates get a `lossLimit`, so that evaluators may stop early; true if undefined. Never changes the result. */
  readonly lossLimits?: boolean | undefined;
  readonly objective: Objective;
  readonly moves: readonly Move[];
}

export const TUNED_DEFAULTS: TunedAnnealingOptions = {
  seed: '1',
  evaluations: 10_000,
  importance: 'learned',
  objective: keptWeights,
  moves: MOVES,
};

/** Each accepted candidate adds a row to the history, which is kept in memory. */
export const MAX_EVALUATIONS = 10_000_000;

/** The unpruned network on both sets of images, a proposal and its validation, and some more. */
export const MIN_EVALUATIONS = 10;

/** Throws 'bad-input' for an option out of range; `weights` are the numbers of weights of the problem's layers. */
export function checkTunedOptions(
  { evaluations, patience, spent, importance, moves }: TunedAnnealingOptions,
  weights: readonly number[],
): void {
  const open = evaluations === Infinity;
  if (!open)
    checkCount('evaluations', evaluations, {
      least: MIN_EVALUATIONS,
      most: MAX_EVALUATIONS,
      example: 10_000,
    });
  if (open && patience === undefined && !spent) {
    throw new MasksearchError(
      'bad-input',
      'nothing ends the search',
      phrase`pass ${optionName('evaluations')}, ${optionName('patience')} or spent`,
      { option: 'evaluations' },
    );
  }
  if (patience !== undefined) checkCount('patience', patience, { most: MAX_EVALUATIONS, example: 2000 });
  const names = new Set(moves.map(({ name }) => name));
  if (
    moves.length === 0 ||
    names.size < moves.length ||
    moves.some(({ frequency }) => !(frequency > 0 && frequency < Infinity))
  ) {
    throw badOption(
      'moves',
      moves.map(({ name }) => name).join(', '),
      'moves with different names and frequencies above 0',
      'pass such moves, or leave it out',
    );
  }
  if (importance === 'none' || importance === 'learned') return;
  if (typeof importance === 'string') {
    throw badOption(
      'importance',
      importance,
      'none, learned or one number for each weight',
      'pass one of these',
    );
  }
  checkImportance(importance, weights);
}

function checkImportance(importance: readonly ArrayLike<number>[], weights: readonly number[]): void {
  const fits =
    importance.length === weights.length &&
    weights.every((count, layer) => importance[layer]!.length === count);
  if (!fits) {
    throw badOption(
      'importance',
      importance,
      `for ${weights.join(', ')}`,
      'pass one number for each weight of each layer',
      { shown: `for ${importance.map(({ length }) => length).join(', ')} weights` },
    );
  }
  for (const ofLayer of importance) {
    const wrong = Array.prototype.find.call(ofLayer, (x: number) => !(x >= 0 && x < Infinity)) as
      number | undefined;
    if (wrong !== undefined)
      throw badOption('importance', wrong, 'at least 0 and finite', 'pass such numbers');
  }
}
