/** What a device must implement for the kernel benchmark. */
import type { DeviceInfo } from '../engine/backend.ts';
import type { Tiling } from '../kernels/spec.ts';
import type { Budget, KernelCase } from './cases.ts';
import type { Planted } from './planted.ts';
import type { Roofs, RunWork } from './rates.ts';
import type { KernelShape } from './shapes.ts';
import type { CaseOutput } from './verify.ts';

/**
 * 'timestamp-query': timestamps of the device at the beginning and the end of one pass. 'wall-clock': the host's clock,
 * from the submission of several dispatches to their completion, or around calls of a kernel.
 */
export type TimingMethod = 'timestamp-query' | 'wall-clock';

export interface BenchDevice {
  readonly device: DeviceInfo;
  readonly method: TimingMethod;
  /** Number of threads that compute; undefined for a GPU. */
  readonly threads?: number;
  readonly budget: Budget;
  /** Default number of samples per case. */
  readonly repeats: number;
  /** Tilings that the benchmark can try for a kernel; empty if the kernel has only one. */
  readonly tilingsOf: (shape: KernelShape) => readonly Tiling[];
  /** Measures the roofs. Rejects with 'gpu-failed' if one of their kernels computes a wrong value. */
  roofs(repeats: number): Promise<Roofs>;
  /** Rejects with 'limit-exceeded' if the device cannot hold the case's data. */
  open(one: KernelCase, planted: Planted): Promise<OpenCase>;
  close(): Promise<void>;
}

/** A case with its data on the device. */
export interface OpenCase {
  /** Work of one run of all candidates. */
  readonly work: RunWork;
  /** Outputs after one run. They were filled with other values before. */
  output(): Promise<CaseOutput>;
  /** Seconds of `runs` runs, one after the other. */
  time(runs: number): Promise<number>;
  close(): void;
}
