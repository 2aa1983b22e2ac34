/** `masksearch bench kernels`: every kernel by itself, compared with the roofs of the device. */
import { cpus } from 'node:os';
import type { BenchDevice } from '../../../bench/bench-device.ts';
import { KERNELS, SHAPES, type KernelShape } from '../../../bench/shapes.ts';
import { measureKernels } from '../../../bench/measure.ts';
import { kernelRecord } from '../../../bench/record.ts';
import { caseProgress } from '../../../bench/table.ts';
import { wasmBenchDevice } from '../../../bench/wasm/bench-device.ts';
import { webGpuBenchDevice } from '../../../bench/webgpu/bench-device.ts';
import { openAdapterFor, dawnVersion } from '../../../engine/webgpu/node/adapter.ts';
import { MasksearchError } from '../../../core/error.ts';
import { EXIT, type Command } from '../../command.ts';
import { onInterrupt } from '../../terminal/interrupt.ts';
import { kernelTables, notVerified } from '../../terminal/kernel-tables.ts';
import { choose } from '../../../bench/choose.ts';
import { optionName, phrase } from '../../../core/phrase.ts';
import { choice, count, flag, list } from '../../../pruning/options/kinds.ts';
import { commonOptions } from '../../options/common.ts';
import { describeDevice } from '../../options/device.ts';
import { parseOptions } from '../../options/parse.ts';
import { StatusLine } from '../../terminal/status-line.ts';
import { versions } from '../../versions.ts';

const DEVICES = ['auto', 'webgpu', 'wasm'] as const;

/** The only density for `--tilings`: no tiling depends on the values of the mask bits. */
const TILING_DENSITY = 0.5;

const options = {
  kernels: list('NAMES', 'see above (default: all)'),
  shapes: list('NAMES', 'see above (default: all)'),
  images: count('N', 'images of every candidate (default: depends on the device, see above)', {
    example: 64,
  }),
  repeats: count(
    'N',
    'samples of each case (default: 20 on a hardware GPU, 10 on wasm, 3 on a software GPU)',
  ),
  tilings: flag(
    `try every way to divide the work of a layer's kernel, at density ${TILING_DENSITY} (WebGPU)`,
  ),
  device: choice(DEVICES, 'auto (default) takes a hardware GPU if there is one, else wasm: WebAssembly SIMD'),
  ...commonOptions,
};

const names = (shapes: readonly KernelShape[]) => shapes.map(({ name }) => name);

const shapesByKernel = KERNELS.map((kernel) => {
  return `  ${kernel.padEnd(25)}${names(SHAPES.filter((shape) => shape.kernel === kernel)).join(', ')}`;
});

export const benchKernels: Command = {
  summary: 'times each kernel over shapes, densities and batch widths, and compares it with the roofs',
  help:
    'Compares the output of each kernel on planted data with the float64 reference, then times it: median, minimum and\n' +
    '95th percentile, GFLOP/s, GB/s, and the share of a roof that is measured on the same device before: fused\n' +
    'multiply-adds in registers, or a copy. If a case does not agree it is not timed, and the exit code is 1.\n\n' +
    `Kernels and shapes:\n${shapesByKernel.join('\n')}\n\n` +
    'Weights are kept at densities 1, 0.5 and 0.1; WebGPU takes 1, 16 and 64 candidates side by side. The number of\n' +
    'images is chosen so that a run takes one or two minutes on a software GPU on two cores and some seconds elsewhere;\n' +
    'cases that are too large for the device or for that time are named and skipped. WebAssembly is timed on one thread.',
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const kernels = values.kernels === undefined ? KERNELS : choose('kernels', values.kernels, KERNELS);
    const known = SHAPES.filter(({ kernel }) => kernels.includes(kernel));
    const chosen = values.shapes === undefined ? names(known) : choose('shapes', values.shapes, names(known));
    const shapes = known.filter(({ name }) => chosen.includes(name));

    const { backend, dawn } = await openBackend(values.device);
    const status = new StatusLine();
    const interrupt = onInterrupt((again) =>
      status.print(`Interrupted: stopping, without results. ${again}`),
    );
    try {
      if (values.tilings && backend.device.kind !== 'webgpu') {
        throw new MasksearchError(
          'bad-input',
          phrase`${optionName('tilings')} has no effect on ${optionName('device')} ${backend.device.kind}`,
          phrase`leave it out, or name ${optionName('device')} webgpu`,
          { option: 'tilings', value: true },
        );
      }
      const { device } = backend;
      status.print(`Timing kernels on ${describeDevice(device, values.device)}.`);
      const report = await measureKernels(backend, {
        shapes,
        images: values.images,
        repeats: values.repeats,
        ...(values.tilings && { densities: [TILING_DENSITY], tilings: backend.tilingsOf }),
        signal: interrupt.signal,
        onProgress: (done, all, { shape, density, candidates }) =>
          status.update(() => caseProgress(done, all, { shape: shape.name, density, candidates })),
      });
      status.clear();
      const failures = notVerified(report);
      for (const failure of failures) status.print(failure);
      if (values.json) {
        const host = {
          processor: cpus()[0]?.model ?? 'unknown',
          versions: { ...versions(), ...(dawn && { dawn: dawnVersion() }) },
        };
        console.log(JSON.stringify(kernelRecord(backend, report, host), null, 2));
      } else {
        console.log(kernelTables(report, backend.method));
      }
      return failures.length > 0 ? EXIT.failed : EXIT.done;
    } finally {
      status.clear();
      interrupt.release();
      await backend.close();
    }
  },
};

/** The device of that name, as every command takes it, and whether it is one of Dawn. */
async function openBackend(
  device: (typeof DEVICES)[number] = 'auto',
): Promise<{ readonly backend: BenchDevice; readonly dawn: boolean }> {
  const found = device === 'wasm' ? undefined : await openAdapterFor(device);
  if (!found) return { backend: await wasmBenchDevice(), dawn: false };
  const backend = await webGpuBenchDevice(found.adapter, found.software);
  return { backend, dawn: found.implementation === 'dawn' };
}
