/** rank_images: orders images by falling loss. WebAssembly has no such kernel: the host sorts. */
import * as assert from 'uvu/assert';
import { highestLossFirst } from '../../../src/engine/plan/image-order.ts';
import { generator } from '../../helpers/data/numbers.ts';
import type { KernelCase } from '../table.ts';

export interface RankInput {
  readonly images: number;
  readonly losses: Uint32Array;
  /** [place] index of an image; the output is the same after ranking. */
  readonly order: Uint32Array;
  readonly workgroupSize: number;
}

export const rankImages = (
  [
    [1, 64],
    [63, 64],
    [130, 32],
    [257, 256],
  ] as const
).map(([images, workgroupSize]): KernelCase<RankInput, Uint32Array> => ({
  name: `${images} images in workgroups of ${workgroupSize}`,
  input: () => {
    const random = generator(`rank ${images}`);
    // Few values, so that many are equal; the largest and the smallest word among them.
    const losses = Uint32Array.from({ length: images }, () => [0, 5, 7, 0xffffffff][random.below(4)]!);
    return { images, losses, order: losses.map((_, place) => images - 1 - place), workgroupSize };
  },
  check(next, { losses, order }) {
    const ordered = highestLossFirst(losses).map((place) => order[place]!);
    assert.equal(next, ordered);
  },
}));
