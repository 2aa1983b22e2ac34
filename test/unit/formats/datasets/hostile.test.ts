/** Tables and image files with random damage: each is read, or refused in one sentence. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { MasksearchError } from '../../../../src/core/error.ts';
import { readDataset } from '../../../../src/formats/datasets/read.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';
import { generator } from '../../../helpers/data/numbers.ts';

const MUTATIONS = 150;

const network = stack([1, 8, 8], flat, full('out', 2));
const pixels = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 256);
const rgba = Buffer.from(Array.from(pixels, (value) => [value, value, value, 255]).flat());
const lines = ['label,' + Array.from(pixels, (_, i) => `"p ${i}"`).join()];
for (let i = 0; i < 6; i++) lines.push([i % 2, ...pixels].join());

const FILES: [name: string, mutated: string, bytes: Uint8Array, other?: [string, Uint8Array]][] = [
  ['a table', 'a.csv', Buffer.from(lines.join('\n'))],
  ...(['png', 'jpg'] as const).map((end): [string, string, Uint8Array, [string, Uint8Array]] => {
    const image =
      end === 'png'
        ? encodePng({ width: 8, height: 8, channels: 1, depth: 8, data: pixels })
        : new Uint8Array(jpeg.encode({ width: 8, height: 8, data: rgba }, 90).data);
    return [end.toUpperCase(), `a/0.${end}`, image, [`b/0.${end}`, image]];
  }),
];

type Random = ReturnType<typeof generator>;

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = new Uint8Array(bytes);
  const at = random.below(copy.length);
  switch (random.below(4)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      copy[at]! ^= 1 << random.below(8);
      return copy;
    case 2:
      copy.fill(0xff, at, at + 4);
      return copy;
    default:
      for (let i = 0; i < 8; i++) copy[random.below(copy.length)] = random.below(256);
      return copy;
  }
}

for (const [name, path, bytes, other] of FILES) {
  test(`${name} with random damage`, async () => {
    const random = generator(name);
    const start = performance.now();
    const read = (file: Uint8Array) =>
      readDataset([{ name: path, bytes: file }, ...(other ? [{ name: other[0], bytes: other[1] }] : [])], {
        network,
      });
    assert.is((await read(bytes)).test.width, 8);
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      try {
        await read(mutate(bytes, random));
      } catch (error) {
        if (!(error instanceof MasksearchError)) throw error;
        assert.is(error.code, 'bad-input');
        refused++;
      }
    }
    assert.ok(refused > MUTATIONS / 4, `${refused}`);
    assert.ok(performance.now() - start < 5000);
  });
}

test.run();
