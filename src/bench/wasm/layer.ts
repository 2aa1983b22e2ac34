/** A case of a layer on the WebAssembly kernels, with its data laid out as in the engine. */
import { BlockRunner } from '../../engine/wasm/block-runner.ts';
import { instantiateKernels } from '../../engine/wasm/kernels.ts';
import { BLOCK, memoryLayout, type MemoryLayout } from '../../engine/wasm/layout.ts';
import { placeTables } from '../../engine/wasm/place-tables.ts';
import { elementOffsets, imageShape, LANES } from '../../engine/wasm/tensor-layout.ts';
import type { WasmModule } from '../../engine/wasm/web-assembly.ts';
import { MasksearchError } from '../../core/error.ts';
import { fuse, type FusedLayer } from '../../network/fuse.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { OpenCase } from '../bench-device.ts';
import type { KernelCase } from '../cases.ts';
import { keptBy, PERIOD, UNWRITTEN, type Planted } from '../planted.ts';
import { workOf, type RunWork } from '../rates.ts';
import { costOf, firstInputs, layerOf, sizesOf, type LayerKernelShape } from '../shapes.ts';
import { newMemory } from './memory.ts';
import { networkAround } from './network-around.ts';
import { timeCalls } from './time-calls.ts';

const PAGE = 65_536;

export async function openLayer(
  module: WasmModule,
  one: KernelCase,
  shape: LayerKernelShape,
  planted: Planted,
): Promise<OpenCase> {
  const network = networkAround(shape);
  const layers = fuse(network);
  const at = layers.findIndex(({ name }) => name === shape.name);
  const layer = layers[at];
  if (layer?.kind !== layerOf(shape).kind) {
    const message = `there is no network in which ${shape.name} is a layer of its own`;
    throw new MasksearchError('bad-input', message, 'benchmark another shape');
  }
  const blocks = { workers: 1, firstBlock: 0, blockStride: 1 };
  const layout = memoryLayout(layers, { images: one.images, input: imageShape(network.input), ...blocks });
  const memory = newMemory(layout.pages * PAGE);
  const runner = new BlockRunner(await instantiateKernels(module, memory), memory, layout, 0, layers);
  placeParameters(memory.buffer, layout, layers, at, planted);
  placeInputs(memory.buffer, layout, layer.reads, firstInputs(shape), planted);
  const control = new Int32Array(memory.buffer, layout.control, 4);
  const pass = {
    kind: 'extend',
    from: at,
    to: at + 1,
    sumLimit: Infinity,
    endBlock: layout.blocks,
    maskVersions: layers.map(() => 1),
    weightVersions: layers.map(() => 1),
    skipPruned: true,
  } as const;
  const run = () => {
    control.fill(0);
    runner.run(pass);
  };
  return {
    work: sizesOf(shape).isMasked ? workOfKept(one, keptBy(planted.masks[0]!)) : workOf(one),
    output() {
      run();
      const y = readOutput(memory.buffer, layout, at + 1);
      return Promise.resolve({ stride: layout.blocks * BLOCK, y });
    },
    time: (runs) => timeCalls(run, runs),
    close: () => undefined,
  };
}

/** Places weights, biases, mask and tables, and fills the output with `UNWRITTEN`. */
function placeParameters(
  buffer: ArrayBufferLike,
  layout: MemoryLayout,
  layers: readonly FusedLayer[],
  at: number,
  planted: Planted,
): void {
  const floats = new Float32Array(buffer);
  const words = new Uint32Array(buffer);
  const { weight, bias } = layout.layers[at]!;
  floats.set(planted.weight, weight / 4);
  floats.set(planted.bias, bias / 4);
  const { mask } = layers[at]!;
  if (mask !== undefined) words.set(planted.masks[0]!, layout.masks[mask]! / 4);
  placeTables(layers, layout, (address, table) => words.set(table, address / 4));
  eachWord(layout, at + 1, (word) => (floats[word] = UNWRITTEN));
}

/**
 * Calls `use` for [element, image] of a cached tensor, the images padded to whole blocks, with the index among all words. A generator
 * would take half of a benchmark's time.
 */
function eachWord(
  { tensors, caches, blocks }: MemoryLayout,
  tensor: number,
  use: (word: number, element: number, image: number) => void,
): void {
  const { partBytes, blockBytes } = tensors[tensor]!;
  const offsets = elementOffsets(tensors[tensor]!);
  const places = Int32Array.from({ length: blocks * BLOCK }, (_, image) => {
    const block = Math.floor(image / BLOCK) * blockBytes;
    const part = Math.floor((image % BLOCK) / LANES) * partBytes;
    return (caches[tensor]! + block + part) / 4 + (image % LANES);
  });
  for (let element = 0; element < offsets.length; element++) {
    const offset = offsets[element]! / 4;
    for (let image = 0; image < places.length; image++) use(places[image]! + offset, element, image);
  }
}

/** Places the planted inputs of all images, of which the first has `first` elements. */
function placeInputs(
  buffer: ArrayBufferLike,
  layout: MemoryLayout,
  tensors: readonly number[],
  first: number,
  { x }: Planted,
): void {
  const floats = new Float32Array(buffer);
  tensors.forEach((tensor, k) => {
    const rows = x[0]!.subarray(k * first * QUAD);
    eachWord(layout, tensor, (word, element, image) => {
      floats[word] = rows[element * QUAD + (image % PERIOD)]!;
    });
  });
}

/** The output of all images, padded to whole blocks: [output, image]. */
function readOutput(buffer: ArrayBufferLike, layout: MemoryLayout, tensor: number): Float32Array {
  const floats = new Float32Array(buffer);
  const stride = layout.blocks * BLOCK;
  const y = new Float32Array(elementOffsets(layout.tensors[tensor]!).length * stride);
  eachWord(layout, tensor, (word, element, image) => (y[element * stride + image] = floats[word]!));
  return y;
}

/** The work of one run: pruned weights are skipped, and every kept weight is a list entry of eight bytes. */
function workOfKept({ shape, images }: KernelCase, kept: number): RunWork {
  const { inputs, outputs, weights, biases } = sizesOf(shape);
  return {
    flops: (2 * costOf(shape, images).macs * kept) / weights,
    bytes: 4 * ((inputs + outputs) * images + biases) + 8 * kept,
  };
}
