/**
 * How far a search may go for now: what a weight may cost in loss, and how far the loss may rise. Both follow what the looks at
 * the selection images say of the current state.
 */
import type { Goal, Score } from './goal.ts';

/** Of the loss that a search may add in all: at first, a whole network's worth of weights may cost so many times that. */
const FIRST_FACTOR = 30;

/** Factor of the price at one check, and how far the load must be from where it should be. */
const STEP = 1.05;
const TOLERANCE = 0.1;

/** Loss does not matter any more at such a price. */
const HIGHEST = 1e12;

/** Where a number of zeros is asked for: factor of one check with too few, and the share of the budget to reach it in. */
const CHASE = 1.5;
const CHASE_SHARE = 0.4;

/** Everything that changes, as plain JSON. */
export interface StoredSteering {
  readonly price: number;
  readonly load: number;
  /** In nats; null for no limit. */
  readonly lossCap: number | null;
}

export class Steering {
  readonly #goal: Goal;
  /** The unmasked network on the selection images, and nats by which the loss may rise there; Infinity for no limit. */
  readonly #baseline: Score;
  readonly #lossRoom: number;
  #price: number;
  #load = 0;
  #lossCap = Infinity;

  /** Throws 'infeasible' if the unmasked network does not obey the goal. */
  constructor(goal: Goal, optimised: Score, selection: Score, stored?: StoredSteering) {
    this.#goal = goal;
    this.#baseline = selection;
    this.#lossRoom = goal.lossRoom(optimised, selection);
    const unlimited = this.#lossRoom === Infinity;
    this.#price = unlimited ? Math.max(optimised.loss, Number.EPSILON) : FIRST_FACTOR * this.#lossRoom;
    if (!stored) return;
    this.#price = stored.price;
    this.#load = stored.load;
    this.#lossCap = stored.lossCap ?? Infinity;
  }

  /** Nats per unit of the objective's size. */
  get price(): number {
    return this.#price;
  }

  /** The loss on the images optimised on, in nats, up to which it may rise for now. */
  get lossCap(): number {
    return this.#lossCap;
  }

  /** Takes in what a look at the selection images said of the current state; whether it obeys the goal. */
  check({ loss }: Score): boolean {
    this.#load = (loss - this.#baseline.loss) / this.#lossRoom;
    return this.#load <= 1;
  }

  /**
   * Sets price and cap until the next look.
   *
   * @param loss of the current state on the images optimised on
   * @param share of the budget that is used up
   */
  steer(loss: number, zeros: number, share: number): void {
    const { zeros: wanted } = this.#goal;
    if (wanted !== undefined) {
      if (zeros < wanted * Math.min(1, share / CHASE_SHARE))
        this.#price = Math.min(HIGHEST, this.#price * CHASE);
      return;
    }
    // Most of what is allowed may be used up soon, all of it in the end.
    const excess = this.#load - Math.sqrt(Math.min(1, share));
    if (excess > TOLERANCE) this.#price /= STEP;
    if (excess < -TOLERANCE) this.#price = Math.min(HIGHEST, this.#price * STEP);
    this.#lossCap = loss - excess * this.#lossRoom;
  }

  store(): StoredSteering {
    return {
      price: this.#price,
      load: this.#load,
      lossCap: this.#lossCap === Infinity ? null : this.#lossCap,
    };
  }
}
