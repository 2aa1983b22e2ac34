import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TunedComparison, TunedRun } from '../../../../../src/report/comparison/comparison.ts';
import {
  bestBaseline,
  DROPS,
  evaluationsToReach,
  evaluationsUntil,
  sparsityAtDrop,
} from '../../../../../src/report/comparison/tuned/reach.ts';
import { BASELINE_NAMES } from '../../../../../src/report/text/words.ts';
import { fakeTuned } from '../fake-tuned.ts';

/** Points of a curve: sparsity, and what is lost of an accuracy of 0.95, in percentage points. */
function curve(...points: readonly (readonly [sparsity: number, lost: number])[]) {
  return points.map(([sparsity, lost]) => ({ sparsity, accuracy: 0.95 - lost / 100 }));
}

function assertSparsity(points: ReturnType<typeof curve>, drop: number, expected: number): void {
  const found = sparsityAtDrop(points, 0.95, drop);
  assert.ok(Math.abs(found - expected) < 1e-9, `${found}, not ${expected}`);
}

test('a sparsity between two points is interpolated', () => {
  assertSparsity(curve([0.5, 0], [0.6, 2], [0.7, 6]), 1, 0.55);
  assertSparsity(curve([0.5, 0], [0.6, 2], [0.7, 6]), 5, 0.675);
});

test('before the first point it is interpolated from the unpruned network', () => {
  assertSparsity(curve([0.1, 4], [0.2, 8]), 1, 0.025);
});

test('of several crossings the sparsest counts, a gain in between included', () => {
  assertSparsity(curve([0.5, 3], [0.6, 0.5], [0.7, 4.5]), 1, 0.6125);
  assertSparsity(curve([0.5, -1], [0.6, 3]), 1, 0.55);
});

test('a curve that ends within the drop reaches its last point, and nothing beyond', () => {
  assertSparsity(curve([0.5, 0], [0.95, 0.9]), 1, 0.95);
  assertSparsity(curve(), 1, 0);
});

test('exactly so much of a drop is within it, whatever rounding makes of it', () => {
  for (const drop of DROPS) assertSparsity(curve([0.5, 9], [0.6, drop], [0.7, 90]), drop, 0.6);
});

test('the best baseline is that which is sparsest within the drop', () => {
  const [split] = fakeTuned(1, 1).splits;
  for (const drop of DROPS) {
    const { baseline, sparsity } = bestBaseline(split!, BASELINE_NAMES, drop);
    assert.is(baseline, 'magnitude-global');
    assert.ok(Math.abs(sparsity - (0.7 + drop / 100)) < 1e-9, `${drop}: ${sparsity}`);
  }
});

/** A run whose current state was validated at these points. */
const runWith = (
  ...points: readonly (readonly [evaluations: number, sparsity: number, accuracy: number])[]
): Pick<TunedRun, 'validationPoints'> => ({
  validationPoints: points.map(([evaluations, sparsity, accuracy]) => ({
    evaluations,
    sparsity,
    tuning: { loss: 0, accuracy: 1 },
    validation: { loss: 0.1, accuracy },
  })),
});

test('a search has reached a sparsity with the first validation that is sparse enough and loses no more', () => {
  const run = runWith([10, 0.9, 0.9], [20, 0.69, 0.97], [30, 0.7, 0.96], [40, 0.9, 0.97]);
  const until = (sparsity: number, drop: number) => evaluationsUntil(run, 0.97, sparsity, drop);
  assert.is(until(0.7, 1), 30);
  assert.is(until(0.7, 0.5), 40);
  assert.is(until(0.7, 7), 10);
  assert.is(until(0.5, 0.5), 20);
  assert.is(until(0.95, 7), undefined);
  assert.is(evaluationsUntil(runWith(), 0.97, 0.1, 5), undefined);
});

test('evaluations are means of the runs that reached it, each compared with its own split', () => {
  const reach = evaluationsToReach(fakeTuned(3, 2));
  assert.equal(
    reach.map(({ weights, drop, evaluations, missed, runs }) => [weights, drop, evaluations, missed, runs]),
    [
      // At 0.705 the second validation loses a point too many; the third is too late.
      ['frozen', 0.5, undefined, 6, 6],
      ['frozen', 1, 250, 0, 6],
      // At 0.72 only the third is sparse enough, and loses too much.
      ['frozen', 2, undefined, 6, 6],
      // Of the third split it loses 6 points.
      ['frozen', 5, 900, 2, 6],
      // Far beyond what the validations saw.
      ...DROPS.map((drop) => ['repaired', drop, undefined, 6, 6] as const),
    ],
  );
  for (const { weights, drop, sparsity, baselines } of reach) {
    const [knee, baseline] = weights === 'frozen' ? [0.7, 'magnitude-global'] : [0.9, 'obs-rounds'];
    assert.ok(Math.abs(sparsity - (knee + drop / 100)) < 1e-9);
    assert.equal(baselines, [baseline]);
  }
});

test('a split whose baselines are better asks more of its own runs alone', () => {
  const whole = fakeTuned(2, 1);
  const [first, second] = whole.splits;
  const flat = second!.curves.map((point) => ({ ...point, test: second!.unpruned.test }));
  const comparison: TunedComparison = { ...whole, splits: [first!, { ...second!, curves: flat }] };
  const [, one] = evaluationsToReach(comparison);
  assert.equal([one!.evaluations, one!.missed], [200, 1]);
  assert.ok(Math.abs(one!.sparsity - (0.71 + 0.95) / 2) < 1e-9);
  // All are equal at 0.95: the first of them is named.
  assert.equal(one!.baselines, ['magnitude-global', 'random']);
});

test.run();
