/** One layer on the kernels of wasm/, called by the engine's `BlockRunner` on its memory layout. */
import * as assert from 'uvu/assert';
import { BlockRunner } from '../../../src/engine/wasm/block-runner.ts';
import {
  BLOCK,
  memoryLayout,
  type LayoutOptions,
  type MemoryLayout,
} from '../../../src/engine/wasm/layout.ts';
import { placeTables } from '../../../src/engine/wasm/place-tables.ts';
import { elementOffsets, LANES, type ImageShape } from '../../../src/engine/wasm/tensor-layout.ts';
import type { LayersPass, Pass } from '../../../src/engine/wasm/threads/protocol.ts';
import type { Padding } from '../../../src/kernels/window.ts';
import type { FusedLayer, LayerShape, TensorIndex } from '../../../src/network/fused-layer.ts';
import { layerSizes } from '../../../src/network/layer-sizes.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { assertOnlyWrites, onBothBuilds, UNWRITTEN, type KernelMemory } from './wasm-memory.ts';

/** In lanes without an image; must not reach other lanes. */
const FILLER = 7;

/** A tensor that the tested layer reads. */
export interface InputTensor {
  readonly shape: ImageShape;
  /** Zeros around each image that another convolution needs; undefined if there is no other. */
  readonly padding: Padding | undefined;
}

export interface TestedLayer {
  readonly layer: LayerShape;
  readonly inputs: readonly InputTensor[];
  /** Zeros around each output image that a convolution needs; undefined if the next layer is none. */
  readonly outputPadding: Padding | undefined;
}

/** Layers laid out in a memory for one worker. */
export interface LaidOut {
  readonly layers: readonly FusedLayer[];
  readonly layout: MemoryLayout;
  readonly images: number;
  /** Images, padded to whole blocks. */
  readonly lanes: number;
}

/** A fused layer that belongs to no network. */
export function fused(layer: LayerShape, reads: readonly TensorIndex[], mask?: number): FusedLayer {
  return {
    name: layer.kind,
    position: 0,
    reads,
    source: { affine: [] },
    mask,
    ...layerSizes(layer),
    ...layer,
  };
}

const noPadding: Padding = [0, 0, 0, 0];

/** A layer that gives a tensor of this shape. It is not run. */
export function giving([channels, inHeight, inWidth]: ImageShape): FusedLayer {
  const shape = { channels, inHeight, inWidth, padding: noPadding, before: 0, after: 0 };
  return fused({ kind: 'pad', shape }, [0]);
}

/** A layer that needs this padding around a tensor. It is not run. */
export function reading(
  tensor: TensorIndex,
  padding: Padding,
  [inChannels, inHeight, inWidth]: ImageShape,
): FusedLayer {
  const window = { kernel: [1, 1], stride: [1, 1], padding, dilation: [1, 1] } as const;
  const sizes = { inChannels, inHeight, inWidth, outChannels: 1, groups: 1, pool: 'none' } as const;
  const shape = { ...sizes, ...window, activation: 'none', alpha: 0 } as const;
  return fused({ kind: 'conv2d', shape }, [tensor]);
}

export function layOutLayers(
  layers: readonly FusedLayer[],
  images: number,
  options: Pick<LayoutOptions, 'input' | 'floats' | 'moments'>,
): LaidOut {
  const memory = { workers: 1, firstBlock: 0, blockStride: 1 };
  const layout = memoryLayout(layers, { images, ...options, ...memory });
  return { layers, layout, images, lanes: layout.blocks * BLOCK };
}

/** The tested layer has the index of the number of its inputs, which are the tensors from 1 on. */
export function layOut({ layer, inputs, outputPadding }: TestedLayer, images: number): LaidOut {
  const given = inputs.map(({ shape }) => giving(shape));
  const reads = inputs.map((_, i) => i + 1);
  const input = [1, 1, 1] as const;
  const mask = ['conv2d', 'depthwise', 'dense'].includes(layer.kind) ? 0 : undefined;
  const tested = [...given, fused(layer, reads, mask)];
  const output = layOutLayers(tested, 1, { input }).layout.tensors.at(-1)!.shape;
  const readers = [
    ...inputs.map(({ shape, padding }, i) => padding && reading(i + 1, padding, shape)),
    outputPadding && reading(inputs.length + 1, outputPadding, output),
  ].filter((one) => one !== undefined);
  return layOutLayers([...tested, ...readers], images, { input });
}

/** A convolution that needs the network's input with this padding, or a dense layer. */
export function layOutImages(
  input: ImageShape,
  padding: Padding | undefined,
  images: number,
  options: Pick<LayoutOptions, 'floats'>,
): LaidOut {
  const inputs = input[0] * input[1] * input[2];
  const dense = { inputs, outputs: 1, activation: 'none', alpha: 0 } as const;
  const first = padding ? reading(0, padding, input) : fused({ kind: 'dense', shape: dense }, [0]);
  return layOutLayers([first], images, { input, ...options });
}

/** Index among all words of each element of a tensor, [element, lane], whose first block is at `address`. */
export function wordsOf(
  { layout, lanes }: LaidOut,
  tensor: TensorIndex,
  address = layout.caches[tensor]!,
  count = lanes,
): Uint32Array {
  const { partBytes, blockBytes } = layout.tensors[tensor]!;
  const offsets = elementOffsets(layout.tensors[tensor]!);
  return Uint32Array.from({ length: offsets.length * count }, (_, i) => {
    const lane = i % count;
    const part = Math.floor((lane % BLOCK) / LANES) * partBytes;
    const block = Math.floor(lane / BLOCK) * blockBytes;
    return (address + block + part + offsets[Math.floor(i / count)]!) / 4 + (lane % LANES);
  });
}

/** Selects the lanes with images from [element, lane]. */
export const ofImages = ({ images, lanes }: LaidOut, words: Uint32Array) =>
  words.filter((_, i) => i % lanes < images);

/** Writes a tensor, `x` [element, image] words, to its cache. Returns where it is: see `wordsOf`. */
export function placeTensor(
  { words, floats }: KernelMemory,
  laidOut: LaidOut,
  tensor: TensorIndex,
  x: Uint32Array,
): Uint32Array {
  const { lanes, images } = laidOut;
  const placed = wordsOf(laidOut, tensor);
  placed.forEach((word, i) => {
    if (i % lanes < images) words[word] = x[Math.floor(i / lanes) * images + (i % lanes)]!;
    else floats[word] = FILLER;
  });
  return placed;
}

/** Runs the layers from `from` to before `to` and stores their outputs. */
export const extend = (
  { layers, layout }: LaidOut,
  { from, to = from + 1, skipPruned = true }: { from: number; to?: number; skipPruned?: boolean },
): LayersPass => ({
  ...{ kind: 'extend', from, to, sumLimit: Infinity, endBlock: layout.blocks, skipPruned },
  maskVersions: layout.masks.map(() => 1),
  weightVersions: layers.map(() => 1),
});

/** Fails if anything but the `written` words changes, up to the worker's own memory for sums and lists. */
export function runPass(
  opened: KernelMemory,
  { layers, layout }: LaidOut,
  pass: Pass,
  written: Iterable<number>,
): void {
  const runner = new BlockRunner(opened.kernels, opened.memory, layout, 0, layers);
  const range = { start: layout.pixels, end: layout.workers[0]!.sums };
  assertOnlyWrites(opened, written, () => runner.run(pass), range);
  assert.is(opened.words[layout.control / 4], 0, 'a pass without evaluating sums no losses');
}

/** Of each input of a layer: [element, image]; and its parameters, empty if it has none. */
export interface LayerData {
  readonly images: number;
  readonly inputs: readonly Float32Array[];
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly mask: Uint32Array;
}

/** The output of a layer, [element, image]: the same with and without skipping pruned weights. */
export async function runLayer(tested: TestedLayer, data: LayerData): Promise<Float32Array> {
  const { images, inputs, weight, bias, mask } = data;
  const laidOut = layOut(tested, images);
  const { layout, layers } = laidOut;
  const index = inputs.length;
  const run = (skipPruned: boolean) =>
    onBothBuilds(layout.pages, (opened) => {
      const { words, floats } = opened;
      const at = layout.layers[index]!;
      floats.set(weight, at.weight / 4);
      floats.set(bias, at.bias / 4);
      if (mask.length > 0) words.set(mask, layout.masks[0]! / 4);
      placeTables(layers, layout, (address, table) => words.set(table, address / 4));
      inputs.forEach((x, i) => placeTensor(opened, laidOut, i + 1, new Uint32Array(x.buffer)));
      const written = wordsOf(laidOut, index + 1);
      for (const word of written) floats[word] = UNWRITTEN;
      runPass(opened, laidOut, extend(laidOut, { from: index, skipPruned }), written);
      return Float32Array.from(ofImages(laidOut, written), (word) => floats[word]!);
    });
  const y = await run(true);
  assertClose(await run(false), y, { label: 'without skipping pruned weights', allowConstant: true });
  return y;
}
