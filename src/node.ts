/** The library in Node: Dawn for a GPU, files for models and data. */
import { fileURLToPath } from 'node:url';
import { decodeFile, readBundledMnist, readIdxDirectory } from './formats/node-files.ts';
import { splitMnist, type Splits } from './data/splits.ts';
import { masksFromSafetensors } from './formats/safetensors/masks.ts';
import { modelFromSafetensors, type ModelOptions } from './formats/safetensors/model.ts';
import type { Engine } from './engine/backend.ts';
import type { Model } from './network/model.ts';
import { problemOf } from './network/problem.ts';
import { referenceEngine } from './engine/reference/reference.ts';
import { webGpuEngine } from './engine/webgpu/webgpu.ts';
import { openNodeAdapter } from './engine/webgpu/node/node-adapter.ts';
import { wasmEngine } from './engine/wasm/wasm.ts';
import { defaultThreads, spawnNodeWorker } from './engine/wasm/threads/node-workers.ts';
import { MasksearchError } from './core/error.ts';
import type { Masks } from './core/mask.ts';
import { badOption } from './core/options.ts';

export * from './index.ts';
export { readIdxDirectory as loadIdx } from './formats/node-files.ts';

export const DEVICES = ['auto', 'webgpu', 'wasm', 'reference'] as const;
export type DeviceName = (typeof DEVICES)[number];

/** Path of the trained LeNet-5 that comes with the package. */
export const BUNDLED_MODEL = fileURLToPath(new URL('../models/lenet5-mnist.safetensors', import.meta.url));

/** Seeds of splits of the bundled digits that the package has a model for, trained on that split's training images. */
export const BUNDLED_SPLIT_SEEDS = ['0', '1', '2', '3'] as const;

/**
 * Path of the package's LeNet-5 that was trained on the training images of a split of the bundled digits. Throws 'bad-input'
 * for a split that has none: its test images would be training images of the others.
 */
export function bundledModelOf(splitSeed: string): string {
  if (!BUNDLED_SPLIT_SEEDS.some((seed) => seed === splitSeed)) {
    throw badOption(
      'splitSeed',
      splitSeed || 'empty',
      `one of ${BUNDLED_SPLIT_SEEDS.join(', ')}, which the package has models for`,
      'pass one of these, or a model that was trained on that split',
    );
  }
  if (splitSeed === '0') return BUNDLED_MODEL;
  return fileURLToPath(new URL(`../models/lenet5-mnist-split-${splitSeed}.safetensors`, import.meta.url));
}

export interface OpenOptions {
  readonly device?: DeviceName | undefined;
  /** Threads of the WebAssembly backend; one per core unless given. */
  readonly threads?: number | undefined;
}

/**
 * Opens an engine. `auto` takes a hardware adapter if there is one and WebAssembly otherwise; `webgpu` takes a software
 * adapter where there is no hardware, and rejects with 'no-device' where there is neither.
 */
export async function openEngine({ device = 'auto', threads }: OpenOptions = {}): Promise<Engine> {
  if (device === 'reference') return referenceEngine();
  if (device === 'wasm') return nodeWasmEngine(threads);
  const found = await openNodeAdapter({ software: device === 'auto' ? 'never' : 'fallback' });
  if (found) return webGpuEngine(found.adapter, found.software);
  if (device === 'auto') return nodeWasmEngine(threads);
  throw new MasksearchError(
    'no-device',
    'no WebGPU adapter was found on this machine',
    'install a Vulkan driver, see `masksearch doctor`, or use --device wasm',
  );
}

function nodeWasmEngine(threads: number = defaultThreads()): Promise<Engine> {
  return wasmEngine({ threads, spawn: spawnNodeWorker, shared: true });
}

/** A LeNet-5 from a safetensors file; the one that comes with the package if no path is given. */
export function loadModel(path: string = BUNDLED_MODEL, options?: ModelOptions): Promise<Model> {
  return decodeFile(path, 'model', (bytes) => modelFromSafetensors(bytes, options));
}

/** Masks for `model` from a safetensors file. */
export function loadMasks(path: string, model: Model): Promise<Masks> {
  return decodeFile(path, 'mask', (bytes) => masksFromSafetensors(bytes, problemOf(model.network).layers));
}

/** The 10,000 bundled MNIST digits: 6,000 to train on, 2,000 to search with, 2,000 to test. */
export async function loadMnist({ splitSeed }: { splitSeed?: string } = {}): Promise<Splits> {
  return splitMnist(await readBundledMnist(), splitSeed);
}

/** Images from a folder of IDX files, or the bundled digits if no folder is given. */
export function loadData(dir: string | undefined, splitSeed: string | undefined): Promise<Splits> {
  return dir === undefined ? loadMnist(splitSeed === undefined ? {} : { splitSeed }) : readIdxDirectory(dir);
}
