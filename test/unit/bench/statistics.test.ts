import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { summarize } from '../../../src/bench/statistics.ts';
import { sampleTimes } from '../../../src/bench/timing.ts';

test('median, minimum and 95th percentile', () => {
  assert.equal(summarize([3]), { median: 3, min: 3, p95: 3 });
  assert.equal(summarize([5, 1, 3]), { median: 3, min: 1, p95: 5 });
  assert.equal(summarize([4, 1, 3, 2]), { median: 2.5, min: 1, p95: 4 });
  const twenty = Array.from({ length: 20 }, (_, i) => 20 - i);
  assert.equal(summarize(twenty), { median: 10.5, min: 1, p95: 19 });
  assert.is(summarize([...twenty, 21]).p95, 20);
  assert.is(twenty[0], 20, 'the samples were sorted in place');
  assert.throws(() => summarize([]), /no samples/);
});

/** A device on which one run takes `perRun` seconds, by a clock with steps of `step` seconds. */
function device(perRun: number, step = 0) {
  const asked: number[] = [];
  const time = (runs: number) => {
    asked.push(runs);
    const seconds = perRun * runs;
    return Promise.resolve(step ? Math.floor(seconds / step) * step : seconds);
  };
  return { asked, time };
}

test('a sample of a long run is one run', async () => {
  const slow = device(0.5);
  assert.equal(await sampleTimes(slow, 3), [0.5, 0.5, 0.5]);
  assert.equal(slow.asked, [1, 1, 1]);
});

test('a sample of a short run is many runs, long compared with the steps of the clock', async () => {
  const quick = device(1e-4, 65.536e-6);
  const samples = await sampleTimes(quick, 5);
  assert.is(samples.length, 5);
  const runs = quick.asked.at(-1)!;
  assert.ok(runs * 1e-4 >= 0.01 && runs <= 256, `${runs}`);
  for (const sample of samples) assert.ok(Math.abs(sample / 1e-4 - 1) < 0.01, `${sample}`);
});

test('runs that are shorter than the clock can measure end too', async () => {
  const none = device(0);
  assert.equal(await sampleTimes(none, 2), [0, 0]);
  assert.is(none.asked.at(-1), 1024);
});

test.run();
