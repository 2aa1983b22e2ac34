import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { splitImages, type SplitOptions } from '../../../../src/engine/webgpu/split-images.ts';
import { fakeContext } from './fake-context.ts';

/** The widest tensor of LeNet-5 has 1,176 elements. */
const ELEMENTS = 1176;
const QUAD_BYTES = 1176 * 4 * 4;

const split = (
  images: number,
  options: Partial<SplitOptions & { partBytes: number; software: boolean; earlyRejection: boolean }> = {},
  limits: object = {},
) => {
  const { partBytes = 2 ** 25 } = options;
  const sizes = { maxCached: ELEMENTS, maxWritten: ELEMENTS, partBytes };
  const own = { software: true, earlyRejection: false, ...options };
  return splitImages(fakeContext({ limits }).context, images, sizes, own);
};

test('images are one run, unless a binding or the ranking allows fewer', () => {
  const sizes = (...args: Parameters<typeof split>) =>
    split(...args).map(({ first, count }) => [first, count]);
  assert.equal(sizes(2000), [[0, 2000]]);
  assert.equal(sizes(2000, { imagesPerBuffer: 900 }), [
    [0, 900],
    [900, 900],
    [1800, 200],
  ]);
  // The widest input is 1,176 elements too: the output of the first layer.
  assert.equal(sizes(20, {}, { maxStorageBufferBindingSize: 2 * QUAD_BYTES + 5 }), [
    [0, 8],
    [8, 8],
    [16, 4],
  ]);
  assert.equal(sizes(20_000), [
    [0, 16_384],
    [16_384, 3616],
  ]);
});

test('four images that do not fit one binding are refused', () => {
  assert.throws(
    () => split(20, {}, { maxStorageBufferBindingSize: QUAD_BYTES - 1 }),
    /a quad of images in the widest layer/,
  );
});

test('chunks fit into a part of the arena, in whole quads, at least one', () => {
  const counts = (options: Parameters<typeof split>[1]) =>
    split(20, options)[0]!.chunks.map(({ count }) => count);
  assert.equal(counts({ partBytes: 2 * QUAD_BYTES + 5 }), [8, 8, 4]);
  assert.equal(counts({ partBytes: 0 }), [4, 4, 4, 4, 4]);
  assert.equal(counts({ chunkImages: 11 }), [8, 8, 4]);
  assert.equal(counts({}), [20]);
});

test('with early rejection chunks grow, from fewer images on a software adapter', () => {
  const first = (software: boolean) => split(2000, { earlyRejection: true, software })[0]!.chunks[0]!.count;
  assert.equal([first(true), first(false)], [64, 256]);
  const { chunks } = split(2000, { earlyRejection: true, chunkImages: 128 })[0]!;
  assert.ok(chunks.every(({ count }) => count <= 128));
  const total = chunks.reduce((sum, { count }) => sum + count, 0);
  assert.is(total, 2000);
});

test.run();
