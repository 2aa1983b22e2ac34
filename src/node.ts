/** The library in Node: Dawn for a GPU, files for models and data. */
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ByteImages } from './data/dataset.ts';
import { readBundledDigits } from './formats/node/bundled-digits.ts';
import { decodeFile } from './formats/node/files.ts';
import { readDataPath } from './formats/node/data-path.ts';
import { readModelPath } from './formats/node/model-path.ts';
import { digitsFor } from './formats/datasets/digits.ts';
import { uselessColumn, type LoadedData, type ReadOptions } from './formats/datasets/read.ts';
import { splitMnist, type Splits } from './data/splits.ts';
import { masksFromSafetensors } from './formats/safetensors/masks.ts';
import { repairFromSafetensors, type RepairRecord } from './formats/safetensors/repair-record.ts';
import type { ModelOptions } from './formats/model-options.ts';
import { DEFAULT_CACHE_BYTES, type Engine } from './engine/backend.ts';
import { withMemory } from './engine/with-memory.ts';
import type { Model } from './network/model.ts';
import { layersInFile } from './network/problem.ts';
import { referenceEngine } from './engine/reference/reference.ts';
import { webGpuEngine } from './engine/webgpu/webgpu.ts';
import { openAdapterFor, openNodeAdapter } from './engine/webgpu/node/adapter.ts';
import { wasmEngine } from './engine/wasm/wasm.ts';
import { defaultThreads, spawnNodeWorker } from './engine/wasm/node/workers.ts';
import type { Masks } from './core/mask.ts';
import { badOption } from './core/options.ts';

export * from './index.ts';

export const DEVICES = ['auto', 'webgpu', 'wasm', 'reference'] as const;
export type DeviceName = (typeof DEVICES)[number];

/** Path of the trained LeNet-5 that comes with the package. */
export const BUNDLED_MODEL = fileURLToPath(new URL('../models/lenet5-mnist.safetensors', import.meta.url));

/** Seeds of splits of the bundled digits that the package has a model for, trained on that split's training images. */
export const BUNDLED_SPLIT_SEEDS = ['0', '1', '2', '3', '4'] as const;

/**
 * Path of the package's LeNet-5 that was trained on the training images of a split of the bundled digits. Throws 'bad-input'
 * for a split that has none: its test images would be training images of the others.
 */
export function bundledModelOf(splitSeed: string): string {
  if (!BUNDLED_SPLIT_SEEDS.some((seed) => seed === splitSeed)) {
    throw badOption(
      'splitSeed',
      splitSeed,
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
  /**
   * Bytes for activations that all evaluators together keep; no result depends on it. Default: a quarter of what the machine or the
   * container has, or on a hardware GPU, which does not tell how much it has, `DEFAULT_CACHE_BYTES`.
   */
  readonly memory?: number | undefined;
}

/**
 * Opens an engine. 'auto' (the default) takes a hardware GPU, or WebAssembly if there is none; 'webgpu' takes a hardware GPU
 * or else a software adapter, and rejects with 'no-device' if there is neither.
 */
export async function openEngine({ device = 'auto', threads, memory }: OpenOptions = {}): Promise<Engine> {
  const engine = await openDevice(device, threads);
  const { kind, software } = engine.device;
  const ofDevice = kind === 'webgpu' && !software ? undefined : machineBytes();
  return withMemory(engine, memory ?? (ofDevice === undefined ? DEFAULT_CACHE_BYTES : ofDevice / 4));
}

async function openDevice(device: DeviceName, threads: number | undefined): Promise<Engine> {
  if (device === 'reference') return referenceEngine();
  if (device === 'wasm') return nodeWasmEngine(threads);
  const found = await openAdapterFor(device);
  return found ? webGpuEngine(found.adapter, found.software) : nodeWasmEngine(threads);
}

/** Bytes of memory of this machine, or of the container if that is less. Undefined where Deno may not tell (`--allow-sys`). */
function machineBytes(): number | undefined {
  try {
    return Math.min(totalmem(), process.constrainedMemory() || Infinity);
  } catch {
    return undefined;
  }
}

/** The WebGPU kernels on a hardware adapter or, with `software`, on a software adapter if there is no other; undefined without one. */
export async function openKernels({ software }: { readonly software: boolean }): Promise<Engine | undefined> {
  const found = await openNodeAdapter({ software: software ? 'fallback' : 'never' });
  return found && webGpuEngine(found.adapter, found.software);
}

function nodeWasmEngine(threads: number = defaultThreads()): Promise<Engine> {
  return wasmEngine({ threads, spawn: spawnNodeWorker, shared: true });
}

/** A model from a file of safetensors, ONNX or PyTorch; the LeNet-5 that comes with the package if no path is given. */
export function loadModel(path: string = BUNDLED_MODEL, options?: ModelOptions): Promise<Model> {
  return readModelPath(path, options);
}

/** Masks for `model` from a safetensors file. */
export function loadMasks(path: string, model: Model): Promise<Masks> {
  return decodeFile(path, 'mask', (bytes) => masksFromSafetensors(bytes, layersInFile(model)));
}

/** What a file of masks says of the repair that they need; undefined if it says nothing. */
export function loadMasksRepair(path: string): Promise<RepairRecord | undefined> {
  return decodeFile(path, 'mask', repairFromSafetensors);
}

/** The 10,000 bundled MNIST digits: 6,000 to train on, 2,000 to search with, 2,000 to test. */
export async function loadMnist({ splitSeed }: { splitSeed?: string } = {}): Promise<Splits<ByteImages>> {
  return splitMnist(await readBundledDigits(), splitSeed);
}

/**
 * The data set in a file or folder of IDX, npz, npy, safetensors, CSV, CIFAR or images, as the network takes it, or the bundled digits if no path is given.
 * Rejects with 'bad-input' for damaged files and for images or labels that do not fit the network; see `readDataset`.
 */
export async function loadData(path: string | undefined, options: ReadOptions): Promise<LoadedData> {
  if (path !== undefined) return readDataPath(path, options);
  const { network, splitSeed, labelColumn } = options;
  if (labelColumn !== undefined) throw uselessColumn(labelColumn);
  const splits = await loadMnist(splitSeed === undefined ? {} : { splitSeed });
  return { ...digitsFor(network, splits), notes: [] };
}
