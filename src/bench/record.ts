/**
 * A benchmark as one JSON object, the same from the command line and from a page: results, device, host and versions.
 */
import type { DeviceInfo } from '../engine/backend.ts';
import type { BenchDevice, TimingMethod } from './bench-device.ts';
import type { KernelReport } from './measure.ts';

/** Where a benchmark ran. */
export interface KernelHost {
  /** Model of the processor. */
  readonly processor?: string;
  /** The browser's description of itself. */
  readonly browser?: string;
  readonly versions: {
    readonly masksearch: string;
    readonly node?: string;
    readonly deno?: string;
    /** The WebGPU implementation, where it is this one. */
    readonly dawn?: string;
  };
}

export interface KernelRecord extends KernelReport, KernelHost {
  readonly device: DeviceInfo;
  /** Number of threads that compute; undefined for a GPU. */
  readonly threads?: number;
  readonly method: TimingMethod;
  /** Whether all cases are verified. */
  readonly verified: boolean;
}

export function kernelRecord(
  { device, threads, method }: Pick<BenchDevice, 'device' | 'threads' | 'method'>,
  report: KernelReport,
  { versions, ...host }: KernelHost,
): KernelRecord {
  return {
    device,
    ...(threads !== undefined && { threads }),
    ...host,
    method,
    verified: report.cases.every(({ verified }) => verified),
    ...report,
    versions,
  };
}
