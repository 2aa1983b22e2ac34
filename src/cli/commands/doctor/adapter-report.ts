import { magnitudeGlobalOrder, masksAt, zerosAt } from '../../../baselines/index.ts';
import { takeImages, type ImageSet } from '../../../data/dataset.ts';
import { BUFFER_USAGE, MAP_READ } from '../../../engine/webgpu/device/constants.ts';
import type { GpuContext } from '../../../engine/webgpu/device/context.ts';
import { webGpuEngine, type WebGpuEngine } from '../../../engine/webgpu/webgpu.ts';
import { openNodeAdapter, type NodeAdapter } from '../../../engine/webgpu/node/adapter.ts';
import type { Model } from '../../../network/model.ts';
import { checkOnKernels } from '../../../pruning/evaluation/kernel-check.ts';
import type { KernelCheck } from '../../../report/run/result.ts';
import { sentence } from '../../terminal/sentence.ts';

/** The limits that decide what fits and how it is split. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Submissions that the round-trip time is the median of. */
export const ROUND_TRIPS = 50;

/** Takes about a second on a software adapter. */
const CHECK_IMAGES = 256;
const CHECK_SPARSITY = 0.5;

export interface AdapterReport {
  readonly kind: 'hardware' | 'software';
  readonly implementation: NodeAdapter['implementation'];
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly features: readonly string[];
  /** The limits of a device that asks for none, and the largest that it could ask for. */
  readonly limits: Readonly<Record<string, { readonly default: number; readonly adapter: number }>>;
  /** Median time of an empty submission with a readback of four bytes, in milliseconds. */
  readonly roundTripMs: number;
  /** Absent if the model or its images cannot be read. */
  readonly check?: KernelCheck | { readonly error: string };
}

/** A model with images, to check the kernels on. */
export interface CheckSubject {
  readonly model: Model;
  readonly images: ImageSet;
}

/** Undefined if this machine has no adapter of that kind. */
export async function reportAdapter(
  software: 'never' | 'only',
  subject: CheckSubject | undefined,
): Promise<AdapterReport | undefined> {
  const found = await openNodeAdapter({ software });
  if (!found) return undefined;
  const { adapter } = found;
  const engine = await webGpuEngine(adapter, found.software);
  try {
    const { vendor, architecture, description } = engine.context.adapter;
    return {
      kind: found.software ? 'software' : 'hardware',
      implementation: found.implementation,
      vendor,
      architecture,
      description,
      features: [...adapter.features].sort(),
      limits: Object.fromEntries(
        LIMITS.map((name) => [name, { default: engine.context.limits[name], adapter: adapter.limits[name] }]),
      ),
      roundTripMs: await roundTrip(engine.context),
      ...(subject && { check: await checkKernels(engine, subject) }),
    };
  } finally {
    await engine.close();
  }
}

async function roundTrip(context: GpuContext): Promise<number> {
  const { copySource, copyTarget, storage, mapRead } = BUFFER_USAGE;
  const source = context.createBuffer('source', 4, copySource | storage);
  const target = context.createBuffer('target', 4, copyTarget | mapRead);
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const start = performance.now();
    const encoder = context.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, target, 0, 4);
    context.device.queue.submit([encoder.finish()]);
    await context.guard(target.mapAsync(MAP_READ));
    target.unmap();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[ROUND_TRIPS >> 1]!;
}

/** Evaluates the model with half of its weights pruned on the kernels and in float64. */
async function checkKernels(
  engine: WebGpuEngine,
  { model, images }: CheckSubject,
): Promise<KernelCheck | { readonly error: string }> {
  const order = magnitudeGlobalOrder(model);
  const masks = masksAt(order, zerosAt(order, CHECK_SPARSITY));
  const first = takeImages(images, Math.min(images.count, CHECK_IMAGES));
  const options = { software: true, openKernels: () => Promise.resolve(undefined) };
  try {
    return (await checkOnKernels(engine, { model, images: first, masks }, options))!;
  } catch (error) {
    return { error: sentence(error) };
  }
}
