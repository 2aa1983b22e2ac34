import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TunedComparison } from '../../../../../src/report/comparison/comparison.ts';
import { splitOf } from '../../../../../src/report/comparison/figures.ts';
import { meanInterval } from '../../../../../src/report/comparison/statistics.ts';
import {
  intervalBasis,
  pairedDifferences,
  testDrop,
  tunedSummary,
} from '../../../../../src/report/comparison/tuned/differences.ts';
import { TUNED_BASELINE_NAMES } from '../../../../../src/report/text/words.ts';
import { BEHIND, fakeTuned } from '../fake-tuned.ts';

function assertNear(found: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(found - expected) <= tolerance, `${found}, not ${expected}`);
}

test('the drop of a run is that to the unpruned network of its split, in percentage points', () => {
  const comparison = fakeTuned(3, 2);
  const drops = comparison.runs.map((run) => testDrop(comparison, run));
  [1, 1.5, 0.5, 1, 1, 2].forEach((drop, i) => assertNear(drops[i]!, drop));
});

test('means and sample standard deviations are over all runs', () => {
  const { sparsity, drop } = tunedSummary(fakeTuned(3, 2));
  assertNear(sparsity.mean, 0.85);
  // (0.05² + 0.03² + 0.01²) · 2 / 5
  assertNear(sparsity.deviation, Math.sqrt(0.0014));
  assertNear(drop.mean, 7 / 6);
  assertNear(drop.deviation, Math.sqrt((1 + 2.25 + 0.25 + 1 + 1 + 4 - 49 / 6) / 5));
});

test('with several splits the interval is over their means', () => {
  const comparison = fakeTuned(3, 2);
  assert.is(intervalBasis(comparison), 'splits');
  const differences = pairedDifferences(comparison);
  const names = differences.map(({ baseline }) => baseline);
  assert.equal(names, [...TUNED_BASELINE_NAMES]);
  for (const { baseline, mean, interval } of differences) {
    // The splits' means are 0.5, 1.5 and 2.5 above what the baseline is behind: deviation 1, t of 2 degrees 4.302653.
    assertNear(mean, BEHIND[baseline] + 1.5);
    assertNear(interval!.low, mean - 4.302653 / Math.sqrt(3), 1e-6);
    assertNear(interval!.high, mean + 4.302653 / Math.sqrt(3), 1e-6);
  }
});

test('a split with more runs than another counts as much', () => {
  const whole = fakeTuned(2, 2);
  const comparison: TunedComparison = { ...whole, runs: whole.runs.slice(0, 3) };
  const global = pairedDifferences(comparison).find(({ baseline }) => baseline === 'magnitude-global')!;
  // 2 and 3 of the first split, 3 of the second.
  assertNear(global.mean, (2.5 + 3) / 2);
});

test('with a single split the interval is over the seeds', () => {
  const comparison = fakeTuned(1, 2);
  assert.is(intervalBasis(comparison), 'seeds');
  const wanda = pairedDifferences(comparison).find(({ baseline }) => baseline === 'wanda')!;
  // -1 and 0: deviation √½, t of 1 degree 12.706205.
  assertNear(wanda.mean, -0.5);
  assertNear(wanda.interval!.low, -0.5 - 12.706205 / 2, 1e-5);
  assertNear(wanda.interval!.high, -0.5 + 12.706205 / 2, 1e-5);
});

test('a single run has a difference but no interval', () => {
  for (const { baseline, mean, interval } of pairedDifferences(fakeTuned(1, 1))) {
    assertNear(mean, BEHIND[baseline]);
    assert.is(interval, undefined);
  }
  assert.is(meanInterval([]), undefined);
  assert.equal(meanInterval([2, 2]), { low: 2, high: 2 });
});

test('a run on a split that is not there is an error of the program', () => {
  const { splits } = fakeTuned(2, 1);
  assert.throws(() => splitOf({ splits }, { splitSeed: '3' }), /no split 3/);
});

test.run();
