import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeNpy } from '../../../../src/formats/arrays/npy.ts';
import { isText, type DecodedArray } from '../../../../src/formats/arrays/array.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { bytesOf, npy, npyOf, npyTexts, swapped } from '../../../helpers/data/npy.ts';

function numbersOf(array: DecodedArray): number[] {
  if (isText(array)) throw new Error('numbers were expected');
  return [...array.numbers];
}

function textsOf(array: DecodedArray): readonly string[] {
  if (!isText(array)) throw new Error('text was expected');
  return array.texts;
}

/** Bits of binary16, and what they mean. */
const HALVES: readonly (readonly [bits: number, value: number])[] = [
  ...([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
  ] as const),
  ...([
    [0x3555, 0.333251953125],
    [0xfc00, -Infinity],
    [0x8000, -0],
  ] as const),
];

const TYPES: [type: string, data: Uint8Array, values: number[]][] = [
  ['u1', Uint8Array.of(0, 1, 200, 255), [0, 1, 200, 255]],
  ['i1', Uint8Array.of(0, 1, 200, 255), [0, 1, -56, -1]],
  ['b1', Uint8Array.of(0, 1, 0, 1), [0, 1, 0, 1]],
  ['u2', bytesOf(Uint16Array.of(1, 256, 65535)), [1, 256, 65535]],
  ['i2', bytesOf(Int16Array.of(1, 256, -2)), [1, 256, -2]],
  ['u4', bytesOf(Uint32Array.of(1, 4e9)), [1, 4e9]],
  ['i4', bytesOf(Int32Array.of(1, -2e9)), [1, -2e9]],
  ['u8', bytesOf(BigUint64Array.of(1n, 2n ** 53n - 1n, 2n ** 63n)), [1, 2 ** 53 - 1, 2 ** 63]],
  ['i8', bytesOf(BigInt64Array.of(1n, -1n, -(2n ** 40n))), [1, -1, -(2 ** 40)]],
  ['f2', bytesOf(Uint16Array.from(HALVES, ([bits]) => bits)), HALVES.map(([, value]) => value)],
  ['f4', bytesOf(Float32Array.of(1.5, -0.1)), [1.5, Math.fround(-0.1)]],
  ['f8', bytesOf(Float64Array.of(1.5, -0.1, 1e300)), [1.5, -0.1, 1e300]],
];
for (const [type, data, values] of TYPES) {
  const size = Number(type.slice(1));
  for (const [order, bytes] of [
    [size === 1 ? '|' : '<', data],
    ['>', swapped(data, size)],
  ] as const) {
    test(`numbers of type ${order}${type}, at any address`, () => {
      const file = npy({ descr: `${order}${type}`, shape: [values.length], data: bytes });
      const array = decodeNpy(file);
      assert.equal(array.shape, [values.length]);
      assert.equal(numbersOf(array), values);
      const odd = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
      assert.equal(numbersOf(decodeNpy(odd)), values);
    });
  }
}

test('a boolean is one whatever its byte, and no byte', () => {
  const array = decodeNpy(npy({ descr: '|b1', shape: [3], data: Uint8Array.of(0, 1, 7) }));
  assert.equal(numbersOf(array), [0, 1, 1]);
  assert.ok(!isText(array) && array.numbers instanceof Int8Array);
});

test('Fortran order becomes row-major, and the file stays as it was', () => {
  // [2, 3, 2] with the number 100 i + 10 j + k at [i, j, k].
  const rowMajor = [0, 1].flatMap((i) => [0, 1, 2].flatMap((j) => [0, 1].map((k) => 100 * i + 10 * j + k)));
  const columnMajor = [0, 1].flatMap((k) =>
    [0, 1, 2].flatMap((j) => [0, 1].map((i) => 100 * i + 10 * j + k)),
  );
  assert.is.not(rowMajor.join(), columnMajor.join());
  const shape = [2, 3, 2];
  for (const [descr, data] of [
    ['|u1', Uint8Array.from(columnMajor)],
    ['<i2', bytesOf(Int16Array.from(columnMajor))],
    ['>f8', swapped(bytesOf(Float64Array.from(columnMajor)), 8)],
  ] as const) {
    const file = npy({ descr, shape, data, fortranOrder: true });
    const before = Buffer.from(file);
    assert.equal(numbersOf(decodeNpy(file)), rowMajor, descr);
    assert.is(Buffer.compare(file, before), 0);
  }
});

test('shapes of no and of many axes, of versions 1 to 3 and of Python 2', () => {
  const one = bytesOf(Float32Array.of(7));
  for (const [text, shape] of [
    ['()', []],
    ['(1,)', [1]],
    ['(1L, 1L)', [1, 1]],
    ['(1, 1, 1, 1, 1, 1)', [1, 1, 1, 1, 1, 1]],
  ] as const) {
    for (const version of [1, 2, 3]) {
      const header = `{'shape': ${text}, 'fortran_order': False, 'descr': '<f4'}`;
      const array = decodeNpy(npyOf(header, one, version));
      assert.equal([array.shape, numbersOf(array)], [shape, [7]]);
    }
  }
  const empty = npy({ descr: '|u1', shape: [2 ** 49, 0], data: new Uint8Array(0), fortranOrder: true });
  assert.equal(numbersOf(decodeNpy(empty)), []);
});

test('texts without their padding', () => {
  const texts = ['cat', 'élan', 'x😀', ''];
  assert.equal(textsOf(decodeNpy(npyTexts(texts))), texts);
  assert.equal(textsOf(decodeNpy(npyTexts(texts, true))), texts);
  const bytes = npy({ descr: '|S3', shape: [2, 1], data: Buffer.from('catdo\0'), fortranOrder: true });
  assert.equal(textsOf(decodeNpy(bytes)), ['cat', 'do']);
});

const good = { descr: '<f4', shape: [2, 3], data: new Uint8Array(24) };
const header = (text: string) => npyOf(text, new Uint8Array(24));
const REFUSED: [name: string, file: () => Uint8Array, pattern: RegExp][] = [
  ['an empty file', () => new Uint8Array(0), /npy file has 0 bytes and no whole header/],
  ['a magic number alone', () => npy(good).subarray(0, 6), /6 bytes and no whole header/],
  [
    'half a header',
    () => npy(good).subarray(0, 40),
    /announces a header of 118 bytes, at most 30 are allowed/,
  ],
  ['version 9', () => npy(good).map((byte, i) => (i === 6 ? 9 : byte)), /has version 9, only 1, 2 and 3/],
  [
    'one byte short',
    () => npy(good).subarray(0, -1),
    /has 23 bytes of data, its shape \[2, 3\] .* allows 24/,
  ],
  ['one byte more', () => npy({ ...good, data: new Uint8Array(25) }), /has 25 bytes of data/],
  ['a shape beyond counting', () => npy({ ...good, shape: [2 ** 40, 2 ** 40] }), /24 bytes of data/],
  ['Python objects', () => npy({ ...good, descr: '|O' }), /pickled Python objects, which are programs/],
  ['complex numbers', () => npy({ ...good, descr: '<c8' }), /has the element type "<c8", only booleans/],
  ['floats of 16 bytes', () => npy({ ...good, descr: '<f16' }), /has the element type "<f16"/],
  ['dates', () => npy({ ...good, descr: '<M8[ns]' }), /has the element type "<M8\[ns\]"/],
  ['text of no length', () => npy({ ...good, descr: '<U0' }), /has the element type "<U0"/],
  [
    'the name of a method',
    () => npy({ ...good, descr: 'constructor' }),
    /has the element type "constructor"/,
  ],
  [
    'records',
    () => header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }"),
    /records of several fields/,
  ],
  [
    'a header without a shape',
    () => header("{'descr': '<f4', 'fortran_order': False, }"),
    /only descr, fortran_order/,
  ],
  [
    'a key twice',
    () => header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,), }"),
    /only descr, fortran_order and shape/,
  ],
  ['no dictionary', () => header("'descr'"), /the npy header is "'descr'/],
  ['a program', () => header("{'descr': print(1), 'fortran_order': False, 'shape': (6,), }"), /only descr/],
  [
    'a negative size',
    () => header("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,), }"),
    /only descr/,
  ],
  [
    'two numbers for a size',
    () => header("{'descr': '<f4', 'fortran_order': False, 'shape': (6 1,), }"),
    /shape "6 1,"/,
  ],
  [
    'more axes than NumPy has',
    () => npy({ ...good, shape: [6, ...new Array<number>(64).fill(1)] }),
    /only a list of sizes is allowed/,
  ],
  [
    'no character',
    () => npy({ descr: '<U1', shape: [1], data: bytesOf(Uint32Array.of(0x110000)) }),
    /the character 1114112, only up to 1114111/,
  ],
  [
    'texts in a table of Fortran order',
    () => npy({ descr: '|S1', shape: [2, 2], data: Buffer.from('abcd'), fortranOrder: true }),
    /texts of shape \[2, 2\]/,
  ],
];
for (const [name, file, pattern] of REFUSED) {
  test(`refuses ${name}`, () => assertBadInput(() => decodeNpy(file()), pattern));
}

test('a header made to take long is refused at once', async () => {
  const start = performance.now();
  for (const text of [
    `{${' '.repeat(60_000)}`,
    `{${"'shape': (".padEnd(60_000, ',')}`,
    `{${"'descr'".repeat(8000)}}`,
  ])
    await assertBadInput(() => decodeNpy(npyOf(text, new Uint8Array(4), 2)), /npy header/);
  assert.ok(performance.now() - start < 10_000);
});

test.run();
