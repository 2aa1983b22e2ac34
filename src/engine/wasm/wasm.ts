/** The WebAssembly backend: SIMD kernels in workers, for machines without a GPU. Runs in browsers and in Node. */
import { MasksearchError } from '../../core/error.ts';
import { checkCount } from '../../core/options.ts';
import { fuse } from '../../network/fuse.ts';
import { checkModel } from '../../network/model.ts';
import type { Engine } from '../backend.ts';
import { EngineEvaluator } from '../evaluator.ts';
import { checkImages } from '../images.ts';
import { compileKernels } from './compile.ts';
import { BLOCK, checkLayers } from './layout.ts';
import { WasmRunner } from './runner.ts';
import { openCopiedWorkspace } from './threads/copied-workspace.ts';
import { WorkerPool, type SpawnWorker } from './threads/pool.ts';
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
 * positive whole number.
 */
export async function wasmEngine({ threads, spawn, shared }: WasmEngineOptions): Promise<Engine> {
  checkCount('threads', threads);
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
      const { count, height, width } = images;
      const layers = fuse(model.network);
      checkLayers(layers);
      const workers = pool.take(Math.ceil(count / BLOCK));
      const workspace = await openWorkspace(workers, { module, layers, images: count, height, width });
      const runner = new WasmRunner(workspace, model, images, options.optimizations);
      return new EngineEvaluator(model.network, runner, options);
    },
    close() {
      pool.fail(new MasksearchError('closed', 'the engine was closed', 'open a new one'));
      return Promise.resolve();
    },
  };
}
