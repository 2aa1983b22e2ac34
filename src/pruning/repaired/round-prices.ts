/**
 * What errors cost, for the rounds of a search. That changes with the network, most near its end, and takes two evaluations for each output to
 * measure: so it is measured as often as a share of the evaluations allows, and what was measured last at about that sparsity serves the rounds between.
 */
import { countKept } from '../../core/mask.ts';
import { totalOf } from '../../core/math.ts';
import type { Model } from '../../network/model.ts';
import { errorPrices, leastPriceEvaluations, priceEvaluations, variancePrices } from '../../repair/prices.ts';
import type { RepairedNetwork } from '../../repair/round.ts';
import type { Evaluator } from '../../search/contract.ts';

/** Share of the evaluations of a search that prices may take. */
const PRICE_SHARE = 0.5;
/** Share of all weights that a search without a target is expected to keep. */
const EXPECTED_KEPT = 0.04;
/** Once the goal is near: prices of a network that keeps less than this share of the weights that it had are measured anew. */
const NEAR_SHARE = 0.9;

export type Prices = readonly (ArrayLike<number> | undefined)[];

/** The state of a search that wants prices. */
export interface Asking {
  /** Evaluations so far, and left. */
  readonly made: number;
  readonly left: number;
  /** Whether a state has missed the goal. */
  readonly isNear: boolean;
}

export interface RoundPricesInput {
  /** The unpruned one. */
  readonly model: Model;
  readonly evaluator: Evaluator;
  /** See `outputVariances`. */
  readonly variances: readonly (Float64Array | undefined)[];
  /** Number of all weights. */
  readonly weights: number;
  /** Number of weights that the search is to keep; undefined if that is for the loss to say. */
  readonly wantedKept: number | undefined;
  readonly seed: string;
  readonly signal?: AbortSignal | undefined;
}

interface Measured {
  /** Number of kept weights. */
  readonly kept: number;
  readonly prices: Prices;
}

export class RoundPrices {
  readonly #input: RoundPricesInput;
  readonly #measured: Measured[] = [];
  #spent = 0;

  constructor(input: RoundPricesInput) {
    this.#input = input;
  }

  async of(network: RepairedNetwork, asking: Asking): Promise<Prices> {
    const { model, variances } = this.#input;
    const kept = totalOf(network.masks.map(countKept));
    const known = this.#nearest(kept);
    const all = priceEvaluations(model);
    const affordable = Math.min(this.#allowed(asking) - this.#spent, asking.left - 2);
    if (known && (affordable < all || ratioOf(kept, known.kept) > this.#dueAt(asking))) return known.prices;
    return affordable < leastPriceEvaluations(model)
      ? variancePrices(variances)
      : this.#measure(network, kept, Math.min(all, affordable));
  }

  async #measure(network: RepairedNetwork, kept: number, evaluations: number): Promise<Prices> {
    const { model, evaluator, variances, seed, signal } = this.#input;
    const prices = await errorPrices(evaluator, model, network, variances, { evaluations, seed, signal });
    this.#spent += evaluations;
    this.#measured.push({ kept, prices });
    return prices;
  }

  #nearest(kept: number): Measured | undefined {
    const sorted = this.#measured.toSorted((a, b) => ratioOf(kept, b.kept) - ratioOf(kept, a.kept));
    return sorted[0];
  }

  #allowed({ made, left }: Asking): number {
    return PRICE_SHARE * (made + left);
  }

  /** Prices are measured anew for a network whose number of kept weights is at most this share of that where they were measured. */
  #dueAt(asking: Asking): number {
    if (asking.isNear) return NEAR_SHARE;
    const { model, weights, wantedKept } = this.#input;
    const times = this.#allowed(asking) / priceEvaluations(model);
    // One is left for when the goal is near.
    const steps = wantedKept === undefined ? times - 1 : times;
    const first = this.#measured[0]?.kept ?? weights;
    const last = Math.min(wantedKept ?? EXPECTED_KEPT * weights, first);
    return steps < 1 ? 0 : (last / first) ** (1 / steps);
  }
}

/** How near two numbers of kept weights are: 1 if they are equal. */
function ratioOf(a: number, b: number): number {
  return Math.min(a, b) / Math.max(a, b, 1);
}
