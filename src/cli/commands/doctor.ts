/** `masksearch doctor`: which devices this machine has, and what to do about what is missing. */
import { cpus } from 'node:os';
import { existsSync } from 'node:fs';
import { compileKernels } from '../../engine/wasm/compile.ts';
import { defaultThreads } from '../../engine/wasm/node/workers.ts';
import { BUFFER_USAGE, MAP_READ } from '../../engine/webgpu/device/constants.ts';
import type { GpuContext } from '../../engine/webgpu/device/context.ts';
import { webGpuEngine } from '../../engine/webgpu/engine.ts';
import { openNodeAdapter } from '../../engine/webgpu/node/adapter.ts';
import { describeAdapterSearch, type AdapterSearch } from '../../engine/webgpu/node/adapter-search.ts';
import { BUNDLED_DIGITS } from '../../formats/node/bundled-digits.ts';
import { BUNDLED_MODEL } from '../../node.ts';
import { EXIT, type Command } from '../command.ts';
import { parseOptions } from '../options.ts';
import { commonOptions } from '../shared-options.ts';
import { VERSION } from '../../core/version.ts';

const options = { ...commonOptions };

/** The limits that decide what fits and how it is split. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const;

const ROUND_TRIPS = 50;

interface AdapterReport {
  readonly kind: 'hardware' | 'software';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly features: readonly string[];
  /** What a device gets unless it asks for more, and the most it could ask for. */
  readonly limits: Readonly<Record<string, { readonly default: number; readonly adapter: number }>>;
  /** Median time of an empty submission with a readback of four bytes, in milliseconds. */
  readonly roundTripMs: number;
}

export const doctor: Command = {
  summary: 'tells which devices this machine has, and what is missing',
  help: 'Tells which WebGPU adapters this machine has, their limits and round-trip time, and what to do about what is missing.',
  options,
  async run(args) {
    const { json } = parseOptions(options, args);
    const hardware = await reportAdapter('never');
    const software = await reportAdapter('only');
    const report = {
      version: VERSION,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cores: cpus().length,
      processor: cpus()[0]?.model ?? 'unknown',
      webAssembly: await reportWebAssembly(),
      search: await describeAdapterSearch(),
      adapters: [hardware, software].filter((adapter) => adapter !== undefined),
      data: existsSync(BUNDLED_DIGITS),
      model: existsSync(BUNDLED_MODEL),
    };
    console.log(json ? JSON.stringify(report, null, 2) : describe(report));
    return EXIT.done;
  },
};

interface WebAssemblyReport {
  /** Whether the kernels compile, which takes 128-bit SIMD. */
  readonly usable: boolean;
  /** Threads taken unless told otherwise. */
  readonly threads: number;
}

async function reportWebAssembly(): Promise<WebAssemblyReport> {
  const usable = await compileKernels(true).then(
    () => true,
    () => false,
  );
  return { usable, threads: defaultThreads() };
}

async function reportAdapter(software: 'never' | 'only'): Promise<AdapterReport | undefined> {
  const found = await openNodeAdapter({ software });
  if (!found) return undefined;
  const { adapter } = found;
  const engine = await webGpuEngine(adapter, found.software);
  try {
    const { vendor, architecture, description } = engine.context.adapter;
    return {
      kind: found.software ? 'software' : 'hardware',
      vendor,
      architecture,
      description,
      features: [...adapter.features].sort(),
      limits: Object.fromEntries(
        LIMITS.map((name) => [name, { default: engine.context.limits[name], adapter: adapter.limits[name] }]),
      ),
      roundTripMs: await roundTrip(engine.context),
    };
  } finally {
    await engine.close();
  }
}

async function roundTrip(context: GpuContext): Promise<number> {
  const { copySource, copyTarget, storage, mapRead } = BUFFER_USAGE;
  const source = context.createBuffer('source', 4, copySource | storage);
  const target = context.createBuffer('target', 4, copyTarget | mapRead);
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const start = performance.now();
    const encoder = context.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, target, 0, 4);
    context.device.queue.submit([encoder.finish()]);
    await context.guard(target.mapAsync(MAP_READ));
    target.unmap();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[ROUND_TRIPS >> 1]!;
}

interface Report {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly processor: string;
  readonly webAssembly: WebAssemblyReport;
  readonly search: AdapterSearch;
  readonly adapters: readonly AdapterReport[];
  readonly data: boolean;
  readonly model: boolean;
}

const LOADERS = {
  installed: 'installed',
  portable: 'that of the portable archive',
  missing: 'not installed',
} as const;

function describe(report: Report): string {
  const { search, adapters, webAssembly } = report;
  const { environment, portableSoftware, vulkanLoader } = search;
  const lines = [
    `masksearch ${report.version}, Node ${report.node}, ${report.platform}, ${report.cores} cores (${report.processor})`,
    `Dawn: webgpu ${search.dawn.version}${search.dawn.error === undefined ? '' : `, not usable: ${search.dawn.error}`}`,
    ...(vulkanLoader === undefined ? [] : [`Vulkan loader: ${LOADERS[vulkanLoader]}`]),
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    `WebAssembly SIMD: ${webAssembly.usable ? `there, ${webAssembly.threads} thread${webAssembly.threads === 1 ? '' : 's'}` : 'missing'}`,
    ...(portableSoftware ? ['Software GPU of the portable archive: available'] : []),
    `Bundled digits: ${report.data ? 'there' : 'missing'}; bundled model: ${report.model ? 'there' : 'missing'}`,
    '',
    ...adapters.flatMap((adapter) => [...describeAdapter(adapter), '']),
    ...advice(report).map((line) => `- ${line}`),
  ];
  return lines.join('\n');
}

function driverAdvice(vulkanLoader: keyof typeof LOADERS): string {
  return vulkanLoader === 'missing'
    ? 'To use a GPU, install its Vulkan driver and a Vulkan loader (Debian: the package libvulkan1).'
    : 'To use a GPU, install its Vulkan driver, or name the manifest of the driver in VK_DRIVER_FILES.';
}

function softwareAdvice(found: boolean): string {
  return found
    ? '--device webgpu runs the WebGPU kernels on the software adapter, slowly.'
    : '--device webgpu fails here. A clone of the repository on Linux x64 can run the WebGPU kernels without a GPU:\n' +
        '  npm run with-software-gpu -- prune --device webgpu (docs/without-a-gpu.md).';
}

function describeAdapter(adapter: AdapterReport): readonly string[] {
  return [
    `${adapter.kind === 'hardware' ? 'Hardware' : 'Software'} adapter: ${adapter.description}`,
    `  vendor ${adapter.vendor}, architecture ${adapter.architecture}`,
    `  features: ${adapter.features.join(', ')}`,
    ...Object.entries(adapter.limits).map(
      ([name, { default: standard, adapter: most }]) => `  ${name}: ${standard} by default, ${most} at most`,
    ),
    `  round trip of an empty submission: ${adapter.roundTripMs.toFixed(2)} ms (median of ${ROUND_TRIPS})`,
  ];
}

function advice({ adapters, search, webAssembly, data, model }: Report): readonly string[] {
  const has = (kind: AdapterReport['kind']) => adapters.some((adapter) => adapter.kind === kind);
  return [
    has('hardware')
      ? 'A hardware GPU was found: --device auto takes it.'
      : 'No hardware GPU was found: --device auto takes WebAssembly on the processor.',
    ...(webAssembly.usable
      ? []
      : ['WebAssembly SIMD is missing: use Node.js 20.19 or newer, or --device reference (slow).']),
    ...(has('hardware') || search.vulkanLoader === undefined ? [] : [driverAdvice(search.vulkanLoader)]),
    ...(has('hardware') ? [] : [softwareAdvice(has('software'))]),
    ...(data
      ? []
      : ['The bundled digits are missing: run `npm run build` in a clone, or install the package again.']),
    ...(model ? [] : ['The bundled model is missing: run `masksearch train`, or pass --model.']),
  ];
}
