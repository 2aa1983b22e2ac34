import { MasksearchError } from '../../core/error.ts';
import { checkCount } from '../../core/options.ts';
import type { Engine } from '../backend.ts';
import { checkImages } from '../images.ts';
import { checkModel } from '../../network/model.ts';
import { fuse } from '../../network/fuse.ts';
import { EngineEvaluator } from '../evaluator.ts';
import { compileKernels } from './compile.ts';
import { BLOCK } from './layout.ts';
import { WorkerPool, type SpawnWorker } from './threads/pool.ts';
import { WasmRunner } from './runner.ts';
import { openCopiedWorkspace, openSharedWorkspace } from './threads/workspace.ts';

export interface WasmEngineOptions {
  /** Workers to compute in; the result does not depend on it. */
  readonly threads: number;
  readonly spawn: SpawnWorker;
  /** Whether the workers can share memory. If not they have copies. */
  readonly shared: boolean;
}

/**
 * The engine on WebAssembly SIMD, for machines without a GPU. Rejects with 'no-device' where there is no SIMD,
 * with 'bad-input' for a number of threads that is none.
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
      const workers = pool.take(Math.ceil(images.count / BLOCK));
      const { count, height, width } = images;
      const workspace = await openWorkspace(module, workers, fuse(model.network), {
        images: count,
        height,
        width,
      });
      const runner = new WasmRunner(workspace, model, images, options.optimizations);
      return new EngineEvaluator(model.network, runner, options);
    },
    close() {
      pool.fail(new MasksearchError('closed', 'the engine was closed', 'open a new one'));
      return Promise.resolve();
    },
  };
}
