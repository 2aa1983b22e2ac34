/** The Vulkan loader, the library by which Dawn reaches the drivers of GPUs on Linux. */
import { constants } from 'node:os';
import { MasksearchError } from '../../../core/error.ts';
import { findPortableVulkan } from './portable-vulkan.ts';

/** The name by which Dawn asks for it. */
export const VULKAN_LOADER = 'libvulkan.so.1';

/** The environment variables that choose its drivers: it reads the second if the first is not set. */
export const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const;

let portableIsLoaded = false;

/**
 * The loader that Dawn gets: one that is installed, or else that of the portable archive, which serves the machine's own
 * drivers too and is loaded by this call. Undefined where Dawn does not use Vulkan.
 */
export function vulkanLoader(): 'installed' | 'portable' | 'missing' | undefined {
  if (process.platform !== 'linux') return undefined;
  // Once it is loaded it is found by its name, as an installed one is.
  if (portableIsLoaded) return 'portable';
  const message = loadLibrary(VULKAN_LOADER, constants.dlopen.RTLD_LAZY);
  if (!/cannot open shared object file/.test(message)) return 'installed';
  const portable = findPortableVulkan();
  if (!portable) return 'missing';
  loadVulkanLoader(portable.loader);
  portableIsLoaded = true;
  return 'portable';
}

/**
 * Loads the Vulkan loader at this path, so that Dawn, which asks for it by name, gets this one. Throws 'no-device' if it
 * cannot be loaded.
 *
 * Symptom: without it Dawn says "Couldn't load Vulkan: libvulkan.so.1" and finds no adapter. Cause: Dawn looks only in the
 * system's library folders, and LD_LIBRARY_PATH counts only if it was set before Node started. Can be deleted when
 * Dawn's Node bindings accept the loader's path.
 */
export function loadVulkanLoader(path: string): void {
  const noDelete = 0x1000; // RTLD_NODELETE, which os.constants lacks: the library stays loaded when Node closes it.
  const message = loadLibrary(path, constants.dlopen.RTLD_NOW | noDelete);
  if (!/did not self-register/.test(message)) {
    throw new MasksearchError(
      'no-device',
      `the Vulkan loader ${path} cannot be loaded (${message})`,
      'move it to a folder from which programs may run: move the portable archive, or set TMPDIR in a clone',
    );
  }
}

/** Loads a library that is not a Node addon. Returns Node's error message, which tells whether the library was found. */
function loadLibrary(library: string, flags: number): string {
  try {
    process.dlopen({ exports: {} }, library, flags);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
