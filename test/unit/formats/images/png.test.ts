import { deflateSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encode } from 'fast-png';
import { crc32 } from '../../../../src/formats/arrays/crc32.ts';
import { decodeImage } from '../../../../src/formats/images/decode.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const word = (value: number) => Buffer.from(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
const chunk = (name: string, data: Uint8Array) => {
  const named = Buffer.concat([Buffer.from(name), data]);
  return Buffer.concat([word(data.length), named, word(crc32(named))]);
};
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Parts {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly rows: Uint8Array;
  readonly before?: readonly Buffer[];
}

function png({ width, height, depth, type, rows, before = [] }: Parts): Uint8Array {
  const header = Buffer.concat([word(width), word(height), Buffer.from([depth, type, 0, 0, 0])]);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

const palette = chunk('PLTE', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));

test('palettes of few bits become colours', () => {
  const rows = Uint8Array.of(0, 0b00_01_10_11, 0b01_000000, 0, 0b11_11_00_00, 0b10_000000);
  const options = { width: 5, height: 2, depth: 2, type: 3, rows };
  const opaque = chunk('tRNS', Uint8Array.of(255, 255));
  for (const before of [[palette], [palette, opaque]]) {
    const { channels, pixels } = decodeImage(png({ ...options, before }), 'PNG');
    assert.is(channels, 3);
    const indices = [0, 1, 2, 3, 1, 3, 3, 0, 0, 2];
    assert.equal(
      [...pixels],
      indices.flatMap((i) => [3 * i + 1, 3 * i + 2, 3 * i + 3]),
    );
  }
});

test('transparency that hides nothing is left out', () => {
  const data = Uint8Array.from([1, 2, 3, 255, 4, 5, 6, 255]);
  const file = encode({ width: 2, height: 1, channels: 4, depth: 8, data });
  assert.equal([...decodeImage(file, 'PNG').pixels], [1, 2, 3, 4, 5, 6]);
});

test('what pixels do not depend on is not looked at', () => {
  const profile = chunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(new Uint8Array(2 ** 26))]));
  const rows = Uint8Array.of(0, 7, 8);
  const file = png({ width: 2, height: 1, depth: 8, type: 0, rows, before: [profile] });
  const start = performance.now();
  assert.equal([...decodeImage(file, 'PNG').pixels], [7, 8]);
  assert.ok(performance.now() - start < 1000);
});

for (const [name, file, pattern] of [
  [
    'more data than pixels',
    png({ width: 2, height: 1, depth: 8, type: 0, rows: new Uint8Array(2 ** 26) }),
    /the PNG has at least \d+ bytes/,
  ],
  [
    'more pixels than allowed',
    png({ width: 2 ** 20, height: 2 ** 20, depth: 8, type: 0, rows: new Uint8Array(3) }),
    /announces 1048576 x 1048576 pixels/,
  ],
  ['no pixels', png({ width: 0, height: 1, depth: 8, type: 0, rows: new Uint8Array(3) }), /is 1 x 0 pixels/],
  [
    'fewer data than pixels',
    png({ width: 200, height: 100, depth: 8, type: 0, rows: new Uint8Array(3) }),
    /the PNG is damaged/,
  ],
  [
    'an index beyond the palette',
    png({ width: 1, height: 1, depth: 8, type: 3, rows: Uint8Array.of(0, 9), before: [palette] }),
    /the PNG is damaged/,
  ],
  [
    'a transparent colour of the palette',
    png({
      width: 1,
      height: 1,
      depth: 8,
      type: 3,
      rows: Uint8Array.of(0, 0),
      before: [palette, chunk('tRNS', Uint8Array.of(3))],
    }),
    /transparent/,
  ],
  [
    'a second header',
    png({
      width: 1,
      height: 1,
      depth: 8,
      type: 0,
      rows: Uint8Array.of(0, 9),
      before: [chunk('IHDR', new Uint8Array(13))],
    }),
    /two headers/,
  ],
  [
    'an end within',
    png({ width: 1, height: 1, depth: 8, type: 0, rows: Uint8Array.of(0, 9) }).subarray(0, -5),
    /breaks off/,
  ],
] as const) {
  test(`${name}: refused`, async () => {
    const start = performance.now();
    await assertBadInput(() => decodeImage(file, 'PNG'), pattern);
    assert.ok(performance.now() - start < 3000);
  });
}

test.run();
