/**
 * The compiled kernels of wasm/, by name. Pointers are byte addresses in the memory that they were instantiated with.
 *
 * These signatures are a binary interface of numbers, so they have more positional parameters than functions have
 * elsewhere.
 */
import { webAssembly, type WasmMemory, type WasmModule } from './web-assembly.ts';

/** Parameters are documented in wasm/, in the file of the kernel's name. */
export interface WasmKernels {
  copy_words(x: number, words: number, y: number): void;
  fma_chain(steps: number, factor: number, term: number): number;
  load_images(
    pixels: number,
    order: number,
    count: number,
    table: number,
    height: number,
    width: number,
    y: number,
    parts: number,
    lanes: number,
    partBytes: number,
    rowBytes: number,
  ): void;
  list_kept(
    mask: number,
    weight: number,
    offsets: number,
    outputs: number,
    inputs: number,
    starts: number,
    entries: number,
    all: number,
  ): void;
  masked_conv2d(
    x: number,
    starts: number,
    bias: number,
    inputs: number,
    outChannels: number,
    outHeight: number,
    outWidth: number,
    pool: number,
    activation: number,
    rowBytes: number,
    y: number,
    yChannelBytes: number,
    yRowBytes: number,
    yPixelBytes: number,
    sums: number,
  ): void;
  masked_dense(
    x: number,
    starts: number,
    bias: number,
    inputs: number,
    outputs: number,
    activation: number,
    y: number,
  ): void;
  gather_images(
    cache: number,
    blocks: number,
    blockBytes: number,
    parts: number,
    partBytes: number,
    lanes: number,
    firstRow: number,
    endRow: number,
    source: number,
    scratch: number,
  ): void;
  softmax_cross_entropy(
    logits: number,
    classes: number,
    labels: number,
    order: number,
    count: number,
    losses: number,
  ): number;
}

export async function instantiateKernels(module: WasmModule, memory: WasmMemory): Promise<WasmKernels> {
  const { exports } = await webAssembly!.instantiate(module, { env: { memory } });
  return exports as unknown as WasmKernels;
}
