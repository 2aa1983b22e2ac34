/**
 * How much loss a search trades for weights: what a weight may cost, and how far the loss may rise for now. Both are set
 * anew at every validation.
 *
 * Where the goal limits the loss, the loss budget is what it may rise by, on the validation images. The controller aims at
 * using up most of it early and all of it at the end.
 */
import { finiteNumber, orInfinity, positiveNumber, record, type Codec } from '../../core/codec.ts';
import type { Score } from '../contract.ts';
import type { Goal } from './goal.ts';

/** The first loss per weight, as a multiple of the loss budget. */
const FIRST_FACTOR = 30;

/** Factor by which the loss per weight changes at one validation, and how far off the budget used must be. */
const STEP = 1.05;
const TOLERANCE = 0.1;

/** From such a loss per weight on, loss does not matter any more. */
const MAX_LOSS_PER_WEIGHT = 1e12;

/** With a target sparsity: factor at a validation with too few zeros, and the share of the search to reach them in. */
const CHASE = 1.5;
const CHASE_SHARE = 0.4;

export interface Tradeoff {
  /** Nats that one unit of the objective's size is worth. */
  readonly lossPerWeight: number;
  /** Share of the loss budget that the solution validated last had used; below 0 if its loss had fallen. */
  readonly budgetUsed: number;
  /** Loss on the tuning images, in nats, up to which proposals are accepted for now; Infinity without a limit. */
  readonly lossCap: number;
}

export interface StoredTradeoff extends Omit<Tradeoff, 'lossCap'> {
  readonly lossCap: number | null;
}

export const tradeoffCodec: Codec<Tradeoff, StoredTradeoff> = record<Tradeoff, StoredTradeoff>({
  lossPerWeight: positiveNumber,
  budgetUsed: finiteNumber(),
  lossCap: orInfinity(finiteNumber()),
});

/** The unpruned network on both sets of images. */
export interface UnprunedScores {
  readonly tuning: Score;
  readonly validation: Score;
}

export class TradeoffController {
  readonly #goal: Goal;

  constructor(goal: Goal) {
    this.#goal = goal;
  }

  /** Throws 'infeasible' if the unpruned network does not meet the goal. */
  start({ tuning, validation }: UnprunedScores): Tradeoff {
    const lossBudget = this.#goal.lossBudget(tuning, validation);
    const isUnlimited = lossBudget === Infinity;
    const lossPerWeight = isUnlimited ? Math.max(tuning.loss, Number.EPSILON) : FIRST_FACTOR * lossBudget;
    return { lossPerWeight, budgetUsed: 0, lossCap: Infinity };
  }

  /** Takes in the validation loss of the current solution. It meets the goal if at most the whole budget is used. */
  validate(tradeoff: Tradeoff, { tuning, validation }: UnprunedScores, { loss }: Score): Tradeoff {
    const budgetUsed = (loss - validation.loss) / this.#goal.lossBudget(tuning, validation);
    return { ...tradeoff, budgetUsed };
  }

  /**
   * What applies until the next validation.
   *
   * @param loss of the current solution on the tuning images
   * @param zeros of the current solution
   * @param share of the search that is over
   */
  steer(
    tradeoff: Tradeoff,
    { tuning, validation }: UnprunedScores,
    { loss, zeros, share }: { readonly loss: number; readonly zeros: number; readonly share: number },
  ): Tradeoff {
    const { lossPerWeight, budgetUsed } = tradeoff;
    const { zeros: wanted } = this.#goal;
    if (wanted !== undefined) {
      const isBehind = zeros < wanted * Math.min(1, share / CHASE_SHARE);
      return isBehind ? { ...tradeoff, lossPerWeight: raised(lossPerWeight, CHASE) } : tradeoff;
    }
    const excess = budgetUsed - Math.sqrt(Math.min(1, share));
    const lossCap = loss - excess * this.#goal.lossBudget(tuning, validation);
    if (excess > TOLERANCE) return { budgetUsed, lossCap, lossPerWeight: lossPerWeight / STEP };
    if (excess < -TOLERANCE) return { budgetUsed, lossCap, lossPerWeight: raised(lossPerWeight, STEP) };
    return { ...tradeoff, lossCap };
  }
}

function raised(lossPerWeight: number, factor: number): number {
  return Math.min(MAX_LOSS_PER_WEIGHT, lossPerWeight * factor);
}
