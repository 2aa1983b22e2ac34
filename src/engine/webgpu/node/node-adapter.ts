/**
 * Finds an adapter in Node. The only place that knows Dawn (the npm package `webgpu`) and Vulkan.
 *
 * The package's `globals` (GPUBufferUsage and so on) are not assigned to globalThis: the engine has those constants
 * in a file of its own, so that importing it changes nothing for anybody else.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';
import type * as webgpu from 'webgpu';
import { MasksearchError } from '../../../core/error.ts';
import { findBundledPackage, unpackOnce } from './bundled-archive.ts';
import { findPortableVulkan, mayFindDriver } from './portable-vulkan.ts';
import { isSoftwareAdapter } from '../device/software-adapter.ts';

export interface NodeAdapterOptions {
  /**
   * Whether an adapter that computes on the processor will do: never (the default), when there is no hardware, or
   * nothing else.
   */
  readonly software?: 'never' | 'fallback' | 'only';
}

export interface NodeAdapter {
  readonly adapter: GPUAdapter;
  readonly software: boolean;
}

/**
 * A new adapter, which serves one device; undefined where there is none of the kind asked for.
 *
 * The driver that the environment names or the system has comes first. Without one, and with software allowed, it is
 * the SwiftShader of the portable archive or of the development package `@sparticuz/chromium`, unless neither is there
 * or `MASKSEARCH_SOFTWARE_GPU=off`. Call it on the main thread: a worker cannot select the bundled driver.
 */
export async function openNodeAdapter({ software = 'never' }: NodeAdapterOptions = {}): Promise<
  NodeAdapter | undefined
> {
  const dawn = await loadDawn();
  if (typeof dawn === 'string') return undefined;

  const found = await requestInstalledAdapter(dawn, software === 'only');
  if (found && isSoftwareAdapter(found.info))
    return software === 'never' ? undefined : { adapter: found, software: true };
  if (found && software !== 'only') return { adapter: found, software: false };

  const bundle = software === 'never' ? undefined : findBundledSoftware();
  if (!bundle || typeof bundle === 'string') return undefined;
  const adapter = await requestBundledAdapter(dawn, bundle);
  return adapter ? { adapter, software: true } : undefined;
}

/** What `openNodeAdapter` has to go by on this machine. */
export interface AdapterSearch {
  readonly dawn: {
    readonly package: string;
    readonly version: string;
    /** Why it cannot be loaded on this platform. */
    readonly error?: string;
  };
  /** Whether a Vulkan loader is installed or in the portable archive; undefined where Dawn does not use Vulkan. */
  readonly vulkanLoader: boolean | undefined;
  /** The variables that are set of those that choose Vulkan's loader and drivers. */
  readonly environment: Readonly<Record<string, string>>;
  /** SwiftShader: the version of the package that it comes from, or why it is not available. */
  readonly bundledSoftware: { readonly version: string } | { readonly missing: string };
}

/** For `masksearch doctor`: says what the search for an adapter would find, without opening one. */
export async function describeAdapterSearch(): Promise<AdapterSearch> {
  const dawn = await loadDawn();
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };
  const names = [...driverVariables, 'VK_ADD_DRIVER_FILES', 'LD_LIBRARY_PATH', 'MASKSEARCH_SOFTWARE_GPU'];
  const bundle = findBundledSoftware();
  return {
    dawn: { package: 'webgpu', version, ...(typeof dawn === 'string' && { error: dawn }) },
    vulkanLoader: usesVulkan ? vulkanLoader() !== 'missing' : undefined,
    environment: Object.fromEntries(
      names.flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    bundledSoftware: typeof bundle === 'string' ? { missing: bundle } : { version: bundle.version },
  };
}

type Dawn = typeof webgpu;

/** The package, or why its native part cannot be loaded: it has none for musl, for example. */
async function loadDawn(): Promise<Dawn | string> {
  try {
    return await import('webgpu');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * One Dawn instance per driver, kept for the life of the process: Dawn crashes when its GPU object is collected while
 * something made from it is still in use.
 */
const instances: { installed?: GPU; bundled?: GPU } = {};

const usesVulkan = process.platform === 'linux';
const driverVariables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const;
const loaderName = 'libvulkan.so.1';

async function requestInstalledAdapter(dawn: Dawn, software: boolean): Promise<GPUAdapter | null> {
  // Without a loader or a driver Dawn finds nothing either, but says so on stderr.
  const loader = usesVulkan ? vulkanLoader() : undefined;
  if (loader === 'missing' || (loader === 'portable' && !mayFindDriver())) return null;
  instances.installed ??= dawn.create([]);
  return instances.installed.requestAdapter(
    software ? { forceFallbackAdapter: true } : { powerPreference: 'high-performance' },
  );
}

let foundLoader: 'installed' | 'portable' | 'missing' | undefined;

/**
 * Which loader Dawn gets. Remembered from the first call on: once the bundled loader is resident, the answer would always
 * be the same. The portable archive's serves the machine's own drivers too.
 */
function vulkanLoader(): 'installed' | 'portable' | 'missing' {
  return (foundLoader ??= findVulkanLoader());
}

function findVulkanLoader(): 'installed' | 'portable' | 'missing' {
  const message = loadLibrary(loaderName, constants.dlopen.RTLD_LAZY);
  if (!/cannot open shared object file/.test(message)) return 'installed';
  const portable = findPortableVulkan();
  if (!portable) return 'missing';
  makeResident(join(portable.folder, loaderName));
  return 'portable';
}

interface BundledSoftware {
  readonly version: string;
  /** Resolves to the folder of the loader and the driver. */
  readonly unpack: () => Promise<string>;
}

function findBundledSoftware(): BundledSoftware | string {
  if (process.env['MASKSEARCH_SOFTWARE_GPU'] === 'off') return 'switched off by MASKSEARCH_SOFTWARE_GPU=off';
  const portable = findPortableVulkan();
  if (portable) return { version: portable.version, unpack: () => Promise.resolve(portable.folder) };
  const source = findBundledPackage();
  if (!source) return 'the package @sparticuz/chromium is not installed, or not for this platform';
  return {
    version: source.version,
    unpack: () => unpackOnce(source, 'swiftshader', ['swiftshader.tar.br']),
  };
}

async function requestBundledAdapter(dawn: Dawn, bundle: BundledSoftware): Promise<GPUAdapter | null> {
  const folder = await bundle.unpack();
  if (vulkanLoader() === 'missing') makeResident(join(folder, loaderName));
  return withDrivers(join(folder, 'vk_swiftshader_icd.json'), () => {
    instances.bundled ??= dawn.create([]);
    return instances.bundled.requestAdapter();
  });
}

/**
 * Calls `request` with Vulkan's drivers limited to one. The loader reads the variables when Dawn makes its Vulkan
 * instance, which is before `requestAdapter` returns its promise, so nothing else in the process or its children
 * ever sees them changed.
 */
function withDrivers<T>(driver: string, request: () => T): T {
  const before = driverVariables.map((name) => [name, process.env[name]] as const);
  for (const name of driverVariables) process.env[name] = driver;
  try {
    return request();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/**
 * Loads the Vulkan loader so that Dawn, which asks for it by name, is given this one.
 *
 * Symptom: without it Dawn says "Couldn't load Vulkan: libvulkan.so.1" and finds no adapter. Cause: Dawn looks in the
 * system's library folders alone, and LD_LIBRARY_PATH counts only if it was set before Node started. Can be deleted
 * when Dawn's Node bindings let the loader's path be given.
 */
function makeResident(library: string): void {
  const noDelete = 0x1000; // RTLD_NODELETE, which os.constants lacks: the library stays when Node drops it again.
  const message = loadLibrary(library, constants.dlopen.RTLD_NOW | noDelete);
  if (!/did not self-register/.test(message)) {
    throw new MasksearchError(
      'no-device',
      `the bundled Vulkan loader cannot be loaded (${message})`,
      'have it in a folder from which programs may run: set TMPDIR to one, or move the portable archive to one',
    );
  }
}

/** Loads a library that is no Node addon and returns Node's complaint, which tells whether it was found. */
function loadLibrary(library: string, flags: number): string {
  try {
    process.dlopen({ exports: {} }, library, flags);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
