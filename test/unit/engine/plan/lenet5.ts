import { lenet5 } from '../../../../src/network/lenet5.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import type { BatchPlan, PrefixCache } from '../../../../src/engine/plan/prefix-cache.ts';
import { maskFromBytes, type Masks } from '../../../../src/core/mask.ts';

/** The fused layers of LeNet-5: conv1, conv2, fc1, fc2, out. */
export const layers = fuse(lenet5());

/** Multiply-accumulates per image of each layer, counted by hand: output pixels before pooling times weights per output. */
export const MACS = [6 * 28 * 28 * 25, 16 * 10 * 10 * (6 * 25), 120 * 400, 84 * 120, 10 * 84] as const;

export const TOTAL = 416_520;

/** Multiply-accumulates per image of the layers from `from` to before `to`. */
export const macsBetween = (from: number, to = 5) =>
  MACS.slice(from, to).reduce((sum, macs) => sum + macs, 0);

/** One small mask per number; equal numbers give equal masks. Every call makes new objects, equal by value alone. */
export const masksOf = (...numbers: number[]): Masks =>
  numbers.map((number) => maskFromBytes([0, 1, 2].map((bit) => (number >> bit) & 1)));

/** The plan for candidates that change no parameters. */
export const planOf = (cache: PrefixCache, batch: readonly Masks[]): BatchPlan =>
  cache.plan(batch.map((masks) => ({ masks })));
