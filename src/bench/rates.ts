/** Turns the work and the time of a case into rates, and into the fraction of the device's roofs that it achieves. */
import type { KernelCase } from './cases.ts';
import { costOf, sizesOf } from './shapes.ts';

/** The highest rates of a device, as measured. */
export interface Roofs {
  /** 1e9 operations per second; a multiply-add is two. */
  readonly gflops: number;
  /** 1e9 bytes per second, read and written. */
  readonly gbps: number;
}

export type RoofName = 'arithmetic' | 'memory';

/** The work of one run of a case. */
export interface RunWork {
  /** Operations; a multiply-add is two. */
  readonly flops: number;
  /** Bytes that must move at least once. */
  readonly bytes: number;
}

export interface Rates {
  /** 1e9 operations per second. */
  readonly gflops: number;
  /** 1e9 bytes per second. */
  readonly gbps: number;
  /** The roof that limits the work: the one under which it takes longer. Undefined without roofs. */
  readonly roof: RoofName | undefined;
  /** Time that the work would take at that roof, as a fraction of the measured time. */
  readonly share: number | undefined;
}

/**
 * Work of all candidates for a kernel that multiplies every weight by its mask bit: pruned weights count like any
 * other. Candidates share weights and biases; each has its own input, mask and output.
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
