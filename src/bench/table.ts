/** Cases and results as text, for terminals and pages. */
import type { TimingMethod } from './bench-device.ts';
import { inColumn, plain } from '../report/text/numbers.ts';
import type { CaseLabel, CaseResult, KernelReport } from './measure.ts';

/** Descriptions of the timing methods. */
export const TIMING_METHODS: Readonly<Record<TimingMethod, string>> = {
  'timestamp-query': "the device's clock around a pass",
  'wall-clock': 'the wall clock',
};

/** "case 12 of 60: conv2, density 0.5, width 16", where width is the batch width; `done` cases were before it. */
export function caseProgress(
  done: number,
  all: number,
  { shape, density, candidates }: Pick<CaseLabel, 'shape' | 'density' | 'candidates'>,
): string {
  return `case ${done + 1} of ${all}: ${shape}, density ${density}, width ${candidates}`;
}

/** Shape, density, candidates, images, ms, min, p95, GFLOP/s, GB/s, roof, share; '-' for a missing value. */
export function caseCells(one: CaseLabel & Partial<CaseResult>): readonly string[] {
  const { shape, density, candidates, images, milliseconds, gflops, gbps, roof, share } = one;
  const time = (ms: number | undefined) => (ms === undefined ? '-' : inColumn(ms));
  return [
    shape,
    `${density}`,
    `${candidates}`,
    `${images}`,
    time(milliseconds?.median),
    time(milliseconds?.min),
    time(milliseconds?.p95),
    !gflops ? '-' : inColumn(gflops),
    gbps === undefined ? '-' : inColumn(gbps),
    roof === undefined ? '-' : roof === 'arithmetic' ? 'arith' : 'memory',
    one.verified === false ? 'wrong' : share === undefined ? '-' : plain.percent(share, 1),
  ];
}

/** "64x2x8": invocations, images, outputs; '-' without a tiling. */
export function tilingName({ tiling }: CaseLabel): string {
  return tiling ? `${tiling.workgroupSize}x${tiling.images}x${tiling.outputs}` : '-';
}

/** One line for every case that disagrees with the reference, with its largest error. */
export function casesNotVerified({ cases }: Pick<KernelReport, 'cases'>): readonly string[] {
  return cases
    .filter(({ verified }) => !verified)
    .map(
      (one) =>
        `${one.kernel} ${nameOf(one)} is not verified: off by ${one.largestError ?? 'no number'} from the reference`,
    );
}

function nameOf(one: CaseLabel): string {
  const { shape, density, candidates, images, tiling } = one;
  const name = `${shape} at density ${density}, ${candidates} x ${images} images`;
  return tiling ? `${name}, ${tilingName(one)}` : name;
}

/** One line for every skipped case, with all its densities. */
export function casesLeftOut({ skipped }: Pick<KernelReport, 'skipped'>): readonly string[] {
  const byLine = new Map<string, number[]>();
  for (const one of skipped) {
    const tiling = one.tiling ? `, ${tilingName(one)}` : '';
    const line = `${one.shape}, ${one.candidates} x ${one.images} images${tiling}: ${one.reason}`;
    byLine.set(line, [...(byLine.get(line) ?? []), one.density]);
  }
  return [...byLine].map(([line, densities]) => `${line} (density ${densities.join(', ')})`);
}
