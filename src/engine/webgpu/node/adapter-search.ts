import { navigatorGpu } from '../webgpu.ts';
import { dawnVersion, loadDawn } from './adapter.ts';
import { findPortableVulkan } from './portable-vulkan.ts';
import { DRIVER_VARIABLES, vulkanLoader } from './vulkan-loader.ts';

/** What the search for an adapter finds on this machine. */
export interface AdapterSearch {
  readonly dawn: {
    readonly package: string;
    readonly version: string;
    /** Why it cannot be loaded on this platform. */
    readonly error?: string;
  };
  /** Whether the runtime has WebGPU of its own, which is taken where Dawn gives no adapter. */
  readonly navigatorGpu: boolean;
  /** Where the Vulkan loader comes from; undefined where Dawn does not use Vulkan. */
  readonly vulkanLoader: ReturnType<typeof vulkanLoader>;
  /** Those variables that are set of the ones that choose Vulkan's loader and drivers. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether SwiftShader, the portable archive's software GPU, is available: it is nowhere else. */
  readonly portableSoftware: boolean;
}

const VARIABLES = [...DRIVER_VARIABLES, 'VK_ADD_DRIVER_FILES', 'LD_LIBRARY_PATH', 'MASKSEARCH_SOFTWARE_GPU'];

/** For `masksearch doctor`: what the search finds, without opening an adapter. */
export async function describeAdapterSearch(): Promise<AdapterSearch> {
  const dawn = await loadDawn();
  return {
    dawn: { package: 'webgpu', version: dawnVersion(), ...(typeof dawn === 'string' && { error: dawn }) },
    navigatorGpu: navigatorGpu() !== undefined,
    vulkanLoader: vulkanLoader(),
    environment: Object.fromEntries(
      VARIABLES.flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    portableSoftware: findPortableVulkan()?.softwareDriver !== undefined,
  };
}
