/** The tables of `bench kernels`, in at most 100 columns. */
import type { TimingMethod } from '../../bench/bench-device.ts';
import type { CaseResult, KernelReport } from '../../bench/measure.ts';
import { caseCells, casesLeftOut, casesNotVerified, TIMING_METHODS, tilingName } from '../../bench/table.ts';
import { counted, fixed } from '../../report/text/numbers.ts';
import { table } from './format.ts';

const HEAD = ['shape', 'density', 'cand', 'images', 'ms', 'min', 'p95', 'GFLOP/s', 'GB/s', 'roof', 'share'];

const LEGEND = `ms       median time of one run of all candidates; min: the fastest; p95: 95 % were not slower
cand     candidates in one run, each with its own mask, input and output; images: of each candidate
GFLOP/s  1e9 additions and multiplications; on WebGPU of all weights, on wasm of kept weights
GB/s     1e9 bytes that must be read or written once; with caches it can exceed the memory roof
share    time at the roof that limits the kernel, over the median`;

export function kernelTables(report: KernelReport, method: TimingMethod): string {
  const { roofs, repeats, cases, skipped } = report;
  const kernels = [...new Set(cases.map(({ kernel }) => kernel))];
  const tables = kernels.map((kernel) => {
    const ofKernel = cases.filter((one) => one.kernel === kernel);
    const varies = ofKernel.some(({ tiling }) => tiling);
    const head = varies ? [...HEAD.slice(0, 2), 'tiling', ...HEAD.slice(2)] : HEAD;
    return `${kernel}\n${table([head, ...ofKernel.map((one) => rowOf(one, varies))])}`;
  });
  return [
    `Roofs    ${fixed(roofs.gflops, 1)} GFLOP/s in registers, ${fixed(roofs.gbps, 1)} GB/s copied\n` +
      `Timed    ${counted(repeats, 'sample')} of each case by ${TIMING_METHODS[method]}`,
    ...tables,
    ...(skipped.length > 0
      ? [
          `Left out\n${casesLeftOut(report)
            .map((line) => `  ${line}`)
            .join('\n')}`,
        ]
      : []),
    legend(cases),
  ].join('\n\n');
}

/** A line for every case that disagrees with the reference. */
export function notVerified(report: KernelReport): readonly string[] {
  return casesNotVerified(report).map(
    (line) => `${line}; report this together with the output of \`masksearch doctor\`.`,
  );
}

function legend(cases: readonly CaseResult[]): string {
  const tiling = 'tiling   invocations of a workgroup x images x outputs of an invocation\n';
  return (cases.some((one) => one.tiling) ? tiling : '') + LEGEND;
}

function rowOf(one: CaseResult, varies: boolean): readonly string[] {
  const [shape, density, ...rest] = caseCells(one);
  return [shape!, density!, ...(varies ? [tilingName(one)] : []), ...rest];
}
