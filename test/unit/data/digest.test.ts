import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { takeImages, type ImageSet } from '../../../src/data/dataset.ts';
import { datasetDigest } from '../../../src/data/digest.ts';

const set: ImageSet = {
  count: 2,
  height: 1,
  width: 3,
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
  labels: Uint8Array.of(0, 1),
};

test('the digest is the SHA-256 of type, shape, pixels and labels of 16 bits', () => {
  const bytes = Buffer.concat([
    Buffer.from('["uint8",2,1,1,3]'),
    set.pixels as Uint8Array,
    Buffer.of(0, 0, 1, 0),
  ]);
  assert.is(datasetDigest(set), createHash('sha256').update(bytes).digest('hex'));
});

test('it depends on all of the data and on nothing else', () => {
  const digest = datasetDigest(set);
  const same: ImageSet[] = [
    { ...set, channels: 1 },
    { ...set, labels: Uint16Array.of(0, 1) },
    { ...set, classNames: ['a', 'b'] },
    takeImages(
      { ...set, count: 3, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), labels: Uint8Array.of(0, 1, 2) },
      2,
    ),
  ];
  for (const other of same) assert.is(datasetDigest(other), digest);
  const different: ImageSet[][] = [
    [],
    [set, set],
    [{ ...set, height: 3, width: 1 }],
    [{ ...set, pixels: Float32Array.from(set.pixels) }],
    [{ ...set, pixels: Uint8Array.of(1, 2, 3, 4, 5, 7) }],
    [{ ...set, labels: Uint8Array.of(1, 0) }],
    [takeImages(set, 1)],
  ];
  const digests = different.map((sets) => datasetDigest(...sets));
  assert.is(new Set([digest, ...digests]).size, different.length + 1);
  assert.ok(digests.every((text) => /^[0-9a-f]{64}$/.test(text)));
});

test('targets count, beside labels and instead of them', () => {
  const targets = Float32Array.of(1, 2, 3, 4);
  const unlabelled: ImageSet = { ...set, labels: undefined };
  const digests = [
    ...[set, unlabelled, { ...set, targets }, { ...unlabelled, targets }],
    { ...unlabelled, targets: targets.with(3, 5) },
    ...[
      { ...set, softTargets: targets },
      { ...set, softTargets: targets.with(0, 0) },
    ],
    { ...set, targets, softTargets: targets },
    // One target per image in place of two.
    { ...unlabelled, targets: targets.subarray(0, 2) },
  ].map((one) => datasetDigest(one));
  assert.is(new Set(digests).size, digests.length);
});

test.run();
