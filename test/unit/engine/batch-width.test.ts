import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { measureBatchWidth } from '../../../src/engine/batch-width.ts';

/** Takes `secondsOf` as the time of a batch, and records every batch that was tried. */
function timed(secondsOf: (candidates: number) => number) {
  const tried: number[] = [];
  const run = (candidates: number) => {
    tried.push(candidates);
    return Promise.resolve(secondsOf(candidates));
  };
  return { run, tried };
}

test('a device that computes one candidate after the other has a batch width of 1', async () => {
  const { run, tried } = timed((candidates) => candidates);
  assert.is(await measureBatchWidth(run), 1);
  assert.ok(Math.max(...tried) === 2);
});

test('the batch width is the largest power of two that costs about as much as one', async () => {
  // 1 + 1/20 per candidate: 8 take 1.33 times as long as one, 16 take 1.7 times.
  assert.is(await measureBatchWidth(timed((candidates) => 1 + candidates / 20).run), 8);
});

test('if batches take no longer than one candidate, the batch width is 64 or the largest batch', async () => {
  assert.is(await measureBatchWidth(timed(() => 1).run), 64);
  assert.is(await measureBatchWidth(timed(() => 1).run, 20), 16);
  assert.is(await measureBatchWidth(timed(() => 1).run, 1), 1);
});

test('the first run and disturbed runs do not count', async () => {
  let calls = 0;
  // The first run is slow, as if it compiled; every second one is disturbed.
  const { run } = timed((candidates) => (calls++ === 0 ? 100 : candidates + (calls % 2) * 50));
  assert.is(await measureBatchWidth(run), 1);
});

test.run();
