import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Progress } from '../../../src/search/contract.ts';
import { Speculator } from '../../../src/search/speculation.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const at = (proposals: number, accepted: number) => ({ proposals, accepted }) as Progress;

/** A speculator that has seen rounds of so many proposals and acceptances. */
function after(rounds: readonly (readonly [number, number])[]): Speculator {
  const speculator = new Speculator(true);
  let [proposals, accepted] = [0, 0];
  for (const [more, ofThem] of rounds) {
    speculator.learn(at(proposals, accepted), at((proposals += more), (accepted += ofThem)), 64, 64);
  }
  return speculator;
}

test('on a device that is one wide, one at a time', () => {
  assert.is(after([[500, 2]]).next({ batchWidth: 1 }), 1);
  assert.is(after([[500, 2]]).next({ batchWidth: 1.9 }), 1);
});

test('as many as are rejected between two acceptances, as far as the device is wide', () => {
  // One in twelve, for long.
  const rounds = Array.from({ length: 100 }, () => [12, 1] as const);
  assert.is(after(rounds).next({ batchWidth: 64 }), 12);
  assert.is(after(rounds).next({ batchWidth: 8 }), 8);
  assert.is(after(Array.from({ length: 500 }, () => [64, 0] as const)).next({ batchWidth: 64 }), 64);
  assert.is(after(Array.from({ length: 500 }, () => [1, 1] as const)).next({ batchWidth: 64 }), 1);
});

test('it follows the rate, by the number of proposals and not of rounds', () => {
  const oneByOne = after(Array.from({ length: 60 }, (_, i) => [1, i < 30 ? 1 : 0] as const));
  const many = after([
    [30, 30],
    [30, 0],
  ]);
  assert.is(oneByOne.next({ batchWidth: 64 }), many.next({ batchWidth: 64 }));
  assert.ok(many.next({ batchWidth: 64 }) > after([[30, 30]]).next({ batchWidth: 64 }));
});

test('the batch width is not asked for before a proposal was seen, nor by a search that brings its own number', () => {
  const unasked = {
    get batchWidth(): number {
      throw new Error('the batch width is asked for');
    },
  };
  assert.is(after([]).next(unasked), 1);
  assert.is(after([[0, 0]]).next(unasked), 1);
  const population = new Speculator(true);
  population.learn(at(0, 0), at(12, 5), 1, 12);
  assert.is(population.next(unasked), 1);
  assert.is(new Speculator(false).next(unasked), 1);
  assert.is(new Speculator(4).next(unasked), 4);
});

test('off, and a fixed number whatever the batch width', () => {
  assert.is(new Speculator(false).next({ batchWidth: 64 }), 1);
  assert.is(new Speculator(16).next({ batchWidth: 1 }), 16);
});

test('a number below 1, or not whole, is refused', async () => {
  for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
    await assertBadInput(() => new Speculator(wrong), /speculation is/);
  }
});

test.run();
