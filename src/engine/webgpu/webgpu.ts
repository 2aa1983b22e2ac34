import type { ImageSet } from '../../data/dataset.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import type { DeviceInfo, Engine, EvaluatorOptions } from '../backend.ts';
import { ALL_OPTIMIZATIONS } from '../optimizations.ts';
import { checkImages } from '../images.ts';
import { checkModel, type Model } from '../../network/model.ts';
import { MasksearchError } from '../../core/error.ts';
import { EngineEvaluator } from '../evaluator.ts';
import { GpuContext } from './device/context.ts';
import { Pipelines } from './device/pipelines.ts';
import { isSoftwareAdapter } from './device/software-adapter.ts';
import { Tuner } from './tuning/tuner.ts';
import { WebGpuRunner, type RunnerOptions } from './runner.ts';

/** Opens the engine on the best adapter of `gpu`. Rejects with 'no-device' where there is none. */
export async function openWebGpuEngine(gpu: GPU | undefined): Promise<Engine> {
  const adapter = await requireAdapter(gpu);
  return webGpuEngine(adapter, isSoftwareAdapter(adapter.info));
}

/** The best adapter of `gpu`. Rejects with 'no-device' where there is none. */
export async function requireAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  const adapter = await requestAdapter(gpu);
  if (adapter) return adapter;
  throw new MasksearchError(
    'no-device',
    gpu ? 'WebGPU has no adapter here' : 'WebGPU is not available here',
    'use a browser with WebGPU on a machine with a GPU, over https or localhost',
  );
}

/** The best adapter of `gpu`; null where there is none. */
export async function requestAdapter(gpu: GPU | undefined): Promise<GPUAdapter | null> {
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
}

/** The engine on a WebGPU adapter, which it uses up: an adapter gives one device. */
export async function webGpuEngine(adapter: GPUAdapter, software: boolean): Promise<WebGpuEngine> {
  return new WebGpuEngine(await GpuContext.open(adapter), software);
}

export class WebGpuEngine implements Engine {
  readonly device: DeviceInfo;
  /** The device itself, for benchmarks and tests. */
  readonly context: GpuContext;
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
    const { software = false } = this.device;
    const { context, pipelines } = this;
    const all = { ...options, software, optimizations: { ...ALL_OPTIMIZATIONS, ...options.optimizations } };
    const runner = await WebGpuRunner.create(context, pipelines, this.#tuner, model, images, all);
    return new EngineEvaluator(model.network, runner, options);
  }

  close(): Promise<void> {
    this.context.close();
    return Promise.resolve();
  }
}
