import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { randomStream, type RandomStream } from '../../../src/core/random.ts';

const take = (stream: () => number, count: number) => Array.from({ length: count }, () => stream());

/** Streams that differ only in one part of the key, which counts up. */
const neighbours: Record<string, (i: number) => RandomStream> = {
  steps: (i) => randomStream('1', 'simulated annealing', 0, i),
  layers: (i) => randomStream('1', 'simulated annealing', i, 0),
  seeds: (i) => randomStream(String(i), 'simulated annealing', 0, 0),
  'steps of a later layer and another seed': (i) => randomStream('a seed', 'simulated annealing', 4, i),
};
const draws: Record<string, (stream: RandomStream) => number> = {
  'first number': (stream) => stream(),
  'first double': (stream) => stream.double(),
  'second number': (stream) => take(stream, 2)[1]!,
  'number after a double': (stream) => {
    stream.double();
    return stream();
  },
  'hundredth number': (stream) => take(stream, 100)[99]!,
};
const keys = 10_000;
const samples = Object.entries(neighbours).flatMap(([over, streamOf]) =>
  Object.entries(draws).map(([draw, drawFrom]) => ({
    label: `${draw}, neighbouring ${over}`,
    values: Array.from({ length: keys }, (_, i) => drawFrom(streamOf(i))),
  })),
);

/** sqrt(n) times the largest distance between the distribution function of `values` and the uniform one. */
function kolmogorovSmirnov(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  let largest = 0;
  sorted.forEach((x, i) => (largest = Math.max(largest, x - i / n, (i + 1) / n - x)));
  return largest * Math.sqrt(n);
}

/** Chi-square of counts against equal expectations, in standard deviations above its mean. */
function chiSquare(counts: Float64Array): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

/** Correlation of paired values that are uniform in [0, 1): normal with deviation 1 if they are independent. */
function correlation(pairs: readonly (readonly [number, number])[]): number {
  const sum = pairs.reduce((total, [a, b]) => total + (a - 0.5) * (b - 0.5), 0);
  return sum / Math.sqrt(pairs.length / 144); // Each product has mean 0 and variance (1/12)^2.
}

/** Pairs of values whose keys are `lag` apart. */
const pairsOf = (values: readonly number[], lag: number) =>
  values.slice(lag).map((value, i) => [values[i]!, value] as const);

test('the same seed and key give the same numbers, with 32 and with 53 bits', () => {
  for (const draw of [(s: RandomStream) => s(), (s: RandomStream) => s.double()]) {
    const [a, b] = [randomStream('7', 'x', 1, 2), randomStream('7', 'x', 1, 2)];
    const expected = Array.from({ length: 1_000 }, () => draw(a));
    const different = expected.findIndex((value) => value !== draw(b));
    assert.is(different, -1);
    assert.ok(new Set(expected).size > 990);
  }
});

test('two streams drawn from in turn do not disturb each other', () => {
  const [a, b] = [randomStream('7', 'a'), randomStream('7', 'b')];
  const mixed = Array.from({ length: 100 }, () => [a(), b()] as const);
  const [alone, other] = [take(randomStream('7', 'a'), 100), take(randomStream('7', 'b'), 100)];
  assert.ok(mixed.every(([x, y], i) => x === alone[i] && y === other[i]));
});

test('numbers are in [0, 1) and have 32 bits, doubles 53', () => {
  const stream = randomStream('1', 'bits');
  const numbers = take(stream, 10_000);
  assert.ok(numbers.every((x) => x >= 0 && x < 1 && Number.isInteger(x * 2 ** 32)));
  // Half of all 32-bit numbers end in a 1.
  assert.ok(numbers.filter((x) => (x * 2 ** 32) % 2 === 1).length > 4_700);
  const doubles = Array.from({ length: 10_000 }, () => stream.double());
  assert.ok(doubles.every((x) => x >= 0 && x < 1 && Number.isInteger(x * 2 ** 53)));
  assert.ok(doubles.filter((x) => (x * 2 ** 53) % 2 === 1).length > 4_700);
});

test('streams of other seeds and keys share no number', () => {
  const streams = [
    randomStream('1'),
    randomStream('2'),
    randomStream('1', 'a'),
    randomStream('1', 'b'),
    randomStream('1', 'a', 0),
    randomStream('1', 'a', 1),
    randomStream('1', 'a', 0, 0),
    randomStream('2', 'a', 0, 0),
  ];
  const doubles = streams.flatMap((stream) => Array.from({ length: 100 }, () => stream.double()));
  assert.is(new Set(doubles).size, doubles.length);
});

test('parts of seed and key cannot be confused', () => {
  const keysThatLookAlike: [string, ...(string | number)[]][] = [
    ['12'],
    ['1', '2'],
    ['1', 2],
    ['1', '2', ''],
    ['1', '', '2'],
    ['', '12'],
    ['1,2'],
    ['1","2'],
    ['1', '2"'],
    ['1"', '2'],
    ['1', '2,3'],
    ['1', '2', '3'],
    ['1', '2', 3],
    ['1', 2, '3'],
    ['1', 2, 3],
    ['1', 23],
    ['1', 2.3],
    ['1', -2],
    ['1\\', '2'],
    ['1', '\\2'],
    ['[1', '2]'],
    ['masksearch', '1', '2'],
  ];
  const firsts = keysThatLookAlike.map((key) => randomStream(...key).double());
  assert.is(new Set(firsts).size, firsts.length);
});

test('over 10,000 neighbouring keys every draw is uniform', () => {
  for (const { label, values } of samples) {
    // Kolmogorov: the statistic is above 2.23 once in 10,000 samples.
    const distance = kolmogorovSmirnov(values);
    assert.ok(distance < 2.23, `${label}: Kolmogorov-Smirnov statistic ${distance}`);
    const counts = new Float64Array(100);
    for (const value of values) counts[Math.floor(value * 100)]!++;
    const deviations = chiSquare(counts);
    // Too even a spread would be as wrong as too uneven a one.
    assert.ok(Math.abs(deviations) < 5, `${label}: chi-square ${deviations} deviations off`);
  }
});

test('the draws of neighbouring keys are uncorrelated', () => {
  for (const { label, values } of samples) {
    for (const lag of [1, 2, 9, 10, 11, 100]) {
      const deviations = correlation(pairsOf(values, lag));
      assert.ok(
        Math.abs(deviations) < 4.5,
        `${label}, ${lag} apart: correlation ${deviations} deviations off`,
      );
    }
  }
});

test('the draws of neighbouring keys fill the square evenly', () => {
  for (const { label, values } of samples) {
    const counts = new Float64Array(400);
    for (const [a, b] of pairsOf(values, 1)) counts[Math.floor(a * 20) * 20 + Math.floor(b * 20)]!++;
    const deviations = chiSquare(counts);
    assert.ok(Math.abs(deviations) < 5, `${label}: chi-square of pairs ${deviations} deviations off`);
  }
});

test('the draws of one stream are uncorrelated with each other', () => {
  const pairs = Array.from({ length: keys }, (_, i) => {
    const stream = randomStream('1', 'simulated annealing', 0, i);
    return [stream.double(), stream()] as const;
  });
  const deviations = correlation(pairs);
  assert.ok(Math.abs(deviations) < 4.5, `${deviations} deviations off`);
});

test.run();
