import { gzipSync } from 'node:zlib';
import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeIdx } from '../../../../src/formats/arrays/idx.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { bytesOf, swapped } from '../../../helpers/data/npy.ts';
import { idx } from '../../../helpers/data/idx.ts';

const pixels = Uint8Array.from({ length: 3 * 5 * 2 }, (_, i) => (i * 37) & 255);
const images = idx([3, 5, 2], pixels);
const labels = idx([3], Uint8Array.of(9, 0, 4));

for (const [form, pack] of [
  ['plain', (file: Uint8Array) => file],
  ['gzipped', (file: Uint8Array) => gzipSync(file)],
  ['in the middle of a buffer', (file: Uint8Array) => Buffer.concat([Buffer.alloc(3), file]).subarray(3)],
] as const) {
  test(`${form} images and labels are read`, async () => {
    const read = await decodeIdx(pack(images));
    assert.equal(read.shape, [3, 5, 2]);
    assert.equal([...read.numbers], [...pixels]);
    assert.equal([...(await decodeIdx(pack(labels))).numbers], [9, 0, 4]);
  });
}

for (const [type, data, size, values] of [
  [0x08, Uint8Array.of(200, 1), 1, [200, 1]],
  [0x09, Uint8Array.of(200, 1), 1, [-56, 1]],
  [0x0b, bytesOf(Int16Array.of(-3, 300)), 2, [-3, 300]],
  [0x0c, bytesOf(Int32Array.of(-3, 70_000)), 4, [-3, 70_000]],
  [0x0d, bytesOf(Float32Array.of(-0.1, 3)), 4, [Math.fround(-0.1), 3]],
  [0x0e, bytesOf(Float64Array.of(-0.1, 3)), 8, [-0.1, 3]],
] as const) {
  test(`elements of type 0x0${type.toString(16)}, of 1 to 4 axes`, async () => {
    for (const shape of [[2], [2, 1], [1, 2, 1], [1, 1, 2, 1]]) {
      const read = await decodeIdx(gzipSync(idx(shape, swapped(data, size), type)));
      assert.equal([read.shape, [...read.numbers]], [shape, values]);
    }
  });
}

test('a gzip larger than one chunk is read whole', async () => {
  const random = seedrandom.alea('pixels');
  const noise = Uint8Array.from({ length: 300 * 28 * 28 }, () => random.int32() & 255);
  const read = await decodeIdx(gzipSync(idx([300, 28, 28], noise)));
  assert.is(Buffer.compare(read.numbers as Uint8Array, noise), 0);
});

const changed = (file: Uint8Array, at: number, value: number) =>
  file.map((byte, i) => (i === at ? value : byte));
const gz = gzipSync(images);
const damages: [string, () => Uint8Array, RegExp][] = [
  ['empty', () => new Uint8Array(0), /IDX file has 0 bytes, its header alone needs 8/],
  ['cut in the header', () => images.subarray(0, 15), /has 15 bytes, its header alone needs 16/],
  ['unknown elements', () => changed(images, 2, 0x0a), /magic number 0x00000a03, only 0x00000801 and others/],
  ['no axes', () => changed(images, 3, 0), /magic number 0x00000800/],
  ['five axes', () => changed(images, 3, 5), /magic number 0x00000805, .* of 1 to 4 dimensions are allowed/],
  ['little-endian', () => Uint8Array.from(images).reverse(), /magic number 0x/],
  [
    'too many',
    () => idx([2 ** 30, 2, 1], pixels),
    /announces 1073741824 x 2 x 1 numbers and has 2147483648 bytes, at most 1073741824 are/,
  ],
  [
    'beyond counting',
    () => idx([2 ** 31, 2 ** 31, 4], pixels),
    /announces 2147483648 x .* at most 1073741824/,
  ],
  ['one byte short', () => images.subarray(0, -1), /has 45 bytes, its header allows 46/],
  ['one byte more', () => Buffer.concat([images, Buffer.alloc(1)]), /has 47 bytes, its header allows 46/],
  ['bytes for floats', () => changed(images, 2, 0x0d), /has 46 bytes, its header allows 136/],
  ['gzip of a cut file', () => gzipSync(images.subarray(0, -1)), /has 45 bytes, its header allows 46/],
  ['gzip of a stump', () => gzipSync(images.subarray(0, 9)), /has 9 bytes, its header alone needs 16/],
  ['gzip of something else', () => gzipSync(Buffer.alloc(100, 7)), /magic number 0x07070707/],
  [
    'gzip with more than its header says',
    () => gzipSync(Buffer.concat([images, Buffer.alloc(9)])),
    /at least 55 bytes, at most 46 are allowed/,
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
  test(`refused: ${name}`, () => assertBadInput(() => decodeIdx(file()), pattern));
}

test('a decompression bomb is stopped at the size that its header promises', async () => {
  const bomb = gzipSync(Buffer.concat([images, Buffer.alloc(2 ** 27)]));
  const start = performance.now();
  await assertBadInput(() => decodeIdx(bomb), /at least \d{1,6} bytes, at most 46 are allowed/);
  assert.ok(performance.now() - start < 10_000);
});

test('random damage to a gzip is refused in words or harmless', async () => {
  const random = seedrandom.alea('gzip');
  for (let round = 0; round < 300; round++) {
    const file = gz.slice(0, round % 3 === 0 ? Math.floor(random() * gz.length) : gz.length);
    if (file.length > 0) file[Math.floor(random() * file.length)]! ^= 1 << (round & 7);
    await decodeIdx(file).catch((error: unknown) => assert.instance(error, MasksearchError));
  }
});

test.run();
