import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluationOf, exceeds, scoreOf } from '../src/score.ts';

const UNITS = 2 ** 20;

test('losses are clamped, rounded to 2^-20 nat and added; the first of equal scores is the answer', () => {
  const logProbabilities = Float32Array.of(-0.3, -2, -0.5, -0.5, -3, -0.125, -Infinity, 0, 1e-3, -5);
  const labels = Uint8Array.of(0, 1, 0, 0, 0);
  const units = new Uint32Array(5);
  const score = scoreOf(logProbabilities, labels, units);
  assert.equal([...units], [314_573, 0.5 * UNITS, 3 * UNITS, 4095 * UNITS, 0]);
  assert.equal(score, { units: 314_573 + 4098.5 * UNITS, correct: 2 });
});

test('a part of the losses is above the limit only if all of them are', () => {
  assert.not(exceeds(3 * UNITS, 4, 0.75));
  assert.ok(exceeds(3 * UNITS + 1, 4, 0.75));
  assert.equal(evaluationOf({ units: 3 * UNITS, correct: 1 }, 4, 0.75), {
    exceeded: false,
    loss: 0.75,
    accuracy: 0.25,
  });
  assert.equal(evaluationOf({ units: 3 * UNITS + 1, correct: 1 }, 4, 0.75), { exceeded: true });
});

test.run();
