import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adaptiveMutationRate, temperatureAt } from '../../../../src/search/article/schedule.ts';

/** Rows of the author's simulated_annealing.csv: 200 steps from 1.0 and 0.15, six decimals. */
const annealing = [
  { step: 0, temperature: 1, rate: 0.15 },
  { step: 1, temperature: 0.590616, rate: 0.14925 },
  { step: 2, temperature: 0.476505, rate: 0.1485 },
  { step: 3, temperature: 0.41906, rate: 0.14775 },
  { step: 4, temperature: 0.383224, rate: 0.147 },
  { step: 7, temperature: 0.324734, rate: 0.14475 },
  { step: 23, temperature: 0.239346, rate: 0.13275 },
  { step: 45, temperature: 0.207098, rate: 0.11625 },
  { step: 105, temperature: 0.176571, rate: 0.07125 },
  { step: 151, temperature: 0.166006, rate: 0.03675 },
  { step: 191, temperature: 0.159808, rate: 0.00675 },
  { step: 199, temperature: 0.158773, rate: 0.00075 },
];

/** Rows of the author's genetic_algorithm.csv: 20 generations from 0.15. */
const genetic = [
  { generation: 0, rate: 0.15 },
  { generation: 1, rate: 0.1425 },
  { generation: 9, rate: 0.0825 },
  { generation: 15, rate: 0.0375 },
  { generation: 19, rate: 0.0075 },
];

const isRounded = (value: number, sixDecimals: number) => Math.abs(value - sixDecimals) <= 0.5e-6 + 1e-12;

test("temperatures are those of the author's history", () => {
  for (const { step, temperature } of annealing) {
    const found = temperatureAt(1, step);
    assert.ok(isRounded(found, temperature), `step ${step}: ${found}`);
  }
});

test("mutation rates are those of the author's histories", () => {
  for (const { step, rate } of annealing) {
    const found = adaptiveMutationRate(0.15, step, 200);
    assert.ok(isRounded(found, rate), `step ${step}: ${found}`);
  }
  for (const { generation, rate } of genetic) {
    const found = adaptiveMutationRate(0.15, generation, 20);
    assert.ok(isRounded(found, rate), `generation ${generation}: ${found}`);
  }
});

test('both schedules are proportional to their start', () => {
  for (const step of [0, 1, 17, 199]) {
    assert.is(temperatureAt(4, step), 4 * temperatureAt(1, step));
    assert.is(adaptiveMutationRate(0.25, step, 200), 0.25 * adaptiveMutationRate(1, step, 200));
  }
});

test('both start at the given value and fall at every step, never to 0', () => {
  assert.is(temperatureAt(0.3, 0), 0.3);
  assert.is(adaptiveMutationRate(0.3, 0, 50), 0.3);
  for (let step = 1; step < 1_000; step++) {
    assert.ok(temperatureAt(1, step) < temperatureAt(1, step - 1));
    assert.ok(temperatureAt(1, step) > 0);
    assert.ok(adaptiveMutationRate(1, step, 1_000) < adaptiveMutationRate(1, step - 1, 1_000));
    assert.ok(adaptiveMutationRate(1, step, 1_000) > 0);
  }
});

test('a search of one step runs at the full rate', () => {
  assert.is(adaptiveMutationRate(0.15, 0, 1), 0.15);
});

test.run();
