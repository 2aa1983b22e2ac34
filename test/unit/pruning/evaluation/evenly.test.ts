import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evenly } from '../../../../src/pruning/evaluation/evenly.ts';

test('few items stay all', () => {
  assert.equal(evenly([], 3), []);
  assert.equal(evenly([1, 2, 3], 3), [1, 2, 3]);
});

test('of many items some are left, evenly spaced, with both ends, and none twice', () => {
  assert.equal(evenly([0, 1, 2, 3, 4, 5, 6], 3), [0, 3, 6]);
  assert.equal(evenly([0, 1, 2, 3], 3), [0, 2, 3]);
  assert.equal(evenly([0, 1, 2, 3, 4, 5, 6, 7, 8], 2), [0, 8]);
});

test.run();
