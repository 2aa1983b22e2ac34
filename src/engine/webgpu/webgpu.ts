/** The WebGPU backend: one open device with its compiled kernels. Runs in browsers, in Deno and, with Dawn, in Node. */
import type { ImageSet } from '../../data/dataset.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import type { Calibrator, DeviceInfo, Engine, EvaluatorOptions } from '../backend.ts';
import { ALL_OPTIMIZATIONS } from '../optimizations.ts';
import { checkImages } from '../images.ts';
import { checkModel } from '../../network/check-model.ts';
import type { Model } from '../../network/model.ts';
import { MasksearchError } from '../../core/error.ts';
import { EngineCalibrator } from '../calibrator.ts';
import { EngineEvaluator } from '../evaluator.ts';
import { GpuContext } from './device/context.ts';
import { Pipelines } from './device/pipelines.ts';
import { isSoftwareAdapter } from './device/software-adapter.ts';
import type { MomentsRunnerOptions } from './moments/paired-network.ts';
import { WebGpuMomentsRunner } from './moments/runner.ts';
import { WebGpuRunner, type RunnerOptions } from './runner.ts';
import { Tuner } from './tuning/tuner.ts';

/** Opens the engine on the best adapter of `gpu`. Rejects with 'no-device' if there is none. */
export async function openWebGpuEngine(gpu: GPU | undefined): Promise<Engine> {
  const adapter = await requireAdapter(gpu);
  return webGpuEngine(adapter, isSoftwareAdapter(adapter.info));
}

/** The best adapter of `gpu`. Rejects with 'no-device' if there is none. */
export async function requireAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  const adapter = await requestAdapter(gpu);
  if (adapter) return adapter;
  throw new MasksearchError(
    'no-device',
    gpu ? 'WebGPU has no adapter here' : 'WebGPU is not available here',
    'use a browser with WebGPU on a machine with a GPU, over https or localhost',
  );
}

/** The best adapter of `gpu`; null if there is none. */
export async function requestAdapter(gpu: GPU | undefined): Promise<GPUAdapter | null> {
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
}

/**
 * The runtime's own WebGPU. Absent in Node, in a browser without WebGPU, and on a page that is neither https nor localhost.
 */
export function navigatorGpu(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
}

/**
 * The engine on an adapter that has given no device yet: an adapter gives only one. `software`: it computes on the
 * processor.
 */
export async function webGpuEngine(adapter: GPUAdapter, software: boolean): Promise<WebGpuEngine> {
  return new WebGpuEngine(await GpuContext.open(adapter), software);
}

export class WebGpuEngine implements Engine {
  readonly device: DeviceInfo;
  /** For benchmarks and tests. */
  readonly context: GpuContext;
  /** For benchmarks and tests. */
  readonly pipelines: Pipelines;
  readonly #tuner: Tuner;

  constructor(context: GpuContext, software: boolean) {
    this.context = context;
    this.pipelines = new Pipelines(context);
    this.#tuner = new Tuner(context, this.pipelines);
    this.device = { kind: 'webgpu', ...context.adapter, software };
  }

  async evaluator(
    model: Model,
    images: ImageSet,
    options: RunnerOptions & EvaluatorOptions = {},
  ): Promise<CountingEvaluator> {
    checkModel(model);
    checkImages(model, images);
    const device = { context: this.context, pipelines: this.pipelines, tuner: this.#tuner };
    const runner = await WebGpuRunner.create(device, model, images, {
      ...options,
      software: this.device.software,
      optimizations: { ...ALL_OPTIMIZATIONS, ...options.optimizations },
    });
    return new EngineEvaluator(model, runner, options);
  }

  async calibrator(
    model: Model,
    images: ImageSet,
    options: Omit<MomentsRunnerOptions, 'software'> = {},
  ): Promise<Calibrator> {
    checkModel(model);
    checkImages(model, images);
    const device = { context: this.context, pipelines: this.pipelines };
    const { software } = this.device;
    const runner = await WebGpuMomentsRunner.create(device, model, images, { ...options, software });
    return new EngineCalibrator(model, images.count, runner);
  }

  close(): Promise<void> {
    this.context.close();
    return Promise.resolve();
  }
}
