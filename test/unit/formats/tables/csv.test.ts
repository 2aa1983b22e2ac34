import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCsv } from '../../../../src/formats/tables/csv.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const parse = (text: string) => parseCsv(Buffer.from(text));

test('numbers, with a header or without, in rows that end in any way', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const plain = parse(['1,2.5,-3', '4,5e-1,+6', ''].join(end));
    assert.equal([plain.header, plain.rows, plain.columns], [undefined, 2, 3]);
    assert.equal([...plain.numbers], [1, 2.5, -3, 4, 0.5, 6]);
    const named = parse(['a,b,c', '', '1,2.5,-3', '4,.5,6'].join(end));
    assert.equal([named.header, named.rows], [['a', 'b', 'c'], 2]);
    assert.equal([...named.numbers], [1, 2.5, -3, 4, 0.5, 6]);
  }
});

test('a first row that has text where the second has text too is no header', () => {
  const { header, numbers, textsOf } = parse('5.1,3.5,setosa\n7,3.2,versicolor\n');
  assert.is(header, undefined);
  assert.equal([...numbers].slice(0, 2), [...Float32Array.of(5.1, 3.5)]);
  assert.ok(Number.isNaN(numbers[2]) && Number.isNaN(numbers[5]));
  assert.equal(textsOf(2), ['setosa', 'versicolor']);
  assert.equal(textsOf(1), ['3.5', '3.2']);
  assert.equal(parse('a,b,kind\n1,2,x').header, ['a', 'b', 'kind']);
});

test('quotes hold delimiters, quotes and line ends', () => {
  const table = parse('"a, b","say ""x""",c\n"1", "2" ,"two\nlines"\n3,"4",""\n');
  assert.equal(table.header, ['a, b', 'say "x"', 'c']);
  assert.equal([...table.numbers].slice(0, 2), [1, 2]);
  assert.equal([...table.numbers].slice(3, 5), [3, 4]);
  assert.equal(table.textsOf(2), ['two\nlines', '']);
});

test('semicolons, tabs and a byte order mark', () => {
  assert.equal([...parse('1;2\n3;4').numbers], [1, 2, 3, 4]);
  assert.equal([...parse('1\t2\n3\t4').numbers], [1, 2, 3, 4]);
  const marked = parse('\ufeffx;"a;b"\n1;2');
  assert.equal(
    [marked.header, [...marked.numbers]],
    [
      ['x', 'a;b'],
      [1, 2],
    ],
  );
});

test('what is no number is none: empty fields, names of infinity, hexadecimals', () => {
  const { numbers } = parse('0,0,0,0,0\n,inf,nan,0x10,1e');
  assert.equal(
    [...numbers].map((value) => Number.isNaN(value)),
    [false, false, false, false, false, true, true, true, true, true],
  );
  // Sixteen digits are still rounded as a number of text is.
  assert.is(parse('9007199254740993').numbers[0], Math.fround(2 ** 53));
});

test('damaged tables are refused', async () => {
  for (const [text, pattern] of [
    ['', /no rows/],
    ['\n\n', /no rows/],
    ['1,2\n3', /^row 2 of the CSV file has 1 fields, the first has 2$/],
    ['a,b\n1,2\n3,4,5', /^row 3 of the CSV file has more than 2 fields, the first has 2$/],
    ['1,2\n3,"4', /ends within quotes/],
    ['1,"2"x\n', /text behind the quotes of "2"/],
    [`1,${'9'.repeat(70_000)}\n`, /field of more than 65536 bytes/],
  ] as const)
    await assertBadInput(() => parse(text), pattern);
});

test('a long field that is almost a number takes no time', async () => {
  const start = performance.now();
  await assertBadInput(() => parse(`1,2\n${`${'1'.repeat(60_000)}x,2\n`.repeat(50)}3`), /row 52/);
  assert.ok(performance.now() - start < 2000);
});

test.run();
