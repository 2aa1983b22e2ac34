/** How many images are kept in one buffer, and how many are run between two looks at the sum of losses. */
import { MAX_EVALUATED } from '../../kernels/softmax-cross-entropy.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import type { ChunkGrowth } from '../plan/chunks.ts';
import type { GpuContext } from './device/context.ts';

/** Images that are ranked together: every one is compared with every other. */
const MAX_IMAGE_BUFFER = 16_384;

/** Measured, see docs/kernels.md. */
export const SOFTWARE_CHUNKS: ChunkGrowth = { minImages: 64, growth: 1 / 4 };
/** Not measured: a GPU needs more images to be busy, and has fewer dispatches to spare. */
export const HARDWARE_CHUNKS: ChunkGrowth = { minImages: 256, growth: 1 / 2 };

/** Images per imageBuffer: what is asked for, or as many as the widest input of a layer leaves room for in one binding. */
export function imageBufferSize(
  context: GpuContext,
  layers: readonly FusedLayer[],
  wanted = Infinity,
): number {
  const widest = Math.max(...layers.map(({ inputs }) => inputs));
  const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
  const quad = widest * QUAD * 4;
  context.checkLimit('a quad of images in the widest layer', quad, 'maxStorageBufferBindingSize', 'bytes');
  const fitting = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / quad) * QUAD;
  return Math.max(1, Math.floor(Math.min(wanted, fitting, MAX_IMAGE_BUFFER)));
}

/** Images per chunk: what is asked for, or as many as half of the arena has room for at `quadBytes` for four. */
export function largestChunk(quadBytes: number, halfBytes: number, wanted = Infinity): number {
  const fitting = Math.floor(halfBytes / quadBytes) * QUAD;
  // The loss kernel's sums over a chunk hold no more.
  const largest = Math.min(wanted, fitting, MAX_EVALUATED);
  return Math.max(QUAD, Math.floor(largest / QUAD) * QUAD);
}
