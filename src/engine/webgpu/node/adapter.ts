/**
 * Finds an adapter in Node and Deno: the only place that calls Dawn, the npm package `webgpu`.
 *
 * The package's `globals` (GPUBufferUsage and so on) are not assigned to globalThis: the engine has those constants
 * in a file of its own, so that importing it has no effect on other code.
 */
import { createRequire } from 'node:module';
import type * as webgpu from 'webgpu';
import { MasksearchError } from '../../../core/error.ts';
import { optionName, phrase } from '../../../core/phrase.ts';
import { isSoftwareAdapter } from '../device/software-adapter.ts';
import { navigatorGpu, requestAdapter } from '../webgpu.ts';
import { findPortableVulkan, mayFindDriver } from './portable-vulkan.ts';
import { DRIVER_VARIABLES, vulkanLoader } from './vulkan-loader.ts';

export interface NodeAdapterOptions {
  /**
   * Whether an adapter that computes on the processor is taken: never (the default), if there is no hardware adapter
   * ('fallback'), or instead of one ('only').
   */
  readonly software?: 'never' | 'fallback' | 'only';
}

export interface NodeAdapter {
  readonly adapter: GPUAdapter;
  readonly software: boolean;
  /** What implements WebGPU: Dawn, or the runtime, as Deno does. */
  readonly implementation: 'dawn' | 'navigator.gpu';
}

type Software = NonNullable<NodeAdapterOptions['software']>;

/**
 * A new adapter, which serves one device; undefined if the machine has none of the requested kind. From Dawn, or else from the
 * runtime's own `navigator.gpu`, which Deno has: there Dawn needs the permission `--allow-ffi`.
 *
 * Takes the drivers that the environment names or the system has. If they give no adapter and software is allowed, the
 * portable archive has SwiftShader, unless `MASKSEARCH_SOFTWARE_GPU=off`. Call it on the main thread: a worker cannot
 * select that driver. Rejects with 'no-device' if the archive's Vulkan loader cannot be loaded.
 */
export async function openNodeAdapter({ software = 'never' }: NodeAdapterOptions = {}): Promise<
  NodeAdapter | undefined
> {
  const dawn = await loadDawn();
  const found = typeof dawn === 'string' ? undefined : await openDawnAdapter(dawn, software);
  return found ?? openNavigatorAdapter(software);
}

/** An adapter of `navigator.gpu`; undefined if there is none of the requested kind. */
async function openNavigatorAdapter(software: Software): Promise<NodeAdapter | undefined> {
  const gpu = navigatorGpu();
  const adapter = await (software === 'only'
    ? gpu?.requestAdapter({ forceFallbackAdapter: true })
    : requestAdapter(gpu));
  if (!adapter) return undefined;
  const isSoftware = isSoftwareAdapter(adapter.info);
  if (isSoftware ? software === 'never' : software === 'only') return undefined;
  return { adapter, software: isSoftware, implementation: 'navigator.gpu' };
}

async function openDawnAdapter(dawn: Dawn, software: Software): Promise<NodeAdapter | undefined> {
  const implementation = 'dawn';
  const found = await requestInstalledAdapter(dawn, software === 'only');
  if (found && isSoftwareAdapter(found.info))
    return software === 'never' ? undefined : { adapter: found, software: true, implementation };
  if (found && software !== 'only') return { adapter: found, software: false, implementation };

  const driver = software === 'never' ? undefined : findPortableVulkan()?.softwareDriver;
  if (driver === undefined) return undefined;
  const adapter = await withDriver(driver, () => currentInstance(dawn).requestAdapter());
  return adapter ? { adapter, software: true, implementation } : undefined;
}

/**
 * The adapter for `--device`: for 'auto' a hardware adapter, or undefined if there is none; for 'webgpu' a hardware adapter
 * or else a software adapter. Rejects with 'no-device' if there is neither.
 */
export async function openAdapterFor(device: 'auto' | 'webgpu'): Promise<NodeAdapter | undefined> {
  const found = await openNodeAdapter({ software: device === 'auto' ? 'never' : 'fallback' });
  if (found || device === 'auto') return found;
  throw new MasksearchError(
    'no-device',
    'no WebGPU adapter was found on this machine',
    phrase`install a Vulkan driver (\`masksearch doctor\` says what is missing), use ${optionName('device')} wasm, or see docs/without-a-gpu.md in the repository`,
  );
}

type Dawn = typeof webgpu;

/** The package, or why its native part cannot be loaded: it has none for musl, for example. */
export async function loadDawn(): Promise<Dawn | string> {
  try {
    return await import('webgpu');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Version of the package. */
export function dawnVersion(): string {
  return (createRequire(import.meta.url)('webgpu/package.json') as { version: string }).version;
}

/**
 * One Dawn instance for each choice of drivers, since an instance reads them once. Kept for the life of the process: Dawn
 * crashes when an instance is garbage-collected while something made from it is in use.
 */
const instances = new Map<string, GPU>();

/** The instance for the drivers that the environment names now. */
function currentInstance(dawn: Dawn): GPU {
  const drivers = DRIVER_VARIABLES.map((name) => process.env[name] ?? '').join('\n');
  const instance = instances.get(drivers) ?? dawn.create([]);
  instances.set(drivers, instance);
  return instance;
}

async function requestInstalledAdapter(dawn: Dawn, software: boolean): Promise<GPUAdapter | null> {
  // Without a loader or a driver Dawn finds nothing either, but prints to stderr.
  const loader = vulkanLoader();
  if (loader === 'missing' || (loader === 'portable' && !mayFindDriver())) return null;
  return currentInstance(dawn).requestAdapter(
    software ? { forceFallbackAdapter: true } : { powerPreference: 'high-performance' },
  );
}

/**
 * Calls `request` with Vulkan's drivers limited to one. The loader reads the variables when Dawn makes its Vulkan
 * instance, which is before `requestAdapter` returns its promise, so no other code in the process or its children
 * sees them changed.
 */
function withDriver<T>(manifest: string, request: () => T): T {
  const before = DRIVER_VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of DRIVER_VARIABLES) process.env[name] = manifest;
  try {
    return request();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
