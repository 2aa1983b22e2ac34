/** Exchanges of single weights in one layer, and the networks that they lead to, one after the other. */
import type { Masks } from '../core/mask.ts';
import { randomStream } from '../core/random.ts';
import { ExchangeDraws, type ExchangeOptions, type LayerChange, type PrunedLayer } from './exchange-draws.ts';
import type { Row } from './layer-fit.ts';
import type { RepairedNetwork } from './round.ts';
import type { LayerRows } from './rows.ts';

export interface LayerExchangeOptions extends ExchangeOptions {
  /** Index in `problemOf(network).layers`. */
  readonly layer: number;
  readonly rows: LayerRows;
  /** The one that the moments are of. */
  readonly network: RepairedNetwork;
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
  readonly #draws: ExchangeDraws;
  #rows: readonly Row[];
  #network: RepairedNetwork;
  #drawn = 0;

  constructor(options: LayerExchangeOptions) {
    this.#options = options;
    this.#draws = new ExchangeDraws(options);
    this.#network = options.network;
    this.#rows = options.rows.of(options.network.tensors);
  }

  get network(): RepairedNetwork {
    return this.#network;
  }

  /** So many exchanges of the network as it is, fewer if there is nothing to exchange. They depend on how many were settled before, not on how many are asked for. */
  propose(count: number): readonly Exchange[] {
    const { layer, rows, seed, visit } = this.#options;
    const own = { mask: this.#network.masks[layer]!, rows: this.#rows };
    const found: Exchange[] = [];
    for (let i = 0; i < count; i++) {
      const change = this.#draws.draw(own, randomStream(seed, 'exchange', visit, this.#drawn + i));
      if (!change) break;
      const { changed } = change;
      found.push({ network: withLayer(this.#network, layer, rows, withChange(own, change)), changed });
    }
    return found;
  }

  /** The first `count` proposals are settled, of which the last one is taken, if it is given. */
  settle(count: number, taken?: Exchange): void {
    this.#drawn += count;
    if (!taken) return;
    this.#network = taken.network;
    this.#rows = this.#rows.map((row, output) => taken.changed.get(output) ?? row);
  }
}

export function withChange({ rows }: PrunedLayer, { mask, changed }: LayerChange): PrunedLayer {
  return { mask, rows: rows.map((row, output) => changed.get(output) ?? row) };
}

/** The network with another layer in this place. */
export function withLayer(
  { masks, tensors }: RepairedNetwork,
  layer: number,
  rows: LayerRows,
  { mask, rows: own }: PrunedLayer,
): RepairedNetwork {
  const changed: Masks = masks.with(layer, mask);
  return { masks: changed, tensors: new Map([...tensors, ...rows.tensorsOf(own)]) };
}
