import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Solution } from '../../../../src/search/contract.ts';
import { maskFromBytes, sparsityOf } from '../../../../src/core/mask.ts';
import { Front, frontCodec, withSolution, type FrontSolutions } from '../../../../src/search/tuned/front.ts';
import { problemOf } from '../../../helpers/search/synthetic-evaluator.ts';
import { assertSameSolution, throughJson } from '../../../helpers/search/drive-search.ts';

/** Five weights to a step of sparsity. */
const WEIGHTS = 1000;
const problem = problemOf([WEIGHTS]);

function stateOf(zeros: number, loss: number, accuracy = 0.5): Solution {
  const masks = [maskFromBytes(Array.from({ length: WEIGHTS }, (_, i) => (i < zeros ? 0 : 1)))];
  return { masks, loss, accuracy, cost: loss + 1, sparsity: sparsityOf(masks) };
}

function frontOf(...states: readonly (readonly [zeros: number, loss: number])[]): Front {
  const front = new Front();
  for (const [zeros, loss] of states) front.add(stateOf(zeros, loss));
  return front;
}

const pointsOf = (front: Front) =>
  front.points.map(({ sparsity, loss }) => [Math.round(sparsity.global * WEIGHTS), loss]);

test('a front begins empty', () => {
  assert.equal(new Front().points, []);
});

test('within half a per cent the lowest loss stays, then the sparser', () => {
  assert.equal(pointsOf(frontOf([300, 0.2], [304, 0.3])), [[300, 0.2]]);
  assert.equal(pointsOf(frontOf([304, 0.3], [300, 0.2])), [[300, 0.2]]);
  assert.equal(pointsOf(frontOf([300, 0.2], [304, 0.2])), [[304, 0.2]]);
  assert.equal(pointsOf(frontOf([304, 0.2], [300, 0.2])), [[304, 0.2]]);
  // The next step.
  assert.equal(pointsOf(frontOf([304, 0.2], [305, 0.3])).length, 2);
});

test('of equal states the first stays', () => {
  const front = new Front();
  const first = stateOf(300, 0.2, 0.9);
  front.add(first);
  front.add(stateOf(300, 0.2, 0.8));
  assert.is(front.points[0], first);
});

test('of many states exactly those stay that none dominates, in steps', () => {
  const random = seedrandom.alea('front');
  for (let round = 0; round < 20; round++) {
    const states = Array.from({ length: 60 }, () => {
      const zeros = Math.floor(random() * 1001);
      // Some losses are equal.
      return [zeros, Math.round(20 * (zeros / 1000 + random())) / 20] as const;
    });
    const stepOf = (zeros: number) => Math.floor((zeros / WEIGHTS) * 200);
    // One of each step, then those that no other one dominates.
    const steps = states.filter(
      ([zeros, loss], i) =>
        !states.some(
          ([z, l], j) =>
            stepOf(z) === stepOf(zeros) &&
            (l < loss || (l === loss && (z > zeros || (z === zeros && j < i)))),
        ),
    );
    const expected = steps
      .filter(([zeros, loss]) => !steps.some(([z, l]) => z > zeros && l <= loss))
      .sort(([a], [b]) => a - b);
    assert.ok(expected.length > 1 && expected.length < steps.length);
    assert.equal(pointsOf(frontOf(...states)), expected);
  }
});

test('a front comes back from JSON, dominated solutions of other steps included', () => {
  const random = seedrandom.alea('stored front');
  const { encode, decode } = frontCodec(problem);
  const solutions = Array.from({ length: 100 }, () => {
    const zeros = Math.floor(random() * 1001);
    return stateOf(zeros, zeros / 1000 + random.double(), random.double());
  });
  const front = solutions.reduce(withSolution, new Map<number, Solution>() as FrontSolutions);
  const restored = decode(throughJson(encode(front)), 'front');
  assert.equal([...restored.keys()], [...front.keys()]);
  for (const [step, solution] of restored) assertSameSolution(solution, front.get(step), `step ${step}`);
});

test('a solution that is no better leaves the front as it is, another makes a new one', () => {
  const front = withSolution(new Map(), stateOf(300, 0.2));
  assert.is(withSolution(front, stateOf(304, 0.3)), front);
  assert.is.not(withSolution(front, stateOf(304, 0.1)), front);
  assert.is(front.get(60)!.loss, 0.2);
});

test.run();
