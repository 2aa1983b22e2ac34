/**
 * What a batch of candidates must compute: written once, for every backend. Backends run stages over chunks of
 * images and know nothing of prefixes or limits; nothing here knows a device.
 */
import { LOSS_UNITS, type LossSum } from '../kernels/softmax-cross-entropy.ts';
import type { Evaluation } from '../search/contract.ts';
import { masksEqual, type Masks } from '../search/mask.ts';
import type { Stage } from './network.ts';

/**
 * The stages of one batch. The input of stage s is cached at depth s; depth 0 is the images themselves, always there.
 */
export interface BatchPlan {
  /** Stages to run once, over `masks`, into the cache: they read depth `from` and write depths `from + 1` to `to`. */
  readonly extend: { readonly from: number; readonly to: number; readonly masks: Masks } | undefined;
  /** The first stage that each candidate runs for itself, reading the cache at this depth. */
  readonly start: number;
  /** Multiply-accumulates per image, pruned weights counted as if kept. */
  readonly macs: number;
}

/**
 * Decides which activations are kept. A candidate of a layer-wise search differs from the one before only from that
 * layer on, so the input of that layer is worth keeping: a batch of several candidates keeps what they share; a lone
 * candidate keeps what it shares with the first of the previous call.
 */
export class PrefixCache {
  readonly #stages: readonly Stage[];
  /** Masks of the stages whose outputs are cached, from stage 0 on. */
  #cached: Masks = [];
  #previous: Masks = [];

  constructor(stages: readonly Stage[]) {
    this.#stages = stages;
  }

  /** Plans a batch of at least one candidate, in the belief that the plan is then carried out in full. */
  plan(batch: readonly Masks[]): BatchPlan {
    const first = batch[0]!;
    const shared = batch.reduce((depth, masks) => commonPrefix(first, masks, depth), first.length);
    const usable = commonPrefix(this.#cached, first, shared);
    const stable = batch.length > 1 ? shared : commonPrefix(this.#previous, first, shared);
    this.#previous = first;
    // The output of the last stage is never an input.
    const target = Math.min(stable, this.#stages.length - 1);
    const start = Math.max(usable, target);
    const extend = target > usable ? { from: usable, to: target, masks: first } : undefined;
    if (extend) this.#cached = first.slice(0, target);

    const macsBetween = (from: number, to: number) =>
      this.#stages.slice(from, to).reduce((sum, stage) => sum + stage.macs, 0);
    return {
      extend,
      start,
      macs: macsBetween(usable, start) + batch.length * macsBetween(start, this.#stages.length),
    };
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

/** The evaluation that reaches the search: nothing of a sum above the limit. */
export function toEvaluation(sum: LossSum, images: number, lossLimit: number | undefined): Evaluation {
  const loss = sum.units / LOSS_UNITS / images;
  if (lossLimit !== undefined && loss > lossLimit) return { exceeded: true };
  return { exceeded: false, loss, accuracy: sum.correct / images };
}
