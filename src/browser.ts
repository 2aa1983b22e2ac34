/** The library in a browser, on the visitor's GPU. */
import type { Engine } from './engine/engine.ts';
import { openWebGpuEngine } from './engine/webgpu/engine.ts';

export * from './index.ts';

/**
 * Opens the engine on a browser's WebGPU. Rejects with 'no-device' where there is no adapter.
 *
 * @param options.gpu `navigator.gpu` unless given
 */
export function openEngine({ gpu = navigatorGpu() }: { gpu?: GPU | undefined } = {}): Promise<Engine> {
  return openWebGpuEngine(gpu);
}

/** Absent in a browser without WebGPU, and on a page that is neither https nor localhost. */
function navigatorGpu(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
}
