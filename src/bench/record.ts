/** A benchmark as one object, the same from the command line and from a page: what was measured, on what, by what. */
import type { DeviceInfo } from '../engine/backend.ts';
import type { Backend, TimingMethod } from './backend.ts';
import type { KernelReport } from './measure.ts';

/** What is known of where it ran. */
export interface KernelHost {
  /** Model of the processor. */
  readonly processor?: string;
  /** The browser's own description. */
  readonly browser?: string;
  readonly versions: {
    readonly masksearch: string;
    readonly node?: string;
    /** WebGPU's implementation in Node. */
    readonly dawn?: string;
  };
}

export interface KernelRecord extends KernelReport, KernelHost {
  readonly device: DeviceInfo;
  /** Threads that compute, where the host's do. */
  readonly threads?: number;
  readonly method: TimingMethod;
  /** Of all cases. */
  readonly verified: boolean;
}

export function kernelRecord(
  { device, threads, method }: Pick<Backend, 'device' | 'threads' | 'method'>,
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
