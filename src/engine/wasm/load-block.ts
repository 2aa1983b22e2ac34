import type { WasmKernels } from './kernels.ts';
import type { MemoryLayout } from './layout.ts';

/** Loads `count` images from place `first` on as the network's input, at address `y`. */
export function loadBlock(
  kernels: WasmKernels,
  { pixels, order, table, tensors, offsets }: MemoryLayout,
  y: number,
  first: number,
  count: number,
): void {
  const {
    shape: [channels, height, width],
    partBytes,
  } = tensors[0]!;
  const images = [pixels, order + first * 4, count, table, channels, height * width] as const;
  kernels.load_images(...images, y, offsets[0]!, partBytes);
}
