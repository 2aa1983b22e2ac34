/** `masksearch bench kernels`: every kernel by itself, against what the device can do at best. */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import type { Backend } from '../../bench/backend.ts';
import { measureKernels } from '../../bench/measure.ts';
import { kernelRecord } from '../../bench/record.ts';
import { KERNELS, SHAPES, type KernelShape } from '../../bench/shapes.ts';
import { caseProgress } from '../../bench/table.ts';
import { wasmBackend } from '../../bench/wasm/backend.ts';
import { webGpuBackend } from '../../bench/webgpu/backend.ts';
import type { Engine } from '../../engine/backend.ts';
import { openNodeAdapter } from '../../engine/webgpu/node/node-adapter.ts';
import { MasksearchError } from '../../core/error.ts';
import { EXIT, type Command } from '../command.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { kernelTables, notVerified } from '../terminal/kernel-tables.ts';
import { choice, count, flag, list, parseOptions } from '../options.ts';
import { choose } from '../../bench/schedule/configurations.ts';
import { commonOptions, describeDevice } from '../shared-options.ts';
import { StatusLine } from '../terminal/status-line.ts';
import { VERSION } from '../../core/version.ts';

const DEVICES = ['auto', 'webgpu', 'wasm'] as const;

/** Of the tilings, which do not look at the mask bits' values. */
const TILING_DENSITY = 0.5;

const options = {
  kernels: list('NAMES', 'see above (default: all)'),
  shapes: list('NAMES', 'see above (default: all)'),
  images: count('N', 'of every candidate (default: what the device gets through, see above)', {
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
  return `  ${kernel.padEnd(23)}${names(SHAPES.filter((shape) => shape.kernel === kernel)).join(', ')}`;
});

export const benchKernels: Command = {
  summary: 'times each kernel over shapes, densities and batch widths, and compares it with the roofs',
  help:
    'Compares what each kernel makes of planted data with the float64 reference, then times it: median, minimum and\n' +
    '95th percentile, GFLOP/s, GB/s, and the share of a roof that is measured on the same device first: fused\n' +
    'multiply-adds in registers, or a copy. A case that does not agree is not timed and makes the exit code 1.\n\n' +
    `Kernels and shapes:\n${shapesByKernel.join('\n')}\n\n` +
    'Weights are kept at densities 1, 0.5 and 0.1; WebGPU takes 1, 16 and 64 candidates side by side. The number of\n' +
    'images is chosen so that a run takes one or two minutes on a software GPU on two cores and some seconds elsewhere;\n' +
    'what is too large for the device or for that time is named and left out. WebAssembly is timed on one thread.',
  options,
  async run(args) {
    const values = parseOptions(options, args);
    const kernels = values.kernels === undefined ? KERNELS : choose('kernels', values.kernels, KERNELS);
    const known = SHAPES.filter(({ kernel }) => kernels.includes(kernel));
    const chosen = values.shapes === undefined ? names(known) : choose('shapes', values.shapes, names(known));
    const shapes = known.filter(({ name }) => chosen.includes(name));

    const backend = await openBackend(values.device);
    const status = new StatusLine();
    const interrupt = onInterrupt(() => status.print('Interrupted: a part of a benchmark is none.'));
    try {
      if (values.tilings && backend.device.kind !== 'webgpu') {
        throw new MasksearchError(
          'bad-input',
          `tilings has no effect on device ${backend.device.kind}`,
          'leave it out, or name device webgpu',
          { option: 'tilings', related: ['device'] },
        );
      }
      const { device } = backend;
      status.print(`Timing kernels on ${describeDevice({ device } as Engine, values.device)}.`);
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
          versions: { masksearch: VERSION, node: process.version, ...dawnVersion(backend) },
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

/** The device of that name, as every command takes it. */
async function openBackend(device: (typeof DEVICES)[number] = 'auto'): Promise<Backend> {
  if (device === 'wasm') return wasmBackend();
  const found = await openNodeAdapter({ software: device === 'auto' ? 'never' : 'fallback' });
  if (found) return webGpuBackend(found.adapter, found.software);
  if (device === 'auto') return wasmBackend();
  throw new MasksearchError(
    'no-device',
    'no WebGPU adapter was found on this machine',
    'install a Vulkan driver, see `masksearch doctor`, or use --device wasm',
  );
}

function dawnVersion({ device }: Backend): { readonly dawn?: string } {
  if (device.kind !== 'webgpu') return {};
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };
  return { dawn: version };
}
