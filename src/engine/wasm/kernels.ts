/**
 * The compiled kernels of wasm/, by name. Pointers are byte addresses in the memory that they were instantiated with.
 *
 * These signatures are a binary interface of numbers, so they have more positional parameters than functions have
 * elsewhere; their names and meanings are in wasm/, in the file of the kernel's name.
 */
import type { Loss } from '../../kernels/loss.ts';
import { webAssembly, type WasmMemory, type WasmModule } from './web-assembly.ts';

/** A kernel that is called with these arguments. */
type Kernel<Arguments extends readonly number[], Result = void> = (...args: Arguments) => Result;

type Address = number;
type Bytes = number;
type Count = number;

/** An elementwise kernel's tensor: its address, the offsets of its elements, and bytes from one part to the next. */
type Elements = [address: Address, offsets: Address, partBytes: Bytes];
/** An activation's index and parameter. */
type Activated = [activation: number, alpha: number];
/** An output with rows and columns. */
type Image = [...[y: Address, yPartBytes: Bytes, yChannelBytes: Bytes, yRowBytes: Bytes, yPixelBytes: Bytes]];
/** A convolution's input. */
type Windows = [x: Address, partBytes: Bytes, rowStep: Bytes, columnStep: Bytes];
/** What a loss compares for one block, and where it writes. */
export type BlockScores = [
  ...[scores: Address, partBytes: Bytes, outputBytes: Bytes, outputs: Count],
  ...[targets: Address, order: Address, count: Count, losses: Address],
];

export interface WasmKernels {
  copy_words: Kernel<[x: Address, words: Count, y: Address]>;
  fma_chain: Kernel<[steps: Count, factor: number, term: number], number>;
  load_images: Kernel<
    [
      ...[pixels: Address, order: Address, count: Count, table: Address, channels: Count, area: Count],
      ...Elements,
    ]
  >;
  list_kept: Kernel<
    [
      ...[mask: Address, weight: Address, offsets: Address, outputs: Count, inputs: Count],
      ...[starts: Address, entries: Address, all: number, groupOutputs: Count, groupBytes: Bytes],
    ]
  >;
  masked_conv2d: Kernel<
    [
      ...Windows,
      ...[starts: Address, bias: Address, inputs: Count],
      ...[outChannels: Count, outHeight: Count, outWidth: Count, pool: number],
      ...Activated,
      ...Image,
      sums: Address,
    ]
  >;
  masked_dense: Kernel<
    [
      ...[x: Address, partBytes: Bytes, starts: Address, bias: Address, inputs: Count, outputs: Count],
      ...Activated,
      y: Address,
    ]
  >;
  masked_depthwise_conv2d: Kernel<
    [
      ...Windows,
      ...[starts: Address, bias: Address],
      ...[outChannels: Count, outHeight: Count, outWidth: Count],
      ...Activated,
      ...Image,
    ]
  >;
  pool2d: Kernel<
    [
      ...[x: Address, partBytes: Bytes, channelBytes: Bytes, channels: Count],
      ...[windows: Address, outHeight: Count, outWidth: Count, isMax: number],
      ...Image,
    ]
  >;
  affine: Kernel<
    [
      ...Elements,
      ...[scale: Address, shift: Address, channels: Count, area: Count],
      ...Activated,
      ...Elements,
    ]
  >;
  add: Kernel<[...Elements, ...Elements, elements: Count, ...Activated, ...Elements]>;
  concat: Kernel<[...Elements, aElements: Count, ...Elements, bElements: Count, ...Elements]>;
  pad: Kernel<[...Elements, elements: Count, ...Elements, yBytes: Bytes]>;
  im2col: Kernel<
    [
      ...[...Windows, outWidth: Count],
      ...[offsets: Address, inputs: Count, firstPlace: number, endPlace: number, count: Count],
      ...[y: Address, yRowBytes: Bytes],
    ]
  >;
  second_moments: Kernel<
    [
      ...[x: Address, y: Address, rowBytes: Bytes, bytes: Bytes],
      ...[firstRow: number, endRow: number, columns: Count, symmetric: number, sums: Address],
    ]
  >;
  gather_images: Kernel<
    [
      ...[cache: Address, blocks: Count, blockBytes: Bytes, parts: Count, partBytes: Bytes, lanes: Count],
      ...[firstRow: number, endRow: number, source: Address, scratch: Address],
    ]
  >;
  softmax_cross_entropy: Kernel<BlockScores, number>;
  soft_cross_entropy: Kernel<BlockScores, number>;
  sigmoid_cross_entropy: Kernel<[...BlockScores, scale: number], number>;
  squared_error: Kernel<[...BlockScores, scale: number], number>;
}

/** Writes the losses of a block and returns how many of its predictions are correct. */
export function runLoss(
  kernels: WasmKernels,
  { kernel, scale }: Pick<Loss, 'kernel' | 'scale'>,
  scores: BlockScores,
): number {
  switch (kernel) {
    case 'softmax_cross_entropy':
    case 'soft_cross_entropy':
      return kernels[kernel](...scores);
    case 'sigmoid_cross_entropy':
    case 'squared_error':
      return kernels[kernel](...scores, scale);
  }
}

export async function instantiateKernels(module: WasmModule, memory: WasmMemory): Promise<WasmKernels> {
  const { exports } = await webAssembly!.instantiate(module, { env: { memory } });
  return exports as unknown as WasmKernels;
}
