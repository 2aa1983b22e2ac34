import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { measureBatchWidth } from '../../../src/engine/batch-width.ts';

/** The time of a batch, and every size that was tried. */
function timed(secondsOf: (candidates: number) => number) {
  const tried: number[] = [];
  const run = (candidates: number) => {
    tried.push(candidates);
    return Promise.resolve(secondsOf(candidates));
  };
  return { run, tried };
}

test('a device that takes as much time for each candidate is 1 wide', async () => {
  const { run, tried } = timed((candidates) => candidates);
  assert.is(await measureBatchWidth(run), 1);
  assert.ok(Math.max(...tried) === 2);
});

test('the batch width is the largest power of two that costs about as much as one', async () => {
  // 1 + 1/20 per candidate: 8 take 1.33 times as long as one, 16 take 1.7 times.
  assert.is(await measureBatchWidth(timed((candidates) => 1 + candidates / 20).run), 8);
});

test('a device that does not notice is 64 wide, or as wide as a batch may be', async () => {
  assert.is(await measureBatchWidth(timed(() => 1).run), 64);
  assert.is(await measureBatchWidth(timed(() => 1).run, 20), 16);
  assert.is(await measureBatchWidth(timed(() => 1).run, 1), 1);
});

test('the first run, and one that was disturbed, do not count', async () => {
  let calls = 0;
  // Compiling makes the first slow; every other one is disturbed.
  const { run } = timed((candidates) => (calls++ === 0 ? 100 : candidates + (calls % 2) * 50));
  assert.is(await measureBatchWidth(run), 1);
});

test.run();
