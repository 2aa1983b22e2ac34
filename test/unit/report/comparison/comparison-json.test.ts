import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareJson } from '../../../../src/report/comparison/comparison-json.ts';
import { fakeComparison } from './fake-article.ts';

test('JSON reads back as it was and ends its line', () => {
  const comparison = fakeComparison(2);
  const text = compareJson(comparison);
  assert.ok(text.endsWith('}\n'));
  assert.equal(JSON.parse(text), comparison);
});

test('JSON keeps numbers that are not finite, as texts', () => {
  const text = compareJson({ ...fakeComparison(1), seconds: NaN, caps: [Infinity, -Infinity] });
  const read = JSON.parse(text) as { seconds: unknown; caps: unknown };
  assert.is(read.seconds, 'NaN');
  assert.equal(read.caps, ['Infinity', '-Infinity']);
  assert.not.match(text, 'null');
});

test.run();
