/**
 * A software GPU for development on machines that have no GPU: a Vulkan loader and SwiftShader, Google's Vulkan driver
 * that computes on the processor (docs/without-a-gpu.md).
 */
import { join } from 'node:path';
import {
  DRIVER_VARIABLES,
  loadVulkanLoader,
  VULKAN_LOADER,
  vulkanLoader,
} from '../../src/engine/webgpu/node/vulkan-loader.ts';
import { findChromiumPackage } from './chromium-package.ts';
import { unpackOnce } from './unpack-once.ts';

/** The archive of the package that holds it. */
export const SOFTWARE_GPU_ARCHIVE = 'swiftshader.tar.br';

export interface SoftwareGpu {
  /** Version of the package that it comes from. */
  readonly version: string;
  /** Path of the folder with the loader, `libvulkan.so.1`, the driver, and its manifest, `vk_swiftshader_icd.json`. */
  readonly folder: string;
}

/** The software GPU, ready to be loaded; undefined where there is none: it is for Linux on x64. */
export async function unpackSoftwareGpu(): Promise<SoftwareGpu | undefined> {
  const source = findChromiumPackage();
  if (!source) return undefined;
  const folder = await unpackOnce(source, 'swiftshader', [SOFTWARE_GPU_ARCHIVE]);
  return { version: source.version, folder };
}

/** The variables with which a process must start so that the software GPU is its only one. */
export function environmentFor({ folder }: SoftwareGpu): Readonly<Record<string, string>> {
  const before = process.env['LD_LIBRARY_PATH'];
  const manifest = join(folder, 'vk_swiftshader_icd.json');
  return {
    LD_LIBRARY_PATH: before ? `${folder}:${before}` : folder,
    ...Object.fromEntries(DRIVER_VARIABLES.map((name) => [name, manifest])),
  };
}

/**
 * Makes the software GPU the only one of this process, in which no other adapter may have been opened, and of the
 * processes that it starts from now on. Resolves to false where there is none. Call it on the main thread: a worker has
 * its own copy of the environment.
 */
export async function useSoftwareGpu(): Promise<boolean> {
  const gpu = await unpackSoftwareGpu();
  if (!gpu) return false;
  // For this process LD_LIBRARY_PATH comes too late.
  if (vulkanLoader() === 'missing') loadVulkanLoader(join(gpu.folder, VULKAN_LOADER));
  Object.assign(process.env, environmentFor(gpu));
  return true;
}
