/** Splits an image set into runs that fit one buffer each, and every run into chunks. */
import { MAX_EVALUATED } from '../../kernels/softmax-cross-entropy.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import { chunksOf, growingChunks, type Chunk, type ChunkGrowth } from '../plan/chunks.ts';
import type { GpuContext } from './device/context.ts';

/** Images of one buffer at most: to rank them, every loss is compared with every other. */
const MAX_BUFFER_IMAGES = 16_384;

/** Measured, see docs/kernels.md. */
const SOFTWARE_GROWTH: ChunkGrowth = { minImages: 64, growth: 1 / 4 };
/** Not measured. A GPU needs more images to be busy, and a dispatch costs it more relative to its work. */
const HARDWARE_GROWTH: ChunkGrowth = { minImages: 256, growth: 1 / 2 };

export interface SplitOptions {
  /** The most images in one buffer; fewer if the device's limits demand it. Default: as many as fit. */
  readonly imagesPerBuffer?: number;
  /** The most images in one chunk; fewer if the arena demands it. Default: as many as fit. */
  readonly chunkImages?: number;
}

/** Consecutive images that share a buffer. */
export interface ImageRun extends Chunk {
  /** Chunks of the run, counted from its first image. */
  readonly chunks: readonly Chunk[];
}

/**
 * Throws 'limit-exceeded' if four images do not fit the device.
 *
 * @param halfBytes bytes of half of the arena, which holds the widest output of a chunk's images
 */
export function splitImages(
  context: GpuContext,
  layers: readonly FusedLayer[],
  images: number,
  {
    halfBytes,
    software,
    earlyRejection,
    imagesPerBuffer,
    chunkImages,
  }: SplitOptions & { halfBytes: number; software: boolean; earlyRejection: boolean },
): readonly ImageRun[] {
  const maxChunk = maxChunkImages(maxOf(layers, 'outputs') * QUAD * 4, halfBytes, chunkImages);
  const growth = software ? SOFTWARE_GROWTH : HARDWARE_GROWTH;
  return chunksOf(images, maxRunImages(context, layers, imagesPerBuffer)).map(({ first, count }) => ({
    first,
    count,
    chunks: earlyRejection ? growingChunks(count, maxChunk, growth) : chunksOf(count, maxChunk),
  }));
}

/** Elements per image of the layer that has the most. */
export function maxOf(layers: readonly FusedLayer[], what: 'inputs' | 'outputs'): number {
  return Math.max(...layers.map((layer) => layer[what]));
}

/** The most images whose widest input fits into one binding, at most `wanted`. */
function maxRunImages(context: GpuContext, layers: readonly FusedLayer[], wanted = Infinity): number {
  const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
  const quadBytes = maxOf(layers, 'inputs') * QUAD * 4;
  const what = 'a quad of images in the widest layer';
  context.checkLimit(what, quadBytes, 'maxStorageBufferBindingSize', 'bytes');
  const fitting = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / quadBytes) * QUAD;
  return Math.max(1, Math.floor(Math.min(wanted, fitting, MAX_BUFFER_IMAGES)));
}

/**
 * The most images whose widest output, of `quadBytes` per four images, fits into half of the arena, at most `wanted`.
 */
function maxChunkImages(quadBytes: number, halfBytes: number, wanted = Infinity): number {
  const fitting = Math.floor(halfBytes / quadBytes) * QUAD;
  const images = Math.min(wanted, fitting, MAX_EVALUATED);
  return Math.max(QUAD, Math.floor(images / QUAD) * QUAD);
}
