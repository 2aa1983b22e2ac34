import { gzipSync } from 'node:zlib';
import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeIdxImages, decodeIdxLabels, labelledImages } from '../../../src/formats/idx.ts';
import { MasksearchError } from '../../../src/core/error.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { idx } from './idx-file.ts';

const pixels = Uint8Array.from({ length: 3 * 5 * 2 }, (_, i) => (i * 37) & 255);
const images = idx([3, 5, 2], pixels);
const labels = idx([3], Uint8Array.of(9, 0, 4));

for (const [form, pack] of [
  ['plain', (file: Uint8Array) => file],
  ['gzipped', (file: Uint8Array) => gzipSync(file)],
  ['in the middle of a buffer', (file: Uint8Array) => Buffer.concat([Buffer.alloc(3), file]).subarray(3)],
] as const) {
  test(`${form} images and labels are read`, async () => {
    const read = await decodeIdxImages(pack(images));
    assert.equal([read.count, read.height, read.width], [3, 5, 2]);
    assert.is(Buffer.compare(read.pixels, pixels), 0);
    assert.equal([...(await decodeIdxLabels(pack(labels)))], [9, 0, 4]);
  });
}

test('a gzip larger than one chunk is read whole', async () => {
  const random = seedrandom.alea('pixels');
  const noise = Uint8Array.from({ length: 300 * 28 * 28 }, () => random.int32() & 255);
  const read = await decodeIdxImages(gzipSync(idx([300, 28, 28], noise)));
  assert.is(Buffer.compare(read.pixels, noise), 0);
});

const changed = (file: Uint8Array, at: number, value: number) =>
  file.map((byte, i) => (i === at ? value : byte));
const gz = gzipSync(images);
const damages: [string, () => Uint8Array, RegExp][] = [
  ['empty', () => new Uint8Array(0), /image file has 0 bytes, its header alone needs 16/],
  ['cut in the header', () => images.subarray(0, 15), /has 15 bytes, its header alone needs 16/],
  ['labels instead', () => idx([30], pixels), /magic number 0x00000801, only 0x00000803 is allowed/],
  ['bad magic', () => changed(images, 2, 9), /magic number 0x00000903/],
  ['no images', () => idx([0, 5, 2], new Uint8Array(0)), /announces 0 images, 1 to 1073741824 are allowed/],
  ['no rows', () => idx([3, 0, 2], new Uint8Array(0)), /announces 0 rows, 1 to 1024/],
  ['too wide', () => idx([1, 1, 1025], new Uint8Array(1025)), /announces 1025 columns, 1 to 1024/],
  ['too many', () => idx([2 ** 30, 2, 1], pixels), /announces 2147483648 pixels, at most 1073741824/],
  ['one byte short', () => images.subarray(0, -1), /has 45 bytes, its header allows 46/],
  ['one byte more', () => Buffer.concat([images, Buffer.alloc(1)]), /has 47 bytes, its header allows 46/],
  ['gzip of a cut file', () => gzipSync(images.subarray(0, -1)), /has 45 bytes, its header allows 46/],
  ['gzip of a stump', () => gzipSync(images.subarray(0, 9)), /has 9 bytes, its header alone needs 16/],
  ['gzip of labels', () => gzipSync(idx([30], pixels)), /magic number 0x00000801/],
  [
    'gzip with more than its header says',
    () => gzipSync(Buffer.concat([images, Buffer.alloc(9)])),
    /at least 55 bytes, its header allows 46/,
  ],
  ['cut gzip', () => gz.subarray(0, -5), /gzip data of \d+ bytes breaks off or is damaged/],
  ['gzip magic alone', () => gz.subarray(0, 2), /gzip data of 2 bytes breaks off/],
  [
    'gzip with a wrong checksum',
    () => changed(gz, gz.length - 8, gz.at(-8)! ^ 1),
    /gzip data of \d+ bytes breaks off or is damaged/,
  ],
  [
    'gzip with a tail',
    () => Buffer.concat([gz, Buffer.from('tail')]),
    /gzip data of \d+ bytes breaks off or is damaged/,
  ],
];
for (const [name, file, pattern] of damages) {
  test(`refused: ${name}`, () => assertBadInput(() => decodeIdxImages(file()), pattern));
}

test('a decompression bomb is stopped at the size that its header promises', async () => {
  const bomb = gzipSync(Buffer.concat([images, Buffer.alloc(2 ** 27)]));
  const start = performance.now();
  await assertBadInput(() => decodeIdxImages(bomb), /at least \d{1,6} bytes, its header allows 46/);
  assert.ok(performance.now() - start < 1000);
});

test('random damage to a gzip is refused in words or harmless', async () => {
  const random = seedrandom.alea('gzip');
  for (let round = 0; round < 300; round++) {
    const file = gz.slice(0, round % 3 === 0 ? Math.floor(random() * gz.length) : gz.length);
    if (file.length > 0) file[Math.floor(random() * file.length)]! ^= 1 << (round & 7);
    await decodeIdxImages(file).catch((error: unknown) => assert.instance(error, MasksearchError));
  }
});

test('labels are counted and limited', async () => {
  const read = await decodeIdxImages(images);
  assert.is(labelledImages(read, Uint8Array.of(0, 1, 9)).count, 3);
  await assertBadInput(() => labelledImages(read, Uint8Array.of(0, 1)), /2 labels for 3 images/);
  const badLabel = /label 2 is 10, 0 to 9 are allowed/;
  await assertBadInput(() => labelledImages(read, Uint8Array.of(0, 1, 10)), badLabel);
  await assertBadInput(() => decodeIdxLabels(images), /magic number 0x00000803, only 0x00000801/);
  const tooShort = /label file has 10 bytes, its header allows 11/;
  await assertBadInput(() => decodeIdxLabels(labels.subarray(0, -1)), tooShort);
});

test.run();
