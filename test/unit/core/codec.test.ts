import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  badStored,
  boolean,
  checked,
  finiteNumber,
  fraction,
  listOf,
  nullable,
  orInfinity,
  positiveNumber,
  record,
  sha256Hex,
  tupleOf,
  wholeNumber,
  type Codec,
} from '../../../src/core/codec.ts';
import type { MasksearchError } from '../../../src/core/error.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const pair = record<{ a: number; b: boolean | undefined }, { a: number; b: boolean | null }>({
  a: wholeNumber(),
  b: nullable(boolean),
});

interface Case {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly mustBe: string;
  /** Each with what it is stored as. */
  readonly allowed: readonly (readonly [value: unknown, stored?: unknown])[];
  readonly refused: readonly unknown[];
}

const caseOf = <Value, Stored>(
  name: string,
  codec: Codec<Value, Stored>,
  mustBe: string,
  allowed: readonly (readonly [value: Value, stored?: Stored])[],
  refused: readonly unknown[],
): Case => ({ name, codec: codec as unknown as Codec<unknown>, mustBe, allowed, refused });

/** No codec takes these. */
const NOTHING = [undefined, NaN, -Infinity, 'zz', {}, () => 1, Symbol('s')];

const WHOLE = 'a whole number from 0 to 9007199254740991';
const SHARE = 'a finite number of at least 0 and of at most 1';
const hex = '0'.repeat(64);
const [empty, notEmpty] = [
  { a: 1, b: undefined },
  { a: 1, b: null },
];
const digits = tupleOf([wholeNumber(0, 1), wholeNumber(5, 6)]);
const cases: readonly Case[] = [
  caseOf('whole', wholeNumber(), WHOLE, [[0], [2 ** 53 - 1]], [-1, 1.5, 2 ** 53, '1', null, true, []]),
  caseOf('whole in a range', wholeNumber(-1, 3), 'a whole number from -1 to 3', [[-1], [3]], [-2, 4, 0.5]),
  caseOf('one number', wholeNumber(2, 2), '2', [[2]], [1, 3]),
  caseOf('finite', finiteNumber(), 'a finite number', [[-1e308], [5e-324]], [Infinity, '1', null, [1]]),
  caseOf('at least', finiteNumber(0), 'a finite number of at least 0', [[0], [1e308]], [-5e-324, Infinity]),
  caseOf(
    'in a range',
    finiteNumber(1, 2),
    'a finite number of at least 1 and of at most 2',
    [[1], [2]],
    [0.9, 2.1],
  ),
  caseOf('positive', positiveNumber, 'a finite number above 0', [[5e-324], [1e308]], [0, -1, Infinity, null]),
  caseOf('fraction', fraction, SHARE, [[0], [1]], [-0.1, 1.1]),
  caseOf('boolean', boolean, 'true or false', [[true], [false]], [0, 1, null, 'true']),
  caseOf(
    'sha256',
    sha256Hex,
    '64 hexadecimal digits',
    [[hex]],
    [`${hex}0`, hex.slice(1), 'G'.repeat(64), 'A'.repeat(64), null],
  ),
  caseOf(
    'nullable',
    nullable(wholeNumber(1)),
    'a whole number from 1 to 9007199254740991',
    [[undefined, null], [1]],
    [0, '1', []],
  ),
  caseOf(
    'or infinity',
    orInfinity(finiteNumber(0)),
    'a finite number of at least 0',
    [[Infinity, null], [1]],
    [Infinity, -1, '1'],
  ),
  caseOf(
    'list',
    listOf(nullable(boolean), 1, 2),
    'a list of 1 to 2',
    [
      [[true]],
      [
        [false, undefined],
        [false, null],
      ],
    ],
    [[], [true, true, true], null, 'ab', { length: 1 }],
  ),
  caseOf('list of a length', listOf(boolean, 2, 2), 'a list of 2', [[[true, true]]], [[], [true]]),
  caseOf('open list', listOf(boolean, 1), 'a list of at least 1', [[[true, true, false]]], [[]]),
  caseOf('tuple', digits, 'a list of 2', [[[1, 6]]], [[1], [1, 6, 6], null]),
  caseOf('record', pair, 'an object with a, b', [[empty, notEmpty]], [null, [], 1]),
];

for (const { name, codec, allowed, refused, mustBe } of cases) {
  test(`${name}: what is allowed comes back, all else is refused`, async () => {
    for (const [value, stored = value] of allowed) {
      assert.equal(codec.encode(value), stored);
      assert.equal(codec.decode(stored, 'x'), value);
    }
    for (const wrong of [...refused, ...NOTHING]) {
      if (name === 'record' && typeof wrong === 'object' && wrong && !Array.isArray(wrong)) continue;
      await assertBadInput(() => codec.decode(wrong, 'x'), /^x is .+ but must be .+/);
      try {
        codec.decode(wrong, 'x');
      } catch (error) {
        assert.ok((error as MasksearchError).message.endsWith(` but must be ${mustBe}`), String(error));
      }
    }
  });
}

test('the error names the path of the field and the value found', async () => {
  const codec = record<
    { list: readonly { a: number; b: boolean | undefined }[] },
    { list: readonly { a: number; b: boolean | null }[] }
  >({ list: listOf(pair) });
  const messageFor = (stored: unknown) => {
    try {
      codec.decode(stored, 'file');
    } catch (error) {
      return (error as MasksearchError).message;
    }
    return 'nothing was refused';
  };
  const good = { a: 1, b: null };
  assert.is(messageFor({ list: [good, { ...good, b: 3 }] }), 'file.list[1].b is 3 but must be true or false');
  assert.match(messageFor({ list: [{ b: null }] }), /^file\.list\[0\]\.a is missing but must be /);
  assert.match(messageFor({ list: [{ ...good, a: 'one' }] }), /^file\.list\[0\]\.a is "one" but /);
  const long = messageFor({ list: [{ ...good, a: 'x'.repeat(5000) }] });
  assert.match(long, /\.a is a string of 5000 characters but /);
  assert.match(messageFor({ list: [{ ...good, a: [1, 2] }] }), /\.a is a list of 2 but /);
  const emptyList = /^file\.list\[0\] is a list of 0 but must be an object with a, b$/;
  assert.match(messageFor({ list: [[]] }), emptyList);
  assert.match(messageFor([]), /^file is a list of 0 but must be an object with list$/);
  assert.match(messageFor({}), /^file\.list is missing but must be a list of at least 0$/);
  await assertBadInput(() => codec.decode({}, 'file'), /file/);
});

test('fields that a record does not know are left out', () => {
  assert.equal(pair.decode({ a: 1, b: true, c: 2 }, 'x'), { a: 1, b: true });
});

test('fields that must fit each other are checked after each of them', async () => {
  const range = record<{ low: number; high: number }, { low: number; high: number }>({
    low: wholeNumber(),
    high: wholeNumber(),
  });
  const rising = checked(range, ({ low, high }, path) => {
    if (high < low) throw badStored(`${path}.high`, high, `at least ${low}`);
  });
  assert.equal(rising.decode(rising.encode({ low: 1, high: 2 }), 'x'), { low: 1, high: 2 });
  await assertBadInput(
    () => rising.decode({ low: 3, high: 2 }, 'x'),
    /^x\.high is 2 but must be at least 3$/,
  );
  await assertBadInput(() => rising.decode({ low: -1, high: -2 }, 'x'), /^x\.low is -1 /);
});

test.run();
