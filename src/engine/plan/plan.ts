/**
 * What a batch of candidates must compute: written once, for every backend. Backends run stages over chunks of
 * images and know nothing of prefixes or limits; nothing here knows a device.
 */
import { LARGEST_LOSS, LOSS_UNITS, type LossSum } from '../../kernels/softmax-cross-entropy.ts';
import type { Evaluation } from '../../search/contract.ts';
import { countKept, masksEqual, type Masks } from '../../core/mask.ts';
import type { Stage } from '../../network/network.ts';

/**
 * The stages of one batch. The input of stage s is cached at depth s; depth 0 is the images themselves, always there.
 */
export interface BatchPlan {
  /** Stages to run once, over `masks`, into the cache: they read depth `from` and write depths `from + 1` to `to`. */
  readonly extend: { readonly from: number; readonly to: number; readonly masks: Masks } | undefined;
  /** The first stage that each candidate runs for itself, reading the cache at this depth. */
  readonly start: number;
}

export interface PrefixCacheOptions {
  /** Without it every candidate starts from the images. */
  readonly enabled?: boolean;
}

/**
 * Decides which activations are kept. A candidate of a layer-wise search differs from the one before only from that
 * layer on, so the input of that layer is worth keeping: a batch of several candidates keeps what they share; a lone
 * candidate keeps what it shares with the first of the previous call.
 */
export class PrefixCache {
  readonly #deepest: number;
  /** Masks of the stages whose outputs are cached, from stage 0 on. */
  #cached: Masks = [];
  #previous: Masks = [];

  constructor(stages: readonly Stage[], { enabled = true }: PrefixCacheOptions = {}) {
    // The output of the last stage is never an input.
    this.#deepest = enabled ? stages.length - 1 : 0;
  }

  /** Plans a batch of at least one candidate, in the belief that the plan is then carried out in full. */
  plan(batch: readonly Masks[]): BatchPlan {
    const first = batch[0]!;
    const shared = batch.reduce((depth, masks) => commonPrefix(first, masks, depth), this.#deepest);
    const usable = commonPrefix(this.#cached, first, shared);
    const stable = batch.length > 1 ? shared : commonPrefix(this.#previous, first, shared);
    this.#previous = first;
    const extend = stable > usable ? { from: usable, to: stable, masks: first } : undefined;
    if (extend) this.#cached = first.slice(0, stable);
    return { extend, start: Math.max(usable, stable) };
  }

  /** Forgets everything: a plan was not carried out, so the cache may hold anything. */
  clear(): void {
    this.#cached = [];
    this.#previous = [];
  }
}

/** Number of leading masks that are equal, at most `limit`. */
function commonPrefix(a: Masks, b: Masks, limit: number): number {
  const end = Math.min(a.length, b.length, limit);
  let depth = 0;
  while (depth < end && masksEqual(a[depth]!, b[depth]!)) depth++;
  return depth;
}

/** Multiply-accumulates per image of the stages from `from` to before `to`, pruned weights counted as if kept. */
export function macsOf(stages: readonly Stage[], from: number, to: number): number {
  return stages.slice(from, to).reduce((sum, { macs }) => sum + macs, 0);
}

/** Those among `macsOf` whose weight is pruned. */
export function prunedMacsOf(stages: readonly Stage[], masks: Masks, from: number, to: number): number {
  let pruned = 0;
  for (let s = from; s < to; s++) {
    const { macs, weights } = stages[s]!;
    pruned += (macs / weights) * (weights - countKept(masks[s]!));
  }
  return pruned;
}

/** Evaluations in full of the last few candidates: a proposal often repeats the current masks. */
export class RecentSums {
  readonly #capacity: number;
  #recent: readonly { readonly masks: Masks; readonly sum: LossSum }[] = [];

  constructor(capacity = 4) {
    this.#capacity = capacity;
  }

  find(masks: Masks): LossSum | undefined {
    return this.#recent.find((known) => masks.every((mask, i) => masksEqual(mask, known.masks[i]!)))?.sum;
  }

  add(masks: Masks, sum: LossSum): void {
    if (this.find(masks)) return;
    this.#recent = [{ masks, sum }, ...this.#recent].slice(0, this.#capacity);
  }
}

/**
 * The order in which images prove soonest that a loss is too high: by falling loss, equal ones as they are.
 *
 * @param losses in `LOSS_UNITS`, by place
 * @returns for each place, the place that its image comes from
 */
export function hardestFirst(losses: Uint32Array): Uint32Array {
  // Loss and place in one number each, so that the sort needs no comparing function: 32 + 21 bits.
  const keys = new Float64Array(losses.length);
  losses.forEach((loss, place) => (keys[place] = (0xffffffff - loss) * 2 ** 21 + place));
  keys.sort();
  const source = new Uint32Array(losses.length);
  keys.forEach((key, place) => (source[place] = key % 2 ** 21));
  return source;
}

/** A run of images that a backend processes together. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** Splits `images` into chunks of `largest` images, at least 1, and one rest. */
export function chunksOf(images: number, largest: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < images; first += largest) {
    chunks.push({ first, count: Math.min(largest, images - first) });
  }
  return chunks;
}

/** How chunks grow: a look at the sum costs a few dispatches, so there are no more than some dozen. */
export interface ChunkGrowth {
  /** Images of the smallest chunk, a multiple of four. */
  readonly smallest: number;
  /** Of what was seen so far, the share that comes next. */
  readonly growth: number;
}

/** Of all images, the share that comes first. */
const FIRST_SHARE = 1 / 32;

/**
 * Splits `images`, the hardest first, into chunks of at most `largest`: small ones at first, then a share of what was seen, so
 * that a candidate is stopped at most by that share too late. Whole multiples of the smallest but for the last.
 */
export function growingChunks(
  images: number,
  largest: number,
  { smallest, growth }: ChunkGrowth,
): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < images;) {
    const wanted = Math.max(smallest, images * FIRST_SHARE, first * growth);
    const count = Math.min(largest, Math.ceil(wanted / smallest) * smallest, images - first);
    chunks.push({ first, count });
    first += count;
  }
  return chunks;
}

/**
 * The largest sum of losses, in `LOSS_UNITS`, whose mean over `images` is not above `lossLimit`. Losses are never
 * negative, so a partial sum above it is proof; -1 if every sum is above it.
 */
export function largestSum(lossLimit: number | undefined, images: number): number {
  if (lossLimit === undefined || lossLimit >= LARGEST_LOSS) return Infinity;
  if (!(lossLimit >= 0)) return -1;
  let units = Math.floor(lossLimit * LOSS_UNITS * images);
  // The mean is rounded as in `toEvaluation`, which may be a unit off what was multiplied.
  while (meanLoss(units, images) > lossLimit) units--;
  while (meanLoss(units + 1, images) <= lossLimit) units++;
  return units;
}

/** The evaluation that reaches the search: nothing of a sum above the limit. */
export function toEvaluation(sum: LossSum, images: number, lossLimit: number | undefined): Evaluation {
  const loss = meanLoss(sum.units, images);
  if (lossLimit !== undefined && loss > lossLimit) return { exceeded: true };
  return { exceeded: false, loss, accuracy: sum.correct / images };
}

/** Nats per image. */
function meanLoss(units: number, images: number): number {
  return units / LOSS_UNITS / images;
}
