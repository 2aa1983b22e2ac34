/** The library in a browser, on the visitor's GPU or, without one, on WebAssembly. */
import type { Engine } from './engine/engine.ts';
import { canShareMemory, defaultThreads, spawnBrowserWorker } from './engine/wasm/browser-workers.ts';
import { wasmEngine } from './engine/wasm/engine.ts';
import { openWebGpuEngine, requestAdapter } from './engine/webgpu/engine.ts';
import { isSoftwareAdapter } from './engine/webgpu/software-adapter.ts';

export * from './index.ts';

export const BROWSER_DEVICES = ['auto', 'webgpu', 'wasm'] as const;
export type BrowserDevice = (typeof BROWSER_DEVICES)[number];

export interface OpenOptions {
  /** `navigator.gpu` unless given. */
  readonly gpu?: GPU | undefined;
  /** `auto` unless given. */
  readonly device?: BrowserDevice | undefined;
  /** Workers of the WebAssembly backend; one per core unless given. */
  readonly threads?: number | undefined;
}

/**
 * Opens the engine on a browser's WebGPU, or on WebAssembly in workers. `auto` takes WebGPU if it has a hardware adapter and
 * WebAssembly otherwise: an adapter that is emulated on the processor is slower. Rejects with 'no-device' where what was
 * asked for is not there: no adapter, or no SIMD. A page's Content-Security-Policy must allow `wasm-unsafe-eval`, and workers
 * `blob:`; workers share memory if the page is isolated from other origins, and have copies if not.
 */
export async function openEngine({
  gpu = navigatorGpu(),
  device = 'auto',
  threads = defaultThreads(),
}: OpenOptions = {}): Promise<Engine> {
  if (device === 'webgpu' || (device === 'auto' && (await hasHardwareAdapter(gpu)))) {
    return openWebGpuEngine(gpu);
  }
  return wasmEngine({ threads, spawn: spawnBrowserWorker, shared: canShareMemory() });
}

async function hasHardwareAdapter(gpu: GPU | undefined): Promise<boolean> {
  const adapter = await requestAdapter(gpu);
  return adapter !== null && !isSoftwareAdapter(adapter.info);
}

/** Absent in a browser without WebGPU, and on a page that is neither https nor localhost. */
function navigatorGpu(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
}
