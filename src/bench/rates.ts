/** From what a case must do and the seconds that it took to rates, and to its share of what the device can do. */
import { costOf, sizesOf, type KernelCase } from './cases.ts';

/** What a device does at best, measured. */
export interface Roofs {
  /** 1e9 operations per second; a multiply-add is two. */
  readonly gflops: number;
  /** 1e9 bytes per second, read and written. */
  readonly gbps: number;
}

export type RoofName = 'arithmetic' | 'memory';

/** What one run of a case computes and must move at least once. */
export interface RunWork {
  readonly flops: number;
  readonly bytes: number;
}

export interface Rates {
  readonly gflops: number;
  readonly gbps: number;
  /** The roof that takes longer for this work, and the time it takes as a share of the time measured. */
  readonly roof: RoofName | undefined;
  readonly share: number | undefined;
}

/**
 * Work of all candidates where every weight is multiplied by its mask bit: pruned weights count like any other.
 * Candidates share weights and biases; each has its own input, mask and output.
 */
export function workOf({ shape, candidates, images }: KernelCase): RunWork {
  const { macs, bytes } = costOf(shape, images);
  const { weights, biases } = sizesOf(shape);
  return {
    flops: 2 * macs * candidates,
    bytes: bytes * candidates - 4 * (weights + biases) * (candidates - 1),
  };
}

export function ratesOf({ flops, bytes }: RunWork, seconds: number, roofs: Roofs | undefined): Rates {
  const gflops = flops / seconds / 1e9;
  const gbps = bytes / seconds / 1e9;
  if (!roofs) return { gflops, gbps, roof: undefined, share: undefined };
  const arithmetic = gflops / roofs.gflops;
  const memory = gbps / roofs.gbps;
  return {
    gflops,
    gbps,
    roof: arithmetic > memory ? 'arithmetic' : 'memory',
    share: Math.max(arithmetic, memory),
  };
}
