/** Runs the kernels of wasm/ on data that is placed as the engine's layouts say. */
import * as assert from 'uvu/assert';
import { BlockRunner } from '../../src/engine/wasm/block-runner.ts';
import { compileKernels } from '../../src/engine/wasm/compile.ts';
import { instantiateKernels, type WasmKernels } from '../../src/engine/wasm/kernels.ts';
import {
  BLOCK,
  inputOffsets,
  memoryLayout,
  type InputLayout,
  type MemoryLayout,
} from '../../src/engine/wasm/layout.ts';
import { webAssembly, type WasmMemory } from '../../src/engine/wasm/web-assembly.ts';
import type { FusedLayer } from '../../src/network/fuse.ts';

/** Outputs start as this, so that an element that a kernel leaves out is seen. */
export const UNWRITTEN = 3e33;

/** In the lanes of no image: must not leak into others. */
const FILLER = 7;

export interface KernelMemory {
  readonly kernels: WasmKernels;
  readonly memory: WasmMemory;
  /** All of the memory. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
}

/** The kernels of one of the two builds on a memory of their own, `pages` of 64 KiB. */
export async function openKernels(shared: boolean, pages: number): Promise<KernelMemory> {
  const memory = new webAssembly!.Memory({ initial: pages, maximum: pages, shared });
  const kernels = await instantiateKernels(await compileKernels(shared), memory);
  const { buffer } = memory;
  return {
    kernels,
    memory,
    bytes: new Uint8Array(buffer),
    words: new Uint32Array(buffer),
    floats: new Float32Array(buffer),
  };
}

/** Fails if `action` changes any byte of the memory from `start` to before `end` but those of the given words. */
export function assertOnlyWrites(
  { bytes, words }: KernelMemory,
  { start, end, written }: { start: number; end: number; written: ArrayLike<number> },
  action: () => void,
): void {
  const before = bytes.slice(start, end);
  action();
  const after = bytes.slice(start, end);
  const [from, to] = [before, after].map((copy) => new Uint32Array(copy.buffer));
  for (let i = 0; i < written.length; i++) to![written[i]! - start / 4] = from![written[i]! - start / 4]!;
  const wrong = Buffer.compare(before, after) === 0 ? -1 : from!.findIndex((word, i) => word !== to![i]);
  assert.is(wrong, -1, `byte ${start + wrong * 4} was written: ${words[start / 4 + wrong]}`);
}

/** The layout of an evaluator with one worker. */
export function layoutOf(
  layers: readonly FusedLayer[],
  images: number,
  height: number,
  width: number,
): MemoryLayout {
  return memoryLayout(layers, { images, height, width, workers: 1, firstBlock: 0, blockStride: 1 });
}

export interface LayerRun {
  /** The layer to run is the second; the others say how its input and output are laid out. */
  readonly layers: readonly FusedLayer[];
  readonly images: number;
  /** [feature, image] */
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly mask: Uint32Array;
  readonly skipPruned?: boolean;
}

/** The output of a layer, [feature, image]. Fails if anything else of what lies around is written. */
export async function runLayer(
  shared: boolean,
  { layers, images, x, weight, bias, mask, skipPruned = true }: LayerRun,
): Promise<Float32Array> {
  const layout = memoryLayout(layers, {
    images,
    height: 1,
    width: 1,
    workers: 1,
    firstBlock: 0,
    blockStride: 1,
  });
  const opened = await openKernels(shared, layout.pages);
  const { bytes, words, floats, kernels, memory } = opened;
  const [, layer, next] = layers as [FusedLayer, FusedLayer, FusedLayer];
  const place = (offset: number, data: Float32Array | Uint32Array) =>
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  const { input, ...at } = layout.layers[1]!;
  place(at.weight, weight);
  place(at.bias, bias);
  place(at.mask, mask);
  place(at.offsets, inputOffsets(layer, input));

  const lanes = layout.blocks * BLOCK;
  const inputs = wordsOf(layer, input, layout.caches[1]!, lanes);
  inputs.forEach((word, i) => {
    const image = i % lanes;
    floats[word] = image < images ? x[Math.floor(i / lanes) * images + image]! : FILLER;
  });
  // The tile of a last odd column reads what lies behind the last pixel.
  for (let part = 0; part < layout.blocks * input.parts; part++) {
    const first = layout.caches[1]! + part * input.partBytes;
    floats.fill(UNWRITTEN, first / 4 + input.rows * input.lanes, (first + input.partBytes) / 4);
  }
  const { input: output } = layout.layers[2]!;
  const y = layout.caches[2]!;
  floats.fill(UNWRITTEN, y / 4, (y + layout.blocks * output.blockBytes) / 4);
  const written = wordsOf(next, output, y, lanes);

  const runner = new BlockRunner(kernels, memory, layout, 0, layers);
  // Up to the worker's own memory for sums and lists.
  assertOnlyWrites(opened, { start: layout.pixels, end: layout.workers[0]!.logits, written }, () => {
    const pass = { kind: 'extend', from: 1, to: 2, sumLimit: Infinity, endBlock: layout.blocks } as const;
    runner.run({ ...pass, maskVersions: layers.map(() => 1), skipPruned });
  });
  assert.is(words[layout.control / 4], 0, 'a pass without evaluating sums no losses');
  return Float32Array.from(
    written.filter((_, i) => i % lanes < images),
    (word) => floats[word]!,
  );
}

/** Index among all words of each element of a layer's cached input, [feature, lane]: channel, row and column in order. */
function wordsOf(layer: FusedLayer, input: InputLayout, cache: number, lanes: number): Uint32Array {
  const { inChannels, inHeight, inWidth } =
    layer.kind === 'conv2d' ? layer.shape : { inChannels: layer.inputs, inHeight: 1, inWidth: 1 };
  return Uint32Array.from({ length: inChannels * inHeight * inWidth * lanes }, (_, i) => {
    const lane = i % lanes;
    const feature = Math.floor(i / lanes);
    const column = feature % inWidth;
    const row = Math.floor(feature / inWidth) % inHeight;
    const channel = Math.floor(feature / inWidth / inHeight);
    const part = Math.floor((lane % BLOCK) / input.lanes);
    const block = Math.floor(lane / BLOCK);
    const bytes =
      cache +
      (block * input.blockBytes + part * input.partBytes + input.originBytes) +
      (channel * input.channelBytes + row * input.rowBytes + column * input.pixelBytes) +
      (lane % input.lanes) * 4;
    return bytes / 4;
  });
}
