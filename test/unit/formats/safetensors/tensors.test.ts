import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors, encodeSafetensors } from '../../../../src/formats/safetensors/tensors.ts';
import type { Tensor } from '../../../../src/formats/safetensors/tensors.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const small = (): [string, Tensor][] => [
  ['10', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 0, 255) }],
  ['b.weight', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1.5, -0, 3e38, 1e-45) }],
  ['a "\n…', { dtype: 'F32', shape: [], data: Float32Array.of(7) }],
  ['none', { dtype: 'F32', shape: [4, 0], data: new Float32Array(0) }],
  ['2', { dtype: 'U8', shape: [1, 1], data: Uint8Array.of(9) }],
];

/** A file with this header text and this many bytes of data, all zero unless given. */
function fileOf(header: string | Uint8Array, data: number | Uint8Array = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + text.length + bytes.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(bytes, 8 + text.length);
  return file;
}

/** A file with one tensor "t", described by `entry` laid over a valid one of 8 bytes. */
function entryOf(entry: Record<string, unknown>, data: number | Uint8Array = 8): Uint8Array {
  return fileOf(JSON.stringify({ t: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...entry } }), data);
}

function withLength(length: bigint): Uint8Array {
  const file = fileOf('{}');
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
}

function headerLength(file: Uint8Array): number {
  return Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
}

test('what is written is read back, bit for bit', () => {
  const written = small();
  const file = encodeSafetensors(new Map(written), { note: 'a\nb', __proto__x: '' });
  const { tensors, metadata } = decodeSafetensors(file);
  assert.is(tensors.size, written.length);
  for (const [name, { dtype, shape, data }] of written) {
    const read = tensors.get(name)!;
    assert.equal([read.dtype, read.shape], [dtype, shape]);
    const { buffer, byteOffset, byteLength } = read.data;
    assert.is(Buffer.compare(Buffer.from(buffer, byteOffset, byteLength), Buffer.from(data.buffer)), 0);
  }
  assert.is(metadata['note'], 'a\nb');
  assert.match(metadata['sha256']!, /^[0-9a-f]{64}$/);
});

test('the file is canonical: header padded to 8 bytes, floats first, then by name, whatever the order given', () => {
  const file = encodeSafetensors(new Map(small()), { a: '1', b: '2' });
  const again = encodeSafetensors(new Map(small().reverse()), { b: '2', a: '1', sha256: 'stale' });
  assert.is(Buffer.compare(file, again), 0);
  assert.is(headerLength(file) % 8, 0);
  const json = new TextDecoder().decode(file.subarray(8, 8 + headerLength(file)));
  assert.match(
    json,
    /^\{"__metadata__":\{"a":"1","b":"2","sha256":"[0-9a-f]{64}"\},"a [^]*"b\.weight"[^]*"none"[^]*"10"[^]*"2":[^]*\} *$/,
  );
  assert.equal([...decodeSafetensors(file).tensors.keys()], ['a "\n…', 'b.weight', 'none', '10', '2']);
});

test('a file at any address is read', () => {
  const file = encodeSafetensors(new Map(small()));
  for (let shift = 0; shift < 4; shift++) {
    const moved = new Uint8Array(file.length + 4).subarray(shift, shift + file.length);
    moved.set(file);
    const { data } = decodeSafetensors(moved).tensors.get('b.weight')!;
    assert.equal([...data], [...Float32Array.of(1.5, -0, 3e38, 1e-45)]);
  }
});

test('an empty file of tensors, foreign key order and unknown members are read', () => {
  assert.is(decodeSafetensors(fileOf('{}  ')).tensors.size, 0);
  const text =
    '{"b":{"data_offsets":[1,2],"shape":[1],"dtype":"U8","more":[]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  assert.equal([...decodeSafetensors(fileOf(text, 2)).tensors.keys()], ['a', 'b']);
});

test('__proto__ is a name like any other', () => {
  const entry = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  const { tensors, metadata } = decodeSafetensors(
    fileOf(`{"__proto__":${entry},"__metadata__":{"__proto__":"x"}}`, 1),
  );
  assert.equal([...tensors.keys()], ['__proto__']);
  assert.equal(Object.entries(metadata), [['__proto__', 'x']]);
  assert.is(({} as Record<string, unknown>)['dtype'], undefined);
});

const deep = '['.repeat(100_000) + ']'.repeat(100_000);
const file = (...bytes: number[]) => fileOf(Uint8Array.from(bytes));
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const OVERLAP =
  '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}';

/** A file, the text of its header, or what is laid over the description of its tensor. */
type Damage = Uint8Array | string | Record<string, unknown>;
const damages: readonly (readonly [name: string, Damage, RegExp])[] = [
  ['no bytes', new Uint8Array(0), /has 0 bytes, at least 8 are needed/],
  ['7 bytes', new Uint8Array(7), /has 7 bytes, at least 8/],
  ['header beyond the file', withLength(3n), /header of 3 bytes, only 2 follow/],
  ['header over the cap', withLength(2n ** 23n + 1n), /header of 8388609 bytes, at most 8388608/],
  ['header of 2^64 - 1 bytes', withLength(2n ** 64n - 1n), /header of 18446744073709551615 bytes/],
  ['header of no bytes', '', /starts with nothing, only "\{"/],
  ['header after a byte order mark', '\ufeff{}', /starts with byte 239/],
  ['header is a list', '[]', /starts with byte 91/],
  ['header not UTF-8', file(0x7b, 0x22, 0xff, 0x22, 0x7d), /not UTF-8/],
  ['header not JSON', '{"a":}', /not JSON/],
  ['header cut by zeros', '{}\0\0', /not JSON/],
  ['a tensor twice', '{"a":1,"\\u0061":1}', /holds the key "a" twice/],
  ['a member twice', '{"a":{"dtype":"U8","dtype" :"F32"}}', /holds the key "dtype" twice/],
  ['empty name', '{"":{}}', /name has 0 characters, 1 to 1024/],
  ['long name', `{"${'x'.repeat(1025)}":{}}`, /name has 1025 characters/],
  ['entry is null', '{"t":null}', /"t" is described by null, only an object/],
  ['entry is a deep list', `{"t":${deep}}`, /"t" is described by \[a list\]/],
  ['name with an escape sequence', '{"\\u001b[2J\u009b\u202e":1}', /tensor "\\u001b\[2J\?\?" is/],
  ['dtype missing', { dtype: undefined }, /dtype none, only F32 and U8 are read/],
  ['dtype not read', { dtype: 'BF16' }, /dtype "BF16", only F32 and U8 are read/],
  ['dtype from a prototype', { dtype: 'toString' }, /dtype "toString"/],
  ['long dtype', { dtype: 'x'.repeat(9999) }, /dtype "x{64}\.\.\.", only/],
  ['shape missing', { shape: undefined }, /shape none, only a list/],
  ['shape a number', { shape: 2 }, /shape 2, only a list/],
  ['shape negative', { shape: [-1, -2] }, /shape \[-1, -2\]/],
  ['shape a fraction', { shape: [0.5] }, /shape \[0.5\]/],
  ['shape of text', { shape: ['2'] }, /shape \["2"\]/],
  ['shape unsafe', { shape: [2 ** 53] }, /shape \[9007199254740992\], only/],
  ['shape too large', { shape: [2 ** 30, 2 ** 30] }, /shape .* at most 9007199254740991 bytes/],
  ['shape too large times 0', { shape: [2 ** 30, 2 ** 30, 0] }, /at most 9007199254740991 bytes/],
  ['shape long', { shape: new Array(1000).fill(2) }, /shape \[2, 2, 2, 2, 2, 2, 2, 2, \.\.\.\]/],
  ['offsets missing', { data_offsets: undefined }, /data_offsets none, only two/],
  ['one offset', { data_offsets: [0] }, /data_offsets \[0\], only two/],
  ['three offsets', { data_offsets: [0, 8, 8] }, /data_offsets \[0, 8, 8\], only two/],
  ['offset a fraction', { data_offsets: [0, 7.5] }, /data_offsets \[0, 7.5\], only two/],
  ['offset negative', { data_offsets: [-8, 0] }, /data_offsets \[-8, 0\], only two/],
  ['offset null', { data_offsets: [null, 8] }, /data_offsets \[null, 8\]/],
  ['offsets reversed', { data_offsets: [8, 0] }, /\[8, 0\], only rising ones up to the 8 bytes/],
  ['offsets out of range', { data_offsets: [4, 12] }, /\[4, 12\], only rising ones up to the 8 bytes/],
  ['offsets unlike the shape', { shape: [3] }, /\[0, 8\], its shape \[3\] in F32 needs 12 bytes/],
  ['offsets unlike the dtype', { dtype: 'U8' }, /its shape \[2\] in U8 needs 2 bytes/],
  ['a hole in front', entryOf({ data_offsets: [4, 12] }, 12), /starts at byte 4 of the data, only byte 0/],
  ['trailing bytes', entryOf({}, 9), /has 9 bytes of data, its tensors fill 8/],
  ['data without tensors', fileOf('{}', 1), /has 1 bytes of data, its tensors fill 0/],
  ['overlap', fileOf(OVERLAP, 3), /"b" starts at byte 1 of the data, only byte 2/],
  ['NaN', entryOf({}, floats(0, NaN)), /"t" holds NaN at index 1/],
  ['infinity', entryOf({}, floats(-Infinity, 0)), /"t" holds -Infinity at index 0/],
  ['metadata a list', '{"__metadata__":["a"]}', /__metadata__ is \["a"\], only an object/],
  ['metadata null', '{"__metadata__":null}', /__metadata__ is null/],
  ['metadata a number', '{"__metadata__":{"mean":0.5}}', /metadata "mean" is 0.5, only a string/],
  [
    'another SHA-256',
    '{"__metadata__":{"sha256":"abc"}}',
    /has SHA-256 e3b0c44298fc.*, its header allows only "abc"/,
  ],
];
for (const [name, damage, pattern] of damages) {
  test(`refused: ${name}`, () => {
    const bytes =
      damage instanceof Uint8Array ? damage : typeof damage === 'string' ? fileOf(damage) : entryOf(damage);
    return assertBadInput(() => decodeSafetensors(bytes), pattern);
  });
}

const bytes = (length: number, shape = [length]): Tensor => ({
  dtype: 'U8',
  shape,
  data: new Uint8Array(length),
});
const nan: Tensor = { dtype: 'F32', shape: [1], data: Float32Array.of(NaN) };
const unwritable: readonly (readonly [
  what: string,
  name: string,
  Tensor,
  RegExp,
  Record<string, string>?,
])[] = [
  ['a shape unlike the data', 't', bytes(2, [3]), /shape \[3\] in U8 needs 3/],
  ['NaN', 't', nan, /"t" holds NaN at index 0/],
  ['an empty name', '', bytes(0), /name has 0 characters/],
  ['the name of the metadata', '__metadata__', bytes(0), /key "__metadata__" twice/],
  ['too much metadata', 't', bytes(0), /at most 8388608/, { a: 'x'.repeat(2 ** 23) }],
];
for (const [what, name, tensor, pattern, metadata = {}] of unwritable) {
  test(`not written: ${what}`, () =>
    assertBadInput(() => encodeSafetensors(new Map([[name, tensor]]), metadata), pattern));
}

function outcome(file: Uint8Array): 'read' | 'refused' {
  try {
    decodeSafetensors(file);
    return 'read';
  } catch (error) {
    if (error instanceof MasksearchError && error.code === 'bad-input') return 'refused';
    throw error;
  }
}

test('random damage is refused in words or harmless; in the data alone it is always refused', () => {
  const whole = encodeSafetensors(new Map(small()), { activation: 'tanh' });
  const dataStart = 8 + headerLength(whole);
  const random = seedrandom.alea('damage');
  const below = (bound: number) => Math.floor(random() * bound);
  for (let round = 0; round < 2000; round++) {
    const file = whole.slice(0, round % 4 === 0 ? below(whole.length) : whole.length);
    let inData = file.length < whole.length;
    // The digest does not cover the header: there, damage may hide its own key, or change a name.
    let inHeader = false;
    for (let flips = below(3) + (inData ? 0 : 1); flips > 0 && file.length > 0; flips--) {
      const at = below(file.length);
      // Never back to the old value: each place is changed by addition of less than 256 once.
      if (file[at] === whole[at]) file[at]! += 1 + below(255);
      if (at >= dataStart) inData = true;
      else inHeader = true;
    }
    const result = outcome(file);
    if (inData && !inHeader) assert.is(result, 'refused', `round ${round}`);
  }
});

test('every single flipped bit of the data is refused', () => {
  const whole = encodeSafetensors(new Map(small()));
  for (let bit = (8 + headerLength(whole)) * 8; bit < whole.length * 8; bit++) {
    const file = whole.slice();
    file[bit >>> 3]! ^= 1 << (bit & 7);
    assert.is(outcome(file), 'refused', `bit ${bit}`);
  }
});

test.run();
