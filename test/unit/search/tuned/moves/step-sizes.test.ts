import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stepSizesAfter, initialStepSizes } from '../../../../../src/search/tuned/moves/step-sizes.ts';

const weights = [1000, 120, 10, 1];

test('moves begin with a fiftieth of a layer, and at least one weight', () => {
  assert.equal(initialStepSizes(weights, 2), [
    [20, 20],
    [2.4, 2.4],
    [1, 1],
    [1, 1],
  ]);
});

test('success makes a stepSize larger by half, failure smaller by a quarter, that of this layer and move alone', () => {
  const stepSizes = initialStepSizes(weights, 3);
  const grown = stepSizesAfter(stepSizes, 0, 1, true, weights);
  assert.equal(grown[0], [20, 30, 20]);
  const shrunk = stepSizesAfter(stepSizes, 1, 2, false, weights);
  assert.is(shrunk[1]![2], 2.4 * 0.75);
  assert.equal(shrunk[1]!.slice(0, 2), [2.4, 2.4]);
  for (const layer of [1, 2, 3]) assert.equal(grown[layer], stepSizes[layer]);
  for (const layer of [0, 2, 3]) assert.equal(shrunk[layer], stepSizes[layer]);
});

test('the stepSizes before stay as they were', () => {
  const stepSizes = initialStepSizes(weights, 2);
  const text = JSON.stringify(stepSizes);
  stepSizesAfter(stepSizes, 0, 0, true, weights);
  assert.is(JSON.stringify(stepSizes), text);
});

test('a stepSize ends at a quarter of the layer and at one weight', () => {
  let stepSizes = initialStepSizes(weights, 1);
  for (let i = 0; i < 50; i++) {
    for (const layer of weights.keys()) stepSizes = stepSizesAfter(stepSizes, layer, 0, true, weights);
  }
  assert.equal(stepSizes, [[250], [30], [2.5], [1]]);
  for (let i = 0; i < 50; i++) {
    for (const layer of weights.keys()) stepSizes = stepSizesAfter(stepSizes, layer, 0, false, weights);
  }
  assert.equal(stepSizes, [[1], [1], [1], [1]]);
});

test('fractions of a weight add up', () => {
  let stepSizes = initialStepSizes([60], 1);
  const sizes = Array.from({ length: 3 }, () => {
    stepSizes = stepSizesAfter(stepSizes, 0, 0, true, [60]);
    return stepSizes[0]![0]!;
  });
  assert.equal(sizes, [1.2 * 1.5, 1.2 * 1.5 * 1.5, 1.2 * 1.5 * 1.5 * 1.5]);
});

test.run();
