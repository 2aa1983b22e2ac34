/**
 * How far a search may go for now: what a weight may cost in loss, and how far the loss may rise. Both follow what the looks at
 * the validation images say of the current state.
 */
import type { Score } from '../contract.ts';
import type { Goal } from './goal.ts';

/** Of the loss that a search may add in all: at first, a whole network's worth of weights may cost so many times that. */
const FIRST_FACTOR = 30;

/** Factor of the lossPerWeight at one check, and how far the budgetUsed must be from where it should be. */
const STEP = 1.05;
const TOLERANCE = 0.1;

/** Loss does not matter any more at such a lossPerWeight. */
const HIGHEST = 1e12;

/** Where a number of zeros is asked for: factor of one check with too few, and the share of the budget to reach it in. */
const CHASE = 1.5;
const CHASE_SHARE = 0.4;

/** Everything that changes, as plain JSON. */
export interface StoredTradeoff {
  readonly lossPerWeight: number;
  readonly budgetUsed: number;
  /** In nats; null for no limit. */
  readonly lossCap: number | null;
}

export class TradeoffController {
  readonly #goal: Goal;
  /** The unmasked network on the validation images, and nats by which the loss may rise there; Infinity for no limit. */
  readonly #unpruned: Score;
  readonly #lossRoom: number;
  #lossPerWeight: number;
  #budgetUsed = 0;
  #lossCap = Infinity;

  /** Throws 'infeasible' if the unmasked network does not obey the goal. */
  constructor(goal: Goal, tuning: Score, validation: Score, stored?: StoredTradeoff) {
    this.#goal = goal;
    this.#unpruned = validation;
    this.#lossRoom = goal.lossRoom(tuning, validation);
    const unlimited = this.#lossRoom === Infinity;
    this.#lossPerWeight = unlimited ? Math.max(tuning.loss, Number.EPSILON) : FIRST_FACTOR * this.#lossRoom;
    if (!stored) return;
    this.#lossPerWeight = stored.lossPerWeight;
    this.#budgetUsed = stored.budgetUsed;
    this.#lossCap = stored.lossCap ?? Infinity;
  }

  /** Nats per unit of the objective's size. */
  get lossPerWeight(): number {
    return this.#lossPerWeight;
  }

  /** The loss on the images tuned on, in nats, up to which it may rise for now. */
  get lossCap(): number {
    return this.#lossCap;
  }

  /** Takes in what a look at the validation images said of the current state; whether it obeys the goal. */
  check({ loss }: Score): boolean {
    this.#budgetUsed = (loss - this.#unpruned.loss) / this.#lossRoom;
    return this.#budgetUsed <= 1;
  }

  /**
   * Sets lossPerWeight and cap until the next look.
   *
   * @param loss of the current state on the images tuned on
   * @param share of the budget that is used up
   */
  steer(loss: number, zeros: number, share: number): void {
    const { zeros: wanted } = this.#goal;
    if (wanted !== undefined) {
      if (zeros < wanted * Math.min(1, share / CHASE_SHARE))
        this.#lossPerWeight = Math.min(HIGHEST, this.#lossPerWeight * CHASE);
      return;
    }
    // Most of what is allowed may be used up soon, all of it in the end.
    const excess = this.#budgetUsed - Math.sqrt(Math.min(1, share));
    if (excess > TOLERANCE) this.#lossPerWeight /= STEP;
    if (excess < -TOLERANCE) this.#lossPerWeight = Math.min(HIGHEST, this.#lossPerWeight * STEP);
    this.#lossCap = loss - excess * this.#lossRoom;
  }

  store(): StoredTradeoff {
    return {
      lossPerWeight: this.#lossPerWeight,
      budgetUsed: this.#budgetUsed,
      lossCap: this.#lossCap === Infinity ? null : this.#lossCap,
    };
  }
}
