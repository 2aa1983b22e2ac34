import { MasksearchError } from '../../core/error.ts';
import { badOption, checkCount } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { GoalOptions } from './goal.ts';
import { MOVES, type Move } from './moves/moves.ts';
import { keptWeights, type Objective } from './objective.ts';

/**
 * How moves choose weights. `none`: all alike. `learned`: by what the search's own evaluations tell of them. Otherwise by known
 * importance, at least 0, one array for each layer in the order of its weights, corrected by what is learned. Whatever it is, a
 * share of the picks ignores it.
 */
export type Importance = 'none' | 'learned' | readonly ArrayLike<number>[];

export interface TunedAnnealingOptions extends GoalOptions {
  readonly seed: string;
  /** Candidates to evaluate at most, whatever for; no limit if Infinity: then `patience` or `spent` must end the search. */
  readonly evaluations: number;
  /** Ends the search when so many evaluations in a row have not led to a better choice. */
  readonly patience?: number | undefined;
  /**
   * Share of the budget that is used up, for budgets that are not evaluations, such as time: the search ends at 1. Such a
   * run cannot be repeated exactly.
   */
  readonly spent?: (() => number) | undefined;
  readonly importance: Importance;
  /** Names of the layers to search; all if not given. */
  readonly layers?: readonly string[] | undefined;
  /** Whether to tell evaluators which losses are too high to matter, so that they may stop; never changes the result. */
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

/** Candidates of a search: each accepted one leaves a row in the history, which is in memory. */
export const MAX_EVALUATIONS = 10_000_000;

/** The unmasked network on both sets of images, a change and a choice, and some more. */
const MIN_EVALUATIONS = 10;

/** Throws 'bad-input' for an option out of range; `weights` are the numbers of weights of the problem's layers. */
export function checkTunedOptions(
  { evaluations, patience, spent, importance, moves }: TunedAnnealingOptions,
  weights: readonly number[],
): void {
  const open = evaluations === Infinity;
  const isWhole = Number.isSafeInteger(evaluations) && evaluations <= MAX_EVALUATIONS;
  if (!open && !(isWhole && evaluations >= MIN_EVALUATIONS)) {
    throw badOption(
      'evaluations',
      evaluations,
      `a whole number from ${MIN_EVALUATIONS} to ${MAX_EVALUATIONS}`,
      'pass one such as 10000',
    );
  }
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
