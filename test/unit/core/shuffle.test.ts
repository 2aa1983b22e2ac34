import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { randomStream } from '../../../src/core/random.ts';
import { drawWithoutReplacement, shuffledIndices, type DrawBelow } from '../../../src/core/shuffle.ts';

/** Draws these numbers in turn; `bounds` notes what each had to be below. */
function scripted(numbers: readonly number[], bounds: number[]): DrawBelow {
  return (bound) => numbers[bounds.push(bound) - 1]!;
}

const belowOf = (...key: readonly (string | number)[]): DrawBelow => {
  const random = randomStream('shuffle', ...key);
  return (bound) => Math.floor(random.double() * bound);
};

test('a shuffle swaps the last place first, and draws nothing for the first', () => {
  const bounds: number[] = [];
  assert.equal([...shuffledIndices(5, scripted([1, 0, 2, 1], bounds))], [3, 4, 2, 0, 1]);
  assert.equal(bounds, [5, 4, 3, 2]);
  for (const count of [0, 1]) {
    assert.equal([...shuffledIndices(count, scripted([], bounds))], count === 0 ? [] : [0]);
  }
  assert.is(bounds.length, 4);
});

test('a draw without replacement swaps the first place first, and draws for every number', () => {
  const bounds: number[] = [];
  assert.equal(drawWithoutReplacement(3, 5, scripted([4, 0, 2], bounds)), [4, 1, 0]);
  assert.equal(bounds, [5, 4, 3]);
  assert.equal(drawWithoutReplacement(1, 1, scripted([0, 0, 0, 0], bounds)), [0]);
  assert.equal(drawWithoutReplacement(0, 3, scripted([], bounds)), []);
  assert.equal(bounds, [5, 4, 3, 1]);
});

test('every order and every choice is equally likely', () => {
  const trials = 24_000;
  const draws: readonly (readonly [
    name: string,
    outcomes: number,
    draw: (trial: number) => Iterable<number>,
  ])[] = [
    ['an order of 4', 24, (trial) => shuffledIndices(4, belowOf('order', trial))],
    ...(
      [
        [1, 7, 7],
        [2, 5, 20],
        [4, 4, 24],
      ] as const
    ).map(
      ([count, end, outcomes]) =>
        [
          `${count} of ${end}`,
          outcomes,
          (trial: number) => drawWithoutReplacement(count, end, belowOf(count, trial)),
        ] as const,
    ),
  ];
  for (const [name, outcomes, draw] of draws) {
    const seen = new Map<string, number>();
    for (let trial = 0; trial < trials; trial++) {
      const numbers = [...draw(trial)];
      assert.is(new Set(numbers).size, numbers.length, `${name}: each number at most once`);
      const key = numbers.join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    assert.is(seen.size, outcomes, name);
    const deviation = Math.sqrt((trials / outcomes) * (1 - 1 / outcomes));
    for (const [key, times] of seen) {
      // One of the 75 counts is 4.5 deviations off once in 1,900 choices of the key.
      assert.ok(Math.abs(times - trials / outcomes) < 4.5 * deviation, `${name}: ${key} came ${times} times`);
    }
  }
});

test.run();
