/** gather_images: reorders the images of every row. */
import * as assert from 'uvu/assert';
import { generator } from '../../helpers/data/numbers.ts';
import type { KernelCase } from '../table.ts';

export interface GatherInput {
  readonly rows: number;
  readonly images: number;
  /** [row, image], words of any kind; the output is [row, place]. */
  readonly x: Uint32Array;
  /** [place] index of the image that it gets. */
  readonly source: Uint32Array;
}

export const gatherImages = (
  [
    [1, 5],
    [7, 130],
    // Some blocks of 24 images, full.
    [8, 24],
    [138, 120],
    // More rows than a GPU's grid has workgroups in y.
    [1500, 9],
  ] as const
).map(([rows, images]): KernelCase<GatherInput, Uint32Array> => ({
  name: `${rows} rows of ${images} images`,
  input: () => {
    const random = generator(`gather ${rows}`);
    const x = Uint32Array.from({ length: rows * images }, (_, i) => i * 2654435761);
    // Some images twice, and some not at all: a kernel that follows cycles would fail.
    return { rows, images, x, source: Uint32Array.from({ length: images }, () => random.below(images)) };
  },
  check(y, { x, source }) {
    const gathered = x.map((_, i) => x[Math.floor(i / images) * images + source[i % images]!]!);
    assert.equal(y, gathered);
  },
}));
