import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { highestLossFirst } from '../../src/engine/plan/image-order.ts';
import { gatherImages } from '../../src/kernels/gather-images.ts';
import { rankImages } from '../../src/kernels/rank-images.ts';
import { QUAD, quadsOf, type Tiling } from '../../src/kernels/spec.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { generator } from '../helpers/numbers.ts';
import { runKernel } from '../helpers/run-kernel.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const tilingOf = (workgroupSize: number): Tiling => ({ workgroupSize, images: 1, outputs: 4 });

for (const [images, workgroupSize] of [
  [1, 64],
  [63, 64],
  [130, 32],
  [257, 256],
] as const) {
  test(`rank_images: ${images} images in workgroups of ${workgroupSize}`, async () => {
    const random = generator(`rank ${images}`);
    const padded = quadsOf(images) * QUAD;
    // Few values, so that many are equal; the largest and the smallest word among them.
    const losses = Uint32Array.from({ length: images }, () => [0, 5, 7, 0xffffffff][random.below(4)]!);
    const order = Uint32Array.from({ length: padded }, (_, place) =>
      place < images ? images - 1 - place : place,
    );
    const run = runKernel(engine.context, engine.pipelines, {
      spec: rankImages,
      shape: undefined,
      images: padded,
      tiling: tilingOf(workgroupSize),
      inputs: {
        params: new Uint32Array([images, padded, 3]),
        // The losses of another candidate before them, and what is left in the padding behind.
        losses: Uint32Array.of(9, 9, 9, ...losses, 0xffffffff, 0xffffffff, 0xffffffff),
        order,
      },
      output: { name: 'next', words: padded },
    });
    const next = Array.from(new Uint32Array(await withTimeout(run, 60_000, 'rank_images')));
    const expected = Array.from(highestLossFirst(losses), (place) => order[place]!);
    assert.equal(next, [...expected, ...order.subarray(images)]);
  });
}

for (const [rows, images] of [
  [1, 5],
  [7, 130],
  // More rows than the grid has workgroups.
  [1500, 9],
] as const) {
  test(`gather_images: ${rows} rows of ${images} images`, async () => {
    const random = generator(`gather ${rows}`);
    const padded = quadsOf(images) * QUAD;
    const order = highestLossFirst(Uint32Array.from({ length: padded }, () => random.below(1000)));
    const x = Uint32Array.from({ length: rows * padded }, (_, i) => i * 2654435761);
    const run = runKernel(engine.context, engine.pipelines, {
      spec: gatherImages,
      shape: { rows },
      images: padded,
      tiling: tilingOf(64),
      inputs: { params: new Uint32Array([padded, rows]), order, x },
      output: { name: 'y', words: rows * padded },
    });
    const y = new Uint32Array(await withTimeout(run, 60_000, 'gather_images'));
    const expected = x.map((_, i) => x[Math.floor(i / padded) * padded + order[i % padded]!]!);
    assert.equal(y, expected);
  });
}

test.run();
