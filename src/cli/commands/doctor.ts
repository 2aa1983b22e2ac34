/** `masksearch doctor`: what is here to run on, and what to do about what is missing. */
import { cpus } from 'node:os';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileKernels } from '../../engine/wasm/compile.ts';
import { defaultThreads } from '../../engine/wasm/threads/node-workers.ts';
import { BUFFER_USAGE, MAP_READ } from '../../engine/webgpu/device/constants.ts';
import type { GpuContext } from '../../engine/webgpu/device/context.ts';
import { webGpuEngine } from '../../engine/webgpu/webgpu.ts';
import { describeAdapterSearch, openNodeAdapter } from '../../engine/webgpu/node/node-adapter.ts';
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
  summary: 'tells what this machine has to run on, and what is missing',
  help: 'Tells which WebGPU adapters are here, their limits and round-trip time, and what to do about what is missing.',
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
      data: existsSync(fileURLToPath(new URL('../../../dist/data/mnist.safetensors', import.meta.url))),
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
  readonly search: Awaited<ReturnType<typeof describeAdapterSearch>>;
  readonly adapters: readonly AdapterReport[];
  readonly data: boolean;
  readonly model: boolean;
}

function describe(report: Report): string {
  const { search, adapters, webAssembly } = report;
  const { environment, bundledSoftware, vulkanLoader } = search;
  const lines = [
    `masksearch ${report.version}, Node ${report.node}, ${report.platform}, ${report.cores} cores (${report.processor})`,
    `Dawn: webgpu ${search.dawn.version}${search.dawn.error === undefined ? '' : `, not usable: ${search.dawn.error}`}`,
    ...(vulkanLoader === undefined ? [] : [`Vulkan loader: ${vulkanLoader ? 'installed' : 'not installed'}`]),
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    `WebAssembly SIMD: ${webAssembly.usable ? `there, ${webAssembly.threads} thread${webAssembly.threads === 1 ? '' : 's'}` : 'missing'}`,
    `Bundled software adapter: ${'version' in bundledSoftware ? bundledSoftware.version : bundledSoftware.missing}`,
    `Bundled digits: ${report.data ? 'there' : 'missing'}; bundled model: ${report.model ? 'there' : 'missing'}`,
    '',
    ...adapters.flatMap((adapter) => [...describeAdapter(adapter), '']),
    ...advice(report).map((line) => `- ${line}`),
  ];
  return lines.join('\n');
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
    ...(!has('hardware') && search.vulkanLoader === false
      ? ['To use a GPU, install its Vulkan driver and a Vulkan loader (Debian: the package libvulkan1).']
      : []),
    ...(!has('hardware') && search.vulkanLoader === true
      ? [
          'A Vulkan loader is here but no driver of a GPU: install it, or name its manifest in VK_DRIVER_FILES.',
        ]
      : []),
    has('software')
      ? '--device webgpu runs the kernels without a GPU too, slowly, on the software adapter.'
      : 'There is no software adapter, so without a GPU the kernels cannot be run here.',
    ...(data ? [] : ['The bundled digits are missing: run `npm run build`.']),
    ...(model ? [] : ['The bundled model is missing: run `masksearch train`, or pass --model.']),
  ];
}
