/** Splits images into chunks. A backend compares the sum of losses with the limit after each chunk. */

/** A run of consecutive images. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** Splits `images` into chunks of `maxImages`, at least 1; the last chunk has what is left. */
export function chunksOf(images: number, maxImages: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < images; first += maxImages) {
    chunks.push({ first, count: Math.min(maxImages, images - first) });
  }
  return chunks;
}

/** How chunks grow. Every chunk costs a few dispatches, so there should be a few dozen at most. */
export interface ChunkGrowth {
  /** Images of the smallest chunk, a multiple of four. */
  readonly minImages: number;
  /** Size of a chunk, as a fraction of the images before it. */
  readonly growth: number;
}

/** Size of the first chunk, as a fraction of all images. */
const FIRST_SHARE = 1 / 32;

/**
 * Splits `images`, highest losses first, into growing chunks of at most `maxImages`. A chunk is a fraction of the
 * images before it, so a candidate stops at most that fraction later than it could. All chunks but the last are
 * multiples of `minImages`.
 */
export function growingChunks(
  images: number,
  maxImages: number,
  { minImages, growth }: ChunkGrowth,
): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < images;) {
    const wanted = Math.max(minImages, images * FIRST_SHARE, first * growth);
    const count = Math.min(maxImages, Math.ceil(wanted / minImages) * minImages, images - first);
    chunks.push({ first, count });
    first += count;
  }
  return chunks;
}
