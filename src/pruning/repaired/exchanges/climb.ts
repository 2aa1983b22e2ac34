/** One exchange after the other: the first that lowers the loss is taken, and the next ones start from there. */
import { LayerExchanges, type Exchange, type LayerExchangeOptions } from '../../../repair/exchanges.ts';
import type { Evaluation } from '../../../search/contract.ts';
import { inFull } from '../../../search/shell.ts';
import type { LayerSearch, Told } from './contract.ts';

export interface ClimbOptions extends LayerExchangeOptions {
  /** Of the network. */
  readonly loss: number;
  /** How many exchanges are proposed before it is known whether one of them is taken. Never changes the result. */
  readonly width: () => number;
}

export class Climb implements LayerSearch {
  readonly #exchanges: LayerExchanges;
  readonly #width: () => number;
  #loss: number;
  #proposals: readonly Exchange[] = [];

  constructor({ loss, width, ...options }: ClimbOptions) {
    this.#exchanges = new LayerExchanges(options);
    this.#width = width;
    this.#loss = loss;
  }

  get network() {
    return this.#exchanges.network;
  }

  get loss(): number {
    return this.#loss;
  }

  get lossLimit(): number {
    return this.#loss;
  }

  propose(most: number) {
    this.#proposals = this.#exchanges.propose(Math.max(1, Math.min(Math.floor(this.#width()), most)));
    return this.#proposals.map(({ network }) => network);
  }

  tell(evaluations: readonly Evaluation[]): Told {
    const at = evaluations.findIndex((evaluation) => !evaluation.exceeded && evaluation.loss < this.#loss);
    // Those behind it started from another network: they were for nothing.
    const counted = at < 0 ? evaluations.length : at + 1;
    const taken = this.#proposals[at];
    this.#exchanges.settle(counted, taken);
    if (!taken) return { counted };
    const score = inFull(evaluations[at]!);
    this.#loss = score.loss;
    return { counted, accepted: { network: taken.network, score } };
  }
}
