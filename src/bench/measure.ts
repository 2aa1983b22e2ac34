/** The kernel benchmark: every case is compared with the reference, and timed if it agrees. */
import { MasksearchError } from '../core/error.ts';
import type { Tiling } from '../kernels/spec.ts';
import type { Backend } from './backend.ts';
import { listCases, type BenchKernel, type CaseOptions, type KernelCase } from './cases.ts';
import { plant, Reference, type Planted } from './planted.ts';
import { ratesOf, type Roofs, type RoofName } from './rates.ts';
import { summarize, type Summary } from './statistics.ts';
import { sampleTimes } from './timing.ts';
import { verify } from './verify.ts';

export interface CaseLabel {
  readonly kernel: BenchKernel;
  /** Name of the shape. */
  readonly shape: string;
  readonly density: number;
  readonly candidates: number;
  /** Of every candidate. */
  readonly images: number;
  readonly tiling?: Tiling;
}

export interface CaseResult extends CaseLabel {
  readonly verified: boolean;
  /** Absolute, against the float64 reference; null if it is no number. */
  readonly largestError: number | null;
  /** Undefined, as all that follows, where the case is not verified. Of one run of all candidates. */
  readonly milliseconds?: Summary;
  /** At the median time. */
  readonly gflops?: number;
  readonly gbps?: number;
  /** The roof that binds, and the share of it; undefined if roofs were not measured. */
  readonly roof?: RoofName | undefined;
  readonly share?: number | undefined;
}

export interface KernelReport {
  readonly roofs: Roofs;
  readonly repeats: number;
  readonly cases: readonly CaseResult[];
  readonly skipped: readonly (CaseLabel & { readonly reason: string })[];
}

/** What is known before the first case. */
export interface KernelPlan extends Omit<KernelReport, 'cases'> {
  readonly cases: readonly CaseLabel[];
}

export interface MeasureOptions extends CaseOptions {
  /** Samples of a case; the backend's own number unless given. */
  readonly repeats?: number | undefined;
  readonly signal?: AbortSignal;
  /** Called once the roofs are measured. */
  readonly onStart?: (plan: KernelPlan) => void;
  readonly onProgress?: (done: number, all: number, next: KernelCase) => void;
  readonly onCase?: (result: CaseResult) => void;
  /** For tests: changes what the device is given, but not what the reference is. */
  readonly tamper?: (planted: Planted) => Planted;
}

/** Rejects with 'aborted' once `signal` is. */
export async function measureKernels(backend: Backend, options: MeasureOptions): Promise<KernelReport> {
  const { repeats = backend.repeats, signal, onStart, onProgress, onCase } = options;
  const { tamper = (planted) => planted } = options;
  const { cases, skipped } = listCases(options, backend.budget);
  const left = skipped.map(({ case: one, reason }) => ({ ...labelOf(one), reason }));
  const roofs = await backend.roofs(repeats);
  onStart?.({ roofs, repeats, cases: cases.map(labelOf), skipped: [...left] });
  const results: CaseResult[] = [];
  let data:
    { readonly planted: Planted; readonly reference: Reference; readonly density: number } | undefined;
  for (const [index, one] of cases.entries()) {
    refuseIfAborted(signal);
    onProgress?.(index, cases.length, one);
    if (data?.planted.shape !== one.shape || data.density !== one.density) {
      const planted = plant(one.shape, one.density);
      data = { planted, reference: new Reference(planted), density: one.density };
    }
    try {
      const { planted, reference } = data;
      const result = await measureCase(backend, one, tamper(planted), reference, repeats, roofs);
      results.push(result);
      onCase?.(result);
    } catch (error) {
      if (!(error instanceof MasksearchError) || error.code !== 'limit-exceeded') throw error;
      left.push({ ...labelOf(one), reason: error.message });
    }
  }
  refuseIfAborted(signal);
  return { roofs, repeats, cases: results, skipped: left };
}

function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new MasksearchError('aborted', 'the benchmark was interrupted', 'run it again', {
    cause: signal.reason,
  });
}

async function measureCase(
  backend: Backend,
  one: KernelCase,
  planted: Planted,
  reference: Reference,
  repeats: number,
  roofs: Roofs,
): Promise<CaseResult> {
  const open = await backend.open(one, planted);
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
