import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { everyNth } from '../../helpers/sample.ts';

const rows = Array.from({ length: 9 }, (_, i) => i);

test('a sample takes one of each group of rows, at another place in each', () => {
  assert.equal(everyNth(rows, 3, 0), [0, 5, 7]);
  assert.equal(everyNth(rows, 3, 1), [1, 3, 8]);
});

test('samples from each first row together are all rows', () => {
  const seen = [0, 1, 2].flatMap((first) => everyNth(rows, 3, first));
  assert.equal(
    seen.sort((a, b) => a - b),
    rows,
  );
});

test.run();
