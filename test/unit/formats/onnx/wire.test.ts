/** The wire format of protobuf: numbers, limits of damaged messages, and values replaced in a message. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bytesRange,
  fieldsIn,
  integerIn,
  integersIn,
  textIn,
  type Field,
} from '../../../../src/formats/protobuf/reader.ts';
import { splice } from '../../../../src/formats/protobuf/splice.ts';
import {
  bytesField,
  floatField,
  integerField,
  integersField,
  message,
  messageField,
  textField,
  varint,
} from '../../../../src/formats/protobuf/writer.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const all = (file: Uint8Array) => [...fieldsIn(file, { begin: 0, end: file.length })];
const only = (file: Uint8Array): Field => {
  const fields = all(file);
  assert.is(fields.length, 1);
  return fields[0]!;
};

const WHOLE_NUMBERS = [
  ...[0, 1, 127, 128, 300, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 35, 2 ** 49 + 5],
  ...[Number.MAX_SAFE_INTEGER, -1, -2, -128, -300, -(2 ** 31), -(2 ** 32) - 7, Number.MIN_SAFE_INTEGER],
];

for (const value of WHOLE_NUMBERS) {
  test(`reads ${value}`, () => {
    const file = message(integerField(3, value));
    assert.is(integerIn(file, only(file)), value);
  });
}

test('numbers beyond what float64 holds exactly are clamped', () => {
  const least = Uint8Array.of(8, ...new Array<number>(9).fill(0x80), 1);
  assert.is(integerIn(least, only(least)), Number.MIN_SAFE_INTEGER);
  const most = Uint8Array.of(8, ...new Array<number>(8).fill(0xff), 0x7f);
  assert.is(integerIn(most, only(most)), Number.MAX_SAFE_INTEGER);
});

test('reads packed numbers, and one that is not', () => {
  const packed = message(integersField(1, WHOLE_NUMBERS));
  assert.equal([...integersIn(packed, only(packed))], WHOLE_NUMBERS);
  const single = message(integerField(1, -9));
  assert.equal([...integersIn(single, only(single))], [-9]);
});

test('fields come in the order of the file, with their places', () => {
  const file = message(textField(1, 'né'), floatField(2, 1.5), integerField(200, 5), [
    ...[varint(3 * 8 + 1), new Uint8Array(8)],
  ]);
  const fields = all(file);
  assert.equal(
    fields.map(({ number, wire, tag, tagEnd, begin, end }) => [number, wire, tag, tagEnd, begin, end]),
    [
      [1, 2, 0, 1, 2, 5],
      [2, 5, 5, 6, 6, 10],
      [200, 0, 10, 12, 12, 13],
      [3, 1, 13, 14, 14, 22],
    ],
  );
  assert.is(textIn(file, fields[0]!, 3), 'né');
});

const DAMAGED: Readonly<Record<string, readonly [file: readonly number[], pattern: RegExp]>> = {
  'a length beyond the end': [[10, 5, 1, 2], /ends at byte 7, its message at byte 4/],
  'a length of 2^63': [[10, ...new Array<number>(9).fill(0x80), 1], /ends at byte \d+, its message at byte/],
  'a number that does not end': [[8, 0x80, 0x80], /the number at byte 1 does not end/],
  'a number of eleven bytes': [[8, ...new Array<number>(11).fill(0x80), 1], /byte 1 does not end/],
  'four bytes that are cut off': [[13, 1, 2], /ends at byte 5/],
  'eight bytes that are cut off': [[9, 1, 2], /ends at byte 9/],
  'field 0': [[0, 1], /byte 0 starts no field/],
  'a field of a number above 2^29': [[0x80, 0x80, 0x80, 0x80, 0x10, 1], /starts no field/],
  'a field of a number above 2^32': [[0x88, 0x80, 0x80, 0x80, 0x80, 0x10, 1], /starts no field/],
  'the start of a group': [[11, 1], /wire type 3/],
  'the end of a group': [[12, 1], /wire type 4/],
  'wire type 7': [[15, 1], /wire type 7/],
};

for (const [name, [bytes, pattern]] of Object.entries(DAMAGED)) {
  test(`refuses ${name}`, () => assertBadInput(() => all(Uint8Array.from(bytes)), pattern));
}

test('refuses values of other types than are wanted', async () => {
  const whole = message(integerField(1, 5));
  await assertBadInput(() => bytesRange(only(whole)), /wire type 0, only bytes/);
  const text = message(textField(1, 'long text'));
  await assertBadInput(() => integerIn(text, only(text)), /wire type 2, only a whole number/);
  await assertBadInput(() => textIn(text, only(text), 8), /has 9 bytes, at most 8/);
  const float = message(floatField(1, 2));
  await assertBadInput(() => [...integersIn(float, only(float))], /wire type 5, only whole numbers/);
  const invalid = message(bytesField(1, Uint8Array.of(0xff, 0xfe)));
  await assertBadInput(() => textIn(invalid, only(invalid), 8), /not UTF-8/);
});

test('a spliced value of another length changes the lengths around it, and nothing else', () => {
  const parts = (value: string) => [
    textField(1, 'before'),
    messageField(
      2,
      integerField(9, 1),
      messageField(5, textField(4, value), floatField(3, 2)),
      textField(1, 'x'),
    ),
    textField(3, 'after'),
  ];
  const file = message(...parts('short'));
  const at = Buffer.from(file).indexOf('short');
  const long = 'a text of more than 127 bytes, so that its length takes two'.repeat(4);
  const range = { begin: at, end: at + 5 };
  const edited = splice(file, [{ range, bytes: new TextEncoder().encode(long) }]);
  assert.equal(edited, message(...parts(long)));
  assert.equal(
    splice(edited, [
      {
        range: { begin: edited.indexOf(97, at), end: edited.indexOf(97, at) + long.length },
        bytes: new TextEncoder().encode('short'),
      },
    ]),
    file,
  );
});

test('several values are spliced at once, in any order, numbers too', () => {
  const parts = (a: number, b: string, c: number) => [
    integerField(1, a),
    messageField(2, textField(1, b), integerField(2, c)),
    integerField(3, 7),
  ];
  const file = message(...parts(5, 'b', 300));
  const [first, inner] = all(file);
  const [text, last] = [...fieldsIn(file, bytesRange(inner!))];
  const edits = [
    { range: last!, bytes: varint(2) },
    { range: first!, bytes: varint(70_000) },
    { range: text!, bytes: new TextEncoder().encode('longer') },
  ];
  assert.equal(splice(file, edits), message(...parts(70_000, 'longer', 2)));
  assert.equal(splice(file, []), file);
});

test.run();
