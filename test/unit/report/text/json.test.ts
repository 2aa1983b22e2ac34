import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonText } from '../../../../src/report/text/json.ts';
import { fakePaper } from '../comparison/fake-paper.ts';
import { fakeTuned } from '../comparison/fake-tuned.ts';

test('JSON reads back as it was and ends its line', () => {
  for (const comparison of [fakePaper(2), fakeTuned(2, 2)]) {
    const text = jsonText(comparison);
    assert.ok(text.endsWith('}\n'));
    assert.equal(JSON.parse(text), comparison);
  }
});

test('JSON keeps numbers that are not finite, as texts', () => {
  const text = jsonText({ ...fakePaper(1), seconds: NaN, caps: [Infinity, -Infinity] });
  const read = JSON.parse(text) as { seconds: unknown; caps: unknown };
  assert.is(read.seconds, 'NaN');
  assert.equal(read.caps, ['Infinity', '-Infinity']);
  assert.not.match(text, 'null');
});

test.run();
