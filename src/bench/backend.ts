/** What the benchmark needs of a device. */
import type { DeviceInfo } from '../engine/backend.ts';
import type { Tiling } from '../kernels/spec.ts';
import type { Budget, KernelCase, KernelShape } from './cases.ts';
import type { Planted } from './planted.ts';
import type { Roofs, RunWork } from './rates.ts';
import type { CaseOutput } from './verify.ts';

/**
 * 'timestamp-query': the device's own clock around the dispatches of one pass. 'wall-clock': the host's, from the
 * submission of several dispatches to their end, or around calls of a kernel.
 */
export type TimingMethod = 'timestamp-query' | 'wall-clock';

export interface Backend {
  readonly device: DeviceInfo;
  readonly method: TimingMethod;
  /** Threads that compute, where the host's do. */
  readonly threads?: number;
  readonly budget: Budget;
  /** Samples of a case unless told otherwise. */
  readonly repeats: number;
  /** Tilings that a kernel can be run in; empty where it has one way only. */
  readonly tilingsOf: (shape: KernelShape) => readonly Tiling[];
  /** Measured now; rejects if a kernel of them computes anything but what it should. */
  roofs(repeats: number): Promise<Roofs>;
  /** Rejects with 'limit-exceeded' if the device cannot hold it. */
  open(one: KernelCase, planted: Planted): Promise<OpenCase>;
  close(): Promise<void>;
}

/** A case with its data on the device. */
export interface OpenCase {
  readonly work: RunWork;
  /** What one run writes into outputs that held something else before. */
  output(): Promise<CaseOutput>;
  /** Seconds of `runs` runs, one after the other. */
  time(runs: number): Promise<number>;
  close(): void;
}
