/** The WebAssembly backend: SIMD kernels in workers, for machines without a GPU. Runs in browsers and in Node. */
import { MasksearchError } from '../../core/error.ts';
import { checkCount } from '../../core/options.ts';
import { fuse } from '../../network/fuse.ts';
import { checkModel } from '../../network/check-model.ts';
import { DEFAULT_CACHE_BYTES, type Engine } from '../backend.ts';
import { EngineCalibrator } from '../calibrator.ts';
import { EngineEvaluator } from '../evaluator.ts';
import { checkImages } from '../images.ts';
import { pairedLayers } from '../plan/paired-layers.ts';
import { targetsOf } from '../targets.ts';
import { wasmCachePlan } from './cache-plan.ts';
import { compileKernels } from './compile.ts';
import { BLOCK } from './layout.ts';
import { momentsRegions } from './moments/regions.ts';
import { MAX_SLOTS, WasmMomentsRunner } from './moments/runner.ts';
import { WasmRunner } from './runner.ts';
import { imageShape } from './tensor-layout.ts';
import { openCopiedWorkspace } from './threads/copied-workspace.ts';
import { MAX_THREADS, WorkerPool, type SpawnWorker } from './threads/pool.ts';
import { openSharedWorkspace } from './threads/shared-workspace.ts';

export interface WasmEngineOptions {
  /** Number of workers. The result does not depend on it. */
  readonly threads: number;
  readonly spawn: SpawnWorker;
  /** Whether workers can share memory. If not, each has its own. */
  readonly shared: boolean;
}

/**
 * Opens the engine. Rejects with 'no-device' if the platform has no SIMD, and with 'bad-input' if `threads` is not a
 * whole number from 1 to `MAX_THREADS`.
 */
export async function wasmEngine({ threads, spawn, shared }: WasmEngineOptions): Promise<Engine> {
  checkCount('threads', threads, { most: MAX_THREADS, example: 2 });
  const module = await compileKernels(shared);
  const pool = new WorkerPool(threads, spawn);
  const openWorkspace = shared ? openSharedWorkspace : openCopiedWorkspace;
  return {
    device: {
      kind: 'wasm',
      vendor: '',
      architecture: '',
      description: `WebAssembly SIMD, ${threads} thread${threads === 1 ? '' : 's'}`,
      software: true,
    },
    async evaluator(model, images, options = {}) {
      if (pool.failure) throw pool.failure;
      checkModel(model);
      checkImages(model, images);
      const targets = targetsOf(model, images);
      const layers = fuse(model.network);
      const workers = pool.take(Math.ceil(images.count / BLOCK));
      const floats = !(images.pixels instanceof Uint8Array);
      const sizes = {
        ...{ images: images.count, input: imageShape(model.network.input), floats },
        loss: targets.loss,
      };
      const blocks = shared
        ? { workers: workers.length, firstBlock: 0, blockStride: 1 }
        : { workers: 1, firstBlock: 0, blockStride: workers.length };
      const plan = wasmCachePlan(layers, { ...sizes, ...blocks }, options.memory ?? DEFAULT_CACHE_BYTES);
      const workspace = await openWorkspace(workers, { module, layers, ...sizes, cached: plan.tensors });
      const runner = new WasmRunner(workspace, model, images, targets, plan.cuts, options.optimizations);
      return new EngineEvaluator(model, runner, options);
    },
    async calibrator(model, images) {
      if (pool.failure) throw pool.failure;
      checkModel(model);
      checkImages(model, images);
      const layers = pairedLayers(fuse(model.network));
      const blocks = Math.ceil(images.count / BLOCK);
      const workers = pool.take(Math.min(blocks, MAX_SLOTS));
      const moments = momentsRegions(layers, shared ? workers.length : 1);
      const floats = !(images.pixels instanceof Uint8Array);
      const sizes = { images: images.count, input: imageShape(model.network.input), floats };
      const workspace = await openWorkspace(workers, { module, layers, ...sizes, cached: [], moments });
      const runner = new WasmMomentsRunner(workspace, model, images, layers, moments);
      return new EngineCalibrator(model, images.count, runner);
    },
    close() {
      pool.fail(new MasksearchError('closed', 'the engine was closed', 'open a new one'));
      return Promise.resolve();
    },
  };
}
