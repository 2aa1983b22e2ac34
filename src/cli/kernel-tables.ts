/** What `bench kernels` prints for people, in at most 100 columns. */
import type { TimingMethod } from '../bench/backend.ts';
import type { CaseLabel, CaseResult, KernelReport } from '../bench/measure.ts';
import { table } from './format.ts';

const HEAD = ['shape', 'density', 'cand', 'images', 'ms', 'min', 'p95', 'GFLOP/s', 'GB/s', 'roof', 'share'];

const LEGEND = `ms       median of one run of all candidates; min, p95: the fastest, and 95 % were not slower
cand     candidates side by side, each with its own mask, input and output; images: of each
GFLOP/s  1e9 products and sums; on WebGPU of pruned weights too, on wasm of kept ones alone
GB/s     1e9 bytes that must move at least once; from a cache they can be above the memory roof
share    of the roof that binds: time at that roof over the median`;

const METHODS: Readonly<Record<TimingMethod, string>> = {
  'timestamp-query': "the device's clock around a pass",
  'wall-clock': 'the wall clock',
};

export function kernelTables(report: KernelReport, method: TimingMethod): string {
  const { roofs, repeats, cases, skipped } = report;
  const kernels = [...new Set(cases.map(({ kernel }) => kernel))];
  const tables = kernels.map((kernel) => {
    const its = cases.filter((one) => one.kernel === kernel);
    const varies = its.some(({ variant }) => variant);
    const head = varies ? [...HEAD.slice(0, 2), 'variant', ...HEAD.slice(2)] : HEAD;
    return `${kernel}\n${table([head, ...its.map((one) => rowOf(one, varies))])}`;
  });
  return [
    `Roofs    ${roofs.gflops.toFixed(1)} GFLOP/s in registers, ${roofs.gbps.toFixed(1)} GB/s copied\n` +
      `Timed    ${repeats} ${repeats === 1 ? 'sample' : 'samples'} of each case by ${METHODS[method]}`,
    ...tables,
    ...(skipped.length > 0 ? [`Left out\n${leftOut(skipped).join('\n')}`] : []),
    varyingLegend(cases),
  ].join('\n\n');
}

/** A line for every case that is not what the reference says. */
export function notVerified({ cases }: KernelReport): readonly string[] {
  return cases
    .filter(({ verified }) => !verified)
    .map(
      (one) =>
        `${one.kernel} ${nameOf(one)} is not verified: off by ${one.largestError ?? 'no number'} from the ` +
        'reference; report this together with the output of `masksearch doctor`.',
    );
}

function varyingLegend(cases: readonly CaseResult[]): string {
  const variant = 'variant  invocations of a workgroup x images x outputs of an invocation\n';
  return (cases.some((one) => one.variant) ? variant : '') + LEGEND;
}

function rowOf(one: CaseResult, varies: boolean): readonly string[] {
  const { shape, density, candidates, images, milliseconds, gflops, gbps, roof, share } = one;
  const time = (ms: number | undefined) => (ms === undefined ? '-' : significant(ms));
  return [
    shape,
    `${density}`,
    ...(varies ? [variantOf(one)] : []),
    `${candidates}`,
    `${images}`,
    time(milliseconds?.median),
    time(milliseconds?.min),
    time(milliseconds?.p95),
    !gflops ? '-' : significant(gflops),
    gbps === undefined ? '-' : significant(gbps),
    roof === undefined ? '-' : roof === 'arithmetic' ? 'arith' : 'memory',
    one.verified ? (share === undefined ? '-' : `${(100 * share).toFixed(1)} %`) : 'wrong',
  ];
}

function variantOf({ variant }: CaseLabel): string {
  return variant ? `${variant.workgroupSize}x${variant.images}x${variant.outputs}` : '-';
}

function nameOf(one: CaseLabel): string {
  const { shape, density, candidates, images, variant } = one;
  const name = `${shape} at density ${density}, ${candidates} x ${images} images`;
  return variant ? `${name}, ${variantOf(one)}` : name;
}

/** A line for all densities of a case. */
function leftOut(skipped: KernelReport['skipped']): readonly string[] {
  const densities = new Map<string, number[]>();
  for (const one of skipped) {
    const variant = one.variant ? `, ${variantOf(one)}` : '';
    const line = `  ${one.shape}, ${one.candidates} x ${one.images} images${variant}: ${one.reason}`;
    densities.set(line, [...(densities.get(line) ?? []), one.density]);
  }
  return [...densities].map(([line, its]) => `${line} (density ${its.join(', ')})`);
}

/** Four digits or so. */
function significant(value: number): string {
  return value.toFixed(value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0);
}
