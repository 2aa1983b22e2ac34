/** A run of images that a backend processes together. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** Splits `images` into chunks of `largest` images, at least 1, and one rest. */
export function chunksOf(images: number, largest: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < images; first += largest) {
    chunks.push({ first, count: Math.min(largest, images - first) });
  }
  return chunks;
}

/** How chunks grow: a look at the sum costs a few dispatches, so there are no more than some dozen. */
export interface ChunkGrowth {
  /** Images of the smallest chunk, a multiple of four. */
  readonly smallest: number;
  /** Of what was seen so far, the share that comes next. */
  readonly growth: number;
}

/** Of all images, the share that comes first. */
const FIRST_SHARE = 1 / 32;

/**
 * Splits `images`, the hardest first, into chunks of at most `largest`: small ones at first, then a share of what was seen, so
 * that a candidate is stopped at most by that share too late. Whole multiples of the smallest but for the last.
 */
export function growingChunks(
  images: number,
  largest: number,
  { smallest, growth }: ChunkGrowth,
): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < images;) {
    const wanted = Math.max(smallest, images * FIRST_SHARE, first * growth);
    const count = Math.min(largest, Math.ceil(wanted / smallest) * smallest, images - first);
    chunks.push({ first, count });
    first += count;
  }
  return chunks;
}
