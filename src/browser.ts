/** The library in a browser, on the visitor's GPU or, without one, on WebAssembly. */
import type { Engine } from './engine/engine.ts';
import { canShareMemory, defaultThreads, spawnBrowserWorker } from './engine/wasm/browser-workers.ts';
import { wasmEngine } from './engine/wasm/engine.ts';
import { openWebGpuEngine } from './engine/webgpu/engine.ts';

export * from './index.ts';

export interface OpenOptions {
  /** `navigator.gpu` unless given. */
  readonly gpu?: GPU | undefined;
  /** `webgpu` unless given. */
  readonly device?: 'webgpu' | 'wasm' | undefined;
  /** Workers of the WebAssembly backend; one per core unless given. */
  readonly threads?: number | undefined;
}

/**
 * Opens the engine on a browser's WebGPU, or on WebAssembly in workers. Rejects with 'no-device' where there is no
 * adapter, or no SIMD. A page's Content-Security-Policy must allow `wasm-unsafe-eval`, and workers `blob:`; workers share
 * memory if the page is isolated from other origins, and have copies if not.
 */
export function openEngine({
  gpu = navigatorGpu(),
  device = 'webgpu',
  threads = defaultThreads(),
}: OpenOptions = {}): Promise<Engine> {
  if (device === 'webgpu') return openWebGpuEngine(gpu);
  return wasmEngine({ threads, spawn: spawnBrowserWorker, shared: canShareMemory() });
}

/** Absent in a browser without WebGPU, and on a page that is neither https nor localhost. */
function navigatorGpu(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
}
