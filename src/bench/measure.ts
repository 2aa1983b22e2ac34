/** The kernel benchmark: compares every case with the float64 reference, and times it if it agrees. */
import { MasksearchError } from '../core/error.ts';
import type { Tiling } from '../kernels/spec.ts';
import type { BenchDevice } from './bench-device.ts';
import { listCases, type CaseOptions, type KernelCase } from './cases.ts';
import { plant, type Planted } from './planted.ts';
import { ratesOf, type Roofs, type RoofName } from './rates.ts';
import { Reference } from './reference.ts';
import type { BenchKernel } from './shapes.ts';
import { summarize, type Summary } from './statistics.ts';
import { sampleTimes } from './timing.ts';
import { verify } from './verify.ts';

/** What identifies a case in a report. */
export interface CaseLabel {
  readonly kernel: BenchKernel;
  /** Name of the shape. */
  readonly shape: string;
  readonly density: number;
  readonly candidates: number;
  /** Images of every candidate. */
  readonly images: number;
  readonly tiling?: Tiling;
}

export interface CaseResult extends CaseLabel {
  /** Whether it agrees with the reference. If not, it is not timed: all fields after `largestError` are undefined. */
  readonly verified: boolean;
  /** Largest absolute error against the float64 reference; null if an output is not finite. */
  readonly largestError: number | null;
  /** Times of one run of all candidates. */
  readonly milliseconds?: Summary;
  /** 1e9 operations per second at the median time. */
  readonly gflops?: number;
  /** 1e9 bytes per second at the median time. */
  readonly gbps?: number;
  /** The roof that limits the case. */
  readonly roof?: RoofName | undefined;
  /** Achieved fraction of that roof. */
  readonly share?: number | undefined;
}

export interface KernelReport {
  readonly roofs: Roofs;
  /** Samples per case. */
  readonly repeats: number;
  readonly cases: readonly CaseResult[];
  /** Cases that exceed the device or the budget. */
  readonly skipped: readonly (CaseLabel & { readonly reason: string })[];
}

/** The part of a report that is known before the first case runs. */
export interface KernelPlan extends Omit<KernelReport, 'cases'> {
  readonly cases: readonly CaseLabel[];
}

export interface MeasureOptions extends CaseOptions {
  /** Samples per case. Default: the device's own number. */
  readonly repeats?: number | undefined;
  readonly signal?: AbortSignal;
  /** Called when the roofs are measured. */
  readonly onStart?: (plan: KernelPlan) => void;
  /** Called before each case. */
  readonly onProgress?: (done: number, all: number, next: KernelCase) => void;
  /** Called after each case. */
  readonly onCase?: (result: CaseResult) => void;
  /** For tests: changes the data of the device but not of the reference. */
  readonly tamper?: (planted: Planted) => Planted;
}

/** Rejects with 'aborted' before the next case if `signal` is aborted. */
export async function measureKernels(device: BenchDevice, options: MeasureOptions): Promise<KernelReport> {
  const { repeats = device.repeats, signal, onStart, onProgress, onCase } = options;
  const { tamper = (planted) => planted } = options;
  const { cases, skipped } = listCases(options, device.budget);
  const left = skipped.map(({ case: one, reason }) => ({ ...labelOf(one), reason }));
  const roofs = await device.roofs(repeats);
  onStart?.({ roofs, repeats, cases: cases.map(labelOf), skipped: [...left] });
  const results: CaseResult[] = [];
  let data:
    { readonly planted: Planted; readonly reference: Reference; readonly density: number } | undefined;
  for (const [index, one] of cases.entries()) {
    checkInterrupted(signal);
    onProgress?.(index, cases.length, one);
    if (data?.planted.shape !== one.shape || data.density !== one.density) {
      const planted = plant(one.shape, one.density);
      data = { planted, reference: new Reference(planted), density: one.density };
    }
    try {
      const { planted, reference } = data;
      const options = { planted: tamper(planted), reference, repeats, roofs };
      const result = await measureCase(device, one, options);
      results.push(result);
      onCase?.(result);
    } catch (error) {
      if (!(error instanceof MasksearchError) || error.code !== 'limit-exceeded') throw error;
      left.push({ ...labelOf(one), reason: error.message });
    }
  }
  checkInterrupted(signal);
  return { roofs, repeats, cases: results, skipped: left };
}

function checkInterrupted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new MasksearchError('aborted', 'the benchmark was interrupted', 'run it again', {
    cause: signal.reason,
  });
}

interface CaseMeasurement {
  readonly planted: Planted;
  readonly reference: Reference;
  readonly repeats: number;
  readonly roofs: Roofs;
}

async function measureCase(
  device: BenchDevice,
  one: KernelCase,
  { planted, reference, repeats, roofs }: CaseMeasurement,
): Promise<CaseResult> {
  const open = await device.open(one, planted);
  try {
    const { verified, largestError } = verify(one, reference, await open.output());
    const verdict = {
      ...labelOf(one),
      verified,
      largestError: Number.isFinite(largestError) ? largestError : null,
    };
    if (!verified) return verdict;
    const seconds = summarize(await sampleTimes(open, repeats));
    const milliseconds = { median: seconds.median * 1e3, min: seconds.min * 1e3, p95: seconds.p95 * 1e3 };
    return { ...verdict, milliseconds, ...ratesOf(open.work, seconds.median, roofs) };
  } finally {
    open.close();
  }
}

function labelOf({ shape, density, candidates, images, tiling }: KernelCase): CaseLabel {
  const { kernel, name } = shape;
  return { kernel, shape: name, density, candidates, images, ...(tiling && { tiling }) };
}
