/** The kernel benchmark on a WebGPU device, in Node and in browsers. */
import { GpuContext } from '../../engine/webgpu/device/context.ts';
import { Pipelines } from '../../engine/webgpu/device/pipelines.ts';
import {
  AUXILIARY_TILING,
  CANDIDATE_TILINGS,
  LIKELIEST_TILINGS,
  SOFTWARE_TILINGS,
} from '../../engine/webgpu/tuning/tilings.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { LayerKind } from '../../network/fused-layer.ts';
import type { BenchDevice } from '../bench-device.ts';
import { isLoss, layerOf, type KernelShape } from '../shapes.ts';
import { openCase } from './case.ts';
import { gpuRoofs, type RoofSizes } from './roofs.ts';
import { GpuTimer } from './timer.ts';

/**
 * Budgets: one or two minutes for all cases on a software adapter with two cores, some seconds on hardware. A software
 * adapter also computes the idle lanes of a workgroup, so there a workgroup is never half empty.
 */
const SOFTWARE = {
  budget: { images: 64, maxImages: 128, macs: 40e6 },
  repeats: 3,
  roofs: { invocations: 2 ** 12, words: 2 ** 22 },
};
const HARDWARE = {
  budget: { images: QUAD, maxImages: 1024, macs: 4e9 },
  repeats: 20,
  roofs: { invocations: 2 ** 20, words: 2 ** 25 },
};
/** Images that fill a workgroup in every tiling that an engine uses. */
const GROUP_IMAGES = 64;

/**
 * Takes the adapter's one device, with timestamps if the adapter has them; close the device in `finally`. `software`:
 * the adapter computes on the processor.
 */
export async function webGpuBenchDevice(adapter: GPUAdapter, software: boolean): Promise<BenchDevice> {
  const context = await GpuContext.open(adapter, ['timestamp-query']);
  const timer = new GpuTimer(context);
  const device = { context, pipelines: new Pipelines(context), timer };
  const { budget, repeats, roofs } = software ? SOFTWARE : HARDWARE;
  const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
  const bufferBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const tilings = software ? SOFTWARE_TILINGS : LIKELIEST_TILINGS;
  const sizes: RoofSizes = { ...roofs, words: Math.min(roofs.words, Math.floor(bufferBytes / 16) * 4) };
  return {
    device: { kind: 'webgpu', ...context.adapter, software },
    method: timer.method,
    budget: { ...budget, bufferBytes, groupImages: GROUP_IMAGES, batches: true },
    repeats,
    tilingsOf: (shape) => byKind(shape, CANDIDATE_TILINGS) ?? [],
    roofs: (count) => gpuRoofs(device, sizes, count),
    open(one, planted) {
      const tiling = one.tiling ?? byKind(one.shape, tilings) ?? AUXILIARY_TILING;
      return openCase(device, one, planted, tiling);
    },
    close() {
      timer.close();
      context.close();
      return Promise.resolve();
    },
  };
}

function byKind<T>(shape: KernelShape, values: Readonly<Record<LayerKind, T>>): T | undefined {
  return isLoss(shape) ? undefined : values[layerOf(shape).kind];
}
