/**
 * Draws exchanges in one layer: a kept weight goes, a pruned one is kept again, in the same output or in another, and the rows that change are refitted by least
 * squares. Which weights is drawn, with a preference for those that the second moments say cost little and gain much; what an exchange is worth to the
 * whole network, an evaluation says.
 */
import { isKept, type Mask } from '../core/mask.ts';
import type { RandomStream } from '../core/random.ts';
import { ExchangeCosts, type InputChange } from './exchange-costs.ts';
import type { LayerFit, Row } from './layer-fit.ts';
import { keptIn } from './repair.ts';

/** Share of the exchanges in one output. */
const WITHIN_OUTPUT = 0.5;
/** Ranks are drawn as u^3 of all: half of the draws are of the first eighth. */
const PREFERENCE = 3;
/** Draws until one has something to exchange. */
const ATTEMPTS = 20;

/** A layer of a pruned network. Every row fits the weights that its output keeps. */
export interface PrunedLayer {
  readonly mask: Mask;
  /** [output] */
  readonly rows: readonly Row[];
}

/** What an exchange makes of a layer. */
export interface LayerChange {
  readonly mask: Mask;
  /** Rows that change, by output. */
  readonly changed: ReadonlyMap<number, Row>;
}

export interface ExchangeOptions {
  /** Of the moments of the layer. */
  readonly fit: LayerFit;
  readonly ridge: number;
  /** Weights that may be kept; default: all. */
  readonly initial?: Mask | undefined;
}

export class ExchangeDraws {
  readonly #options: ExchangeOptions;
  /** A row has one set of kept weights, so it says which costs are known. */
  readonly #costs = new WeakMap<Row, ExchangeCosts>();

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Undefined if nothing was found to exchange. */
  draw(layer: PrunedLayer, random: RandomStream): LayerChange | undefined {
    const { length } = layer.rows;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const from = Math.floor(random() * length);
      const to = random() < WITHIN_OUTPUT ? from : Math.floor(random() * length);
      const lost = ranked(this.#costsOf(layer, from).losses, random);
      const gained = ranked(this.#costsOf(layer, to).gains, random);
      if (lost && gained) return this.#exchange(layer, from, lost.input, to, gained.input);
    }
    return undefined;
  }

  #costsOf({ mask, rows }: PrunedLayer, output: number): ExchangeCosts {
    const row = rows[output]!;
    const known = this.#costs.get(row);
    if (known) return known;
    const { fit, ridge, initial } = this.#options;
    const made = new ExchangeCosts(fit, output, keptIn(mask, output, fit.inputs), row, {
      ridge,
      mayKeep: (input) => !initial || isKept(initial, output * fit.inputs + input),
    });
    this.#costs.set(row, made);
    return made;
  }

  #exchange(
    { mask, rows }: PrunedLayer,
    from: number,
    lost: number,
    to: number,
    gained: number,
  ): LayerChange {
    const { fit, ridge } = this.#options;
    const after = flipped(mask, [from * fit.inputs + lost, to * fit.inputs + gained]);
    const changed = new Map(
      [...new Set([from, to])].map((output) => {
        const kept = keptIn(after, output, fit.inputs);
        const weights = rows[output]!.weights.slice();
        if (output === from) weights[lost] = 0;
        return [output, fit.refit(output, kept, { ...rows[output]!, weights }, ridge)] as const;
      }),
    );
    return { mask: after, changed };
  }
}

/** One of `changes`, the first ones most often. */
function ranked(changes: readonly InputChange[], random: RandomStream): InputChange | undefined {
  return changes[Math.floor(random() ** PREFERENCE * changes.length)];
}

function flipped({ length, words }: Mask, indices: readonly number[]): Mask {
  const changed = words.slice();
  for (const index of indices) changed[index >>> 5]! ^= 1 << (index & 31);
  return { length, words: changed };
}
