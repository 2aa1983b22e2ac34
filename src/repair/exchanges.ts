/**
 * Exchanges in one layer: a kept weight goes, a pruned one is kept again, in the same output or in another, and the rows that change are refitted by least
 * squares. Which weights is drawn, with a preference for those that the second moments say cost little and gain much; what an exchange is worth to the
 * whole network, an evaluation says.
 */
import { isKept, type Mask, type Masks } from '../core/mask.ts';
import { randomStream, type RandomStream } from '../core/random.ts';
import type { Tensors } from '../network/model.ts';
import { ExchangeCosts, type InputChange } from './exchange-costs.ts';
import type { LayerFit, Row } from './layer-fit.ts';
import { keptIn } from './repair.ts';
import type { RepairedNetwork } from './round.ts';
import type { LayerRows } from './rows.ts';

/** Share of the exchanges in one output. */
const WITHIN_OUTPUT = 0.5;
/** Ranks are drawn as u^3 of all: half of the draws are of the first eighth. */
const PREFERENCE = 3;
/** Draws until one has something to exchange. */
const ATTEMPTS = 20;

export interface LayerExchangeOptions {
  /** Index in `problemOf(network).layers`. */
  readonly layer: number;
  readonly rows: LayerRows;
  /** Of the moments of the layer in `network`. */
  readonly fit: LayerFit;
  readonly ridge: number;
  readonly network: RepairedNetwork;
  /** Weights that may be kept; default: all. */
  readonly initial?: Mask | undefined;
  readonly seed: string;
  /** Distinguishes this object from others of the same search. */
  readonly visit: number;
}

/** A network that differs from the one before in one layer. */
export interface Exchange {
  readonly network: RepairedNetwork;
  /** Rows that change, by output. */
  readonly changed: ReadonlyMap<number, Row>;
}

export class LayerExchanges {
  readonly #options: LayerExchangeOptions;
  readonly #rows: Row[];
  #network: RepairedNetwork;
  #drawn = 0;
  /** Of rows as they are. */
  readonly #costs = new Map<number, ExchangeCosts>();

  constructor(options: LayerExchangeOptions) {
    this.#options = options;
    this.#network = options.network;
    this.#rows = [...options.rows.of(options.network.tensors)];
  }

  get network(): RepairedNetwork {
    return this.#network;
  }

  /** So many exchanges of the network as it is, fewer if there is nothing to exchange. They depend on how many were settled before, not on how many are asked for. */
  propose(count: number): readonly Exchange[] {
    const { seed, visit } = this.#options;
    const found: Exchange[] = [];
    for (let i = 0; i < count; i++) {
      const exchange = this.#draw(randomStream(seed, 'exchange', visit, this.#drawn + i));
      if (!exchange) break;
      found.push(exchange);
    }
    return found;
  }

  /** The first `count` proposals are settled, of which the last one is taken, if it is given. */
  settle(count: number, taken?: Exchange): void {
    this.#drawn += count;
    if (!taken) return;
    this.#network = taken.network;
    for (const [output, row] of taken.changed) {
      this.#rows[output] = row;
      this.#costs.delete(output);
    }
  }

  #draw(random: RandomStream): Exchange | undefined {
    const { length } = this.#rows;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const from = Math.floor(random() * length);
      const to = random() < WITHIN_OUTPUT ? from : Math.floor(random() * length);
      const lost = ranked(this.#costsOf(from).losses, random);
      const gained = ranked(this.#costsOf(to).gains, random);
      if (lost && gained) return this.#exchange(from, lost.input, to, gained.input);
    }
    return undefined;
  }

  #costsOf(output: number): ExchangeCosts {
    const known = this.#costs.get(output);
    if (known) return known;
    const { fit, ridge, initial } = this.#options;
    const made = new ExchangeCosts(fit, output, this.#kept(output), this.#rows[output]!, {
      ridge,
      mayKeep: (input) => !initial || isKept(initial, output * fit.inputs + input),
    });
    this.#costs.set(output, made);
    return made;
  }

  #kept(output: number): Uint32Array {
    const { layer, fit } = this.#options;
    return keptIn(this.#network.masks[layer]!, output, fit.inputs);
  }

  #exchange(from: number, lost: number, to: number, gained: number): Exchange {
    const { layer, rows, fit, ridge } = this.#options;
    const { masks, tensors } = this.#network;
    const mask = flipped(masks[layer]!, [from * fit.inputs + lost, to * fit.inputs + gained]);
    const changed = new Map(
      [...new Set([from, to])].map((output) => {
        const kept = keptIn(mask, output, fit.inputs);
        const weights = this.#rows[output]!.weights.slice();
        if (output === from) weights[lost] = 0;
        return [output, fit.refit(output, kept, { ...this.#rows[output]!, weights }, ridge)] as const;
      }),
    );
    const after = this.#rows.map((row, output) => changed.get(output) ?? row);
    const network = {
      masks: masks.with(layer, mask),
      tensors: new Map([...tensors, ...rows.tensorsOf(after)]) as Tensors,
    };
    return { network, changed };
  }
}

/** One of `changes`, the first ones most often. */
function ranked(changes: readonly InputChange[], random: RandomStream): InputChange | undefined {
  return changes[Math.floor(random() ** PREFERENCE * changes.length)];
}

function flipped({ length, words }: Mask, indices: readonly number[]): Masks[number] {
  const changed = words.slice();
  for (const index of indices) changed[index >>> 5]! ^= 1 << (index & 31);
  return { length, words: changed };
}
