import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../../src/core/error.ts';
import { isText } from '../../../../src/formats/arrays/array.ts';
import { crc32 } from '../../../../src/formats/arrays/crc32.ts';
import { openNpz } from '../../../../src/formats/arrays/npz.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { npy, npyBytes, npyFloats, npyTexts, npyWhole, npz, zip } from '../../../helpers/data/npy.ts';
import { generator } from '../../../helpers/data/numbers.ts';

const { below } = generator('pixels');
const noise = Uint8Array.from({ length: 40_000 }, () => below(256));
const arrays = {
  x: npyBytes([50, 20, 40], noise),
  y: npyWhole(
    [50],
    Array.from({ length: 50 }, (_, i) => i % 10),
  ),
  names: npyTexts(['cat', 'dog']),
};

async function readAll(file: Uint8Array): Promise<Record<string, unknown>> {
  const { names, read } = openNpz(file);
  const entries: [string, unknown][] = [];
  for (const name of names) {
    const array = await read(name);
    entries.push([name, isText(array) ? array.texts : Array.from(array.numbers)]);
  }
  return Object.fromEntries(entries);
}

for (const deflate of [false, true]) {
  test(`arrays that are ${deflate ? 'deflated' : 'stored'} are read by their names`, async () => {
    const read = await readAll(npz(arrays, { deflate }));
    assert.equal(Object.keys(read), ['x', 'y', 'names']);
    assert.is(Buffer.compare(Uint8Array.from(read['x'] as number[]), noise), 0);
    assert.equal((read['y'] as number[]).slice(8, 12), [8, 9, 0, 1]);
    assert.equal(read['names'], ['cat', 'dog']);
  });
}

test('other files in the zip, and a comment after it, are passed over', async () => {
  const file = Buffer.from(zip({ 'readme.txt': Buffer.from('hello'), 'x.npy': npyBytes([2], [3, 4]) }));
  file.writeUInt16LE(5, file.length - 2);
  assert.equal(await readAll(Buffer.concat([file, Buffer.from('hello')])), { x: [3, 4] });
});

test('the checksum is that of zip', () => {
  assert.is(crc32(Buffer.from('123456789')), 0xcbf43926);
  assert.is(crc32(new Uint8Array(0)), 0);
});

const one = (change: (directory: Buffer) => void, deflate = true) =>
  npz({ x: npyFloats([100], new Float32Array(100)) }, { deflate, change });
const REFUSED: [name: string, file: () => Uint8Array, pattern: RegExp][] = [
  [
    'a cut file',
    () => npz(arrays).subarray(0, 5000),
    /5000 bytes has no directory at its end, it is cut off/,
  ],
  ['one byte less', () => npz(arrays).subarray(0, -1), /no directory at its end/],
  ['encryption', () => one((entry) => entry.writeUInt16LE(1, 8)), /"x\.npy" in the zip file is encrypted/],
  ['bzip2', () => one((entry) => entry.writeUInt16LE(12, 10)), /compressed by method 12, only 0 and 8/],
  ['a wrong checksum', () => one((entry) => entry.writeUInt32LE(7, 16)), /checksum \d+, only 7 is allowed/],
  ['a start behind the end', () => one((entry) => entry.writeUInt32LE(1e9, 42)), /start at byte 1000000000/],
  [
    'more data than there are',
    () => one((entry) => entry.writeUInt32LE(1e9, 20)),
    /announces 1000000000 bytes/,
  ],
  ['less data', () => one((entry) => entry.writeUInt32LE(9, 20)), /break off or are damaged/],
  [
    'a smaller array',
    () => one((entry) => entry.writeUInt32LE(500, 24)),
    /has at least 528 bytes, .* allows 500/,
  ],
  ['a larger array', () => one((entry) => entry.writeUInt32LE(600, 24)), /has 528 bytes, .* allows 600/],
  [
    'a larger stored array',
    () => one((entry) => entry.writeUInt32LE(600, 24), false),
    /has 528 bytes, .* allows 600/,
  ],
  [
    'a name of 64 KiB',
    () => one((entry) => entry.writeUInt16LE(0xffff, 28)),
    /directory .* is damaged at byte/,
  ],
  ['no signature', () => one((entry) => entry.writeUInt32LE(0, 0)), /directory .* is damaged at byte/],
  ['an array twice', () => twice(), /holds "x" twice/],
  [
    '4 GiB',
    () => one((entry) => entry.writeUInt32LE(0xfffffffe, 24)),
    /npz file, uncompressed, has 4294967294 bytes/,
  ],
  [
    'Zip64',
    () => one((entry) => entry.writeUInt32LE(0xffffffff, 24)),
    /"x\.npy" in the zip file is of Zip64/,
  ],
  ['Python objects', () => npz({ x: npy({ descr: '|O', shape: [1], data: Buffer.from('x') }) }), /pickled/],
];
for (const [name, file, pattern] of REFUSED) {
  test(`refuses ${name}`, () => assertBadInput(() => readAll(file()), pattern));
}

function twice(): Uint8Array {
  return zip(
    { 'x.npy': npyBytes([1], [1]), 'y.npy': npyBytes([1], [1]) },
    { change: (directory) => directory.write('x.npy', directory.lastIndexOf('y.npy')) },
  );
}

test('more than 1 GiB of arrays is refused before it is inflated', async () => {
  const zeros = npyBytes([2 ** 24], new Uint8Array(2 ** 24));
  // Many entries that share the same data: each is within the limit, all together are not.
  const file = npz(
    { x: zeros, y: zeros },
    {
      deflate: true,
      change: (directory) => {
        for (const at of [0, directory.lastIndexOf('PK\x01\x02')]) directory.writeUInt32LE(6e8, at + 24);
      },
    },
  );
  const { read } = openNpz(file);
  await assertBadInput(
    () => read('x'),
    /"x\.npy" in the zip file announces 600000000 bytes, more than its \d+ compressed bytes can hold/,
  );
  await assertBadInput(() => read('y'), /npz file, uncompressed, has 1200000000 bytes, at most 1073741824/);
});

test('a bomb is stopped at the size that the directory promises', async () => {
  const bomb = one((entry) => entry.writeUInt32LE(528, 24));
  assert.equal(Object.keys(await readAll(bomb)), ['x']);
  const zeros = npyBytes([2 ** 27], new Uint8Array(2 ** 27));
  const file = npz({ x: zeros }, { deflate: true, change: (entry) => entry.writeUInt32LE(528, 24) });
  await assertBadInput(() => readAll(file), /has at least \d{3,8} bytes, its directory allows 528/);
});

/** Every file is read, or refused in words, and fast. */
async function readsOrRefuses(file: Uint8Array, label: string): Promise<boolean> {
  const start = performance.now();
  let refused = false;
  try {
    await readAll(file);
  } catch (error) {
    if (!(error instanceof MasksearchError)) throw new Error(label, { cause: error });
    assert.is(error.code, 'bad-input', label);
    assert.ok(!/\n|\.$/.test(error.message) && error.message.length < 1000, `${label}: ${error.message}`);
    refused = true;
  }
  assert.ok(performance.now() - start < 10_000, `${label} took long`);
  return refused;
}

const small = {
  x: npyFloats([9, 3, 3], noise.subarray(0, 81)),
  y: npyWhole([9], noise.subarray(0, 9)),
  t: arrays.names,
};

for (const deflate of [false, true]) {
  const file = npz(small, { deflate });

  test(`200 truncations of a ${deflate ? 'deflated' : 'stored'} file are refused`, async () => {
    const cut = generator(`truncations ${deflate}`);
    for (let round = 0; round < 200; round++) {
      const length = cut.below(file.length);
      assert.ok(await readsOrRefuses(file.subarray(0, length), `the first ${length} bytes`));
    }
  });

  test(`400 damages to a ${deflate ? 'deflated' : 'stored'} file are refused or harmless`, async () => {
    const random = generator(`damages ${deflate}`);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const damaged = Uint8Array.from(file);
      const flips = 1 + random.below(4);
      const places = Array.from({ length: flips }, () => random.below(file.length));
      // Half of them in the directory and the record at the end.
      if (round % 2 === 0) places[0] = file.length - 1 - random.below(180);
      for (const at of places) damaged[at]! ^= 1 << random.below(8);
      if (await readsOrRefuses(damaged, `bytes ${places.join(', ')}`)) refused++;
    }
    assert.ok(refused > 200, `${refused}`);
  });
}

test('200 damages to npy headers in a sound zip are refused or harmless', async () => {
  const random = generator('headers');
  let refused = 0;
  for (let round = 0; round < 200; round++) {
    const damaged = Uint8Array.from(small.x);
    damaged[random.below(80)] = round % 3 === 0 ? random.below(256) : 32 + random.below(95);
    if (await readsOrRefuses(npz({ ...small, x: damaged }), `${round}`)) refused++;
  }
  assert.ok(refused > 100, `${refused}`);
});

test.run();
