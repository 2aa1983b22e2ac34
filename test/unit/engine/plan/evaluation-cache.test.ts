import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EvaluationCache } from '../../../../src/engine/plan/evaluation-cache.ts';
import { masksOf } from './lenet5.ts';

const stateOf = (...numbers: number[]) => ({ masks: masksOf(...numbers) });

const sum = (units: number) => ({ units, correct: 0 });

test('the last few sums are found by the value of their masks; the oldest is dropped first', () => {
  const cache = new EvaluationCache(2);
  const states = [1, 2, 3].map((number) => stateOf(1, number));
  cache.add(states[0]!, sum(10));
  cache.add(states[1]!, sum(20));
  cache.add(stateOf(1, 1), sum(10));
  assert.equal(cache.find(stateOf(1, 1)), sum(10));
  assert.equal(cache.find(stateOf(1, 2)), sum(20));
  assert.is(cache.find(stateOf(2, 1)), undefined);
  cache.add(states[2]!, sum(30));
  assert.is(cache.find(stateOf(1, 1)), undefined);
  assert.equal(cache.find(stateOf(1, 2)), sum(20));
  assert.equal(cache.find(stateOf(1, 3)), sum(30));
});

test.run();
