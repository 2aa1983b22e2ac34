/** The library in a browser, on the visitor's GPU or, without one, on WebAssembly. */
import type { BenchDevice } from './bench/bench-device.ts';
import { wasmBenchDevice } from './bench/wasm/bench-device.ts';
import { webGpuBenchDevice } from './bench/webgpu/bench-device.ts';
import type { Engine } from './engine/backend.ts';
import { canShareMemory, defaultThreads, spawnBrowserWorker } from './engine/wasm/threads/browser-workers.ts';
import { wasmEngine } from './engine/wasm/wasm.ts';
import { navigatorGpu, requestAdapter, requireAdapter, webGpuEngine } from './engine/webgpu/webgpu.ts';
import { isSoftwareAdapter } from './engine/webgpu/device/software-adapter.ts';

export * from './index.ts';
export { KERNELS, SHAPES, type BenchKernel, type KernelShape } from './bench/shapes.ts';
export {
  measureKernels,
  type CaseLabel,
  type CaseResult,
  type KernelPlan,
  type KernelReport,
  type MeasureOptions,
} from './bench/measure.ts';
export { kernelRecord, type KernelHost, type KernelRecord } from './bench/record.ts';
/** Numbers as people read them, for pages that show what a search does. */
export * as numbers from './report/text/numbers.ts';
export { measuresOf, type Measure } from './report/text/measures.ts';
export { caseCells, caseProgress, casesLeftOut, casesNotVerified, TIMING_METHODS } from './bench/table.ts';

/** The readers of files that visitors give. On demand: a page needs none of them for files of its own. */
export const loadFileReaders = () => import('./formats/file-readers.ts');
export type { FileKind } from './formats/file-readers.ts';

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
  const adapter = await adapterFor(device, gpu);
  if (adapter) return webGpuEngine(adapter, isSoftwareAdapter(adapter.info));
  return wasmEngine({ threads, spawn: spawnBrowserWorker, shared: canShareMemory() });
}

/** The WebGPU kernels on a hardware adapter or, with `software`, on any adapter; undefined without one. */
export async function openKernels({ software }: { readonly software: boolean }): Promise<Engine | undefined> {
  const adapter = await requestAdapter(navigatorGpu());
  if (!adapter) return undefined;
  const isSoftware = isSoftwareAdapter(adapter.info);
  return isSoftware && !software ? undefined : webGpuEngine(adapter, isSoftware);
}

/** What `measureKernels` runs on; close it in `finally`. */
export type KernelBench = BenchDevice;

/**
 * Opens the kernel benchmark on the device that `openEngine` would take, but WebAssembly on the thread that calls: in a page
 * that is a worker's. Rejects with 'no-device' where what was asked for is not there.
 */
export async function openKernelBench({
  gpu = navigatorGpu(),
  device = 'auto',
}: Omit<OpenOptions, 'threads'> = {}): Promise<KernelBench> {
  const adapter = await adapterFor(device, gpu);
  return adapter ? webGpuBenchDevice(adapter, isSoftwareAdapter(adapter.info)) : wasmBenchDevice();
}

/** The adapter that a device means, which has not been used; undefined where it means WebAssembly. */
async function adapterFor(device: BrowserDevice, gpu: GPU | undefined): Promise<GPUAdapter | undefined> {
  switch (device) {
    case 'webgpu':
      return requireAdapter(gpu);
    case 'wasm':
      return undefined;
    case 'auto': {
      const adapter = await requestAdapter(gpu);
      return adapter && !isSoftwareAdapter(adapter.info) ? adapter : undefined;
    }
  }
}
