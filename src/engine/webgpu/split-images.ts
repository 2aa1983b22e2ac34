/** Splits an image set into runs that fit one buffer each, and every run into chunks. */
import { MAX_EVALUATED } from '../../kernels/loss-sum.ts';
import { QUAD } from '../../kernels/spec.ts';
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

export interface SplitSizes {
  /** Elements per image of the largest tensor that has a buffer for all images of a run. */
  readonly maxCached: number;
  /** Elements per image of the largest tensor in the arena, which holds a chunk's images. */
  readonly maxWritten: number;
  /** Bytes of a part of the arena. */
  readonly partBytes: number;
}

interface SplitContext extends SplitOptions {
  readonly software: boolean;
  readonly earlyRejection: boolean;
}

/** Throws 'limit-exceeded' if four images do not fit the device. */
export function splitImages(
  context: GpuContext,
  images: number,
  { maxCached, maxWritten, partBytes }: SplitSizes,
  { software, earlyRejection, imagesPerBuffer, chunkImages }: SplitContext,
): readonly ImageRun[] {
  const maxChunk = maxChunkImages(maxWritten * QUAD * 4, partBytes, chunkImages);
  const growth = software ? SOFTWARE_GROWTH : HARDWARE_GROWTH;
  return chunksOf(images, maxRunImages(context, maxCached, imagesPerBuffer)).map(({ first, count }) => ({
    first,
    count,
    chunks: earlyRejection ? growingChunks(count, maxChunk, growth) : chunksOf(count, maxChunk),
  }));
}

/** The most images whose largest cached tensor, of `elements` per image, fits into one binding, at most `wanted`. */
function maxRunImages(context: GpuContext, elements: number, wanted = Infinity): number {
  const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
  const quadBytes = elements * QUAD * 4;
  const what = 'a quad of images in the widest layer';
  context.checkLimit(what, quadBytes, 'maxStorageBufferBindingSize', 'bytes');
  const fitting = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / quadBytes) * QUAD;
  return Math.max(1, Math.floor(Math.min(wanted, fitting, MAX_BUFFER_IMAGES)));
}

/**
 * The most images whose largest tensor, of `quadBytes` per four images, fits into a part of the arena, at most `wanted`.
 */
function maxChunkImages(quadBytes: number, partBytes: number, wanted = Infinity): number {
  const fitting = Math.floor(partBytes / quadBytes) * QUAD;
  const images = Math.min(wanted, fitting, MAX_EVALUATED);
  return Math.max(QUAD, Math.floor(images / QUAD) * QUAD);
}
