/** The activations that enter the layer being searched, kept from candidate to candidate. */
import { masksEqual, type Masks } from 'masksearch';
import { highestLossFirst, makeBatches, naturalOrder, type Batch } from './batches.ts';
import { reorder, type Digits } from './digits.ts';
import type { Runtime } from './runtime.ts';

/** All images, ready to be run from layer `depth` on. */
export interface Prefix<Activations> {
  readonly depth: number;
  /** Indices of the images in the order in which they are to be visited. */
  readonly order: Uint32Array;
  readonly batches: readonly Batch<Activations>[];
}

export class PrefixCache<Activations> {
  readonly #runtime: Runtime<Activations>;
  readonly #digits: Digits;
  readonly #batchSize: number;
  /** The images in the order of the prefix: of use to its batches until they are freed, then to the next. */
  readonly #ordered: Digits;
  #prefix: Prefix<Activations> | undefined;
  /** Those of the layers in the cache. */
  #masks: Masks = [];
  /** What the order was made from; undefined if it is that of the set. */
  #losses: Uint32Array | undefined;

  constructor(runtime: Runtime<Activations>, digits: Digits, batchSize: number) {
    this.#runtime = runtime;
    this.#digits = digits;
    this.#batchSize = batchSize;
    const { pixels, labels } = digits;
    this.#ordered = { ...digits, pixels: pixels.slice(), labels: labels.slice() };
  }

  /**
   * A prefix of at least `depth` layers for these masks, which the runtime must have been given. A new order is taken up
   * when it costs little: when the prefix must be run anyway, or when there is nothing to run.
   *
   * @param losses of each image, in the order of the set, if any are known; a new array when they change
   */
  async prefixFor(
    masks: Masks,
    depth: number,
    losses: Uint32Array | undefined,
  ): Promise<Prefix<Activations>> {
    const prefix = this.#prefix;
    const fits = prefix && prefix.depth >= depth && sharedLayers(this.#masks, masks) === prefix.depth;
    if (fits && (prefix.depth > 0 || this.#losses === losses)) return prefix;

    this.clear();
    const order = losses ? highestLossFirst(losses) : naturalOrder(this.#digits.count);
    reorder(this.#digits, order, this.#ordered);
    const batches = await makeBatches(this.#runtime, this.#ordered, this.#batchSize, depth);
    this.#masks = masks.slice(0, depth);
    this.#losses = losses;
    return (this.#prefix = { depth, order, batches });
  }

  clear(): void {
    for (const { activations } of this.#prefix?.batches ?? []) this.#runtime.free(activations);
    this.#prefix = undefined;
  }
}

/** Number of leading layers whose masks are equal. */
export function sharedLayers(a: Masks, b: Masks): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && masksEqual(a[shared]!, b[shared]!)) shared++;
  return shared;
}
