import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blocksAfter, firstBlocks } from '../../../../src/search/tuned/step-sizes.ts';

const weights = [1000, 120, 10, 1];

test('moves begin with a fiftieth of a layer, and at least one weight', () => {
  assert.equal(firstBlocks(weights, 2), [
    [20, 20],
    [2.4, 2.4],
    [1, 1],
    [1, 1],
  ]);
});

test('success makes a block larger by half, failure smaller by a quarter, that of this layer and move alone', () => {
  const blocks = firstBlocks(weights, 3);
  const grown = blocksAfter(blocks, 0, 1, true, weights);
  assert.equal(grown[0], [20, 30, 20]);
  const shrunk = blocksAfter(blocks, 1, 2, false, weights);
  assert.is(shrunk[1]![2], 2.4 * 0.75);
  assert.equal(shrunk[1]!.slice(0, 2), [2.4, 2.4]);
  for (const layer of [1, 2, 3]) assert.equal(grown[layer], blocks[layer]);
  for (const layer of [0, 2, 3]) assert.equal(shrunk[layer], blocks[layer]);
});

test('the blocks before stay as they were', () => {
  const blocks = firstBlocks(weights, 2);
  const text = JSON.stringify(blocks);
  blocksAfter(blocks, 0, 0, true, weights);
  assert.is(JSON.stringify(blocks), text);
});

test('a block ends at a quarter of the layer and at one weight', () => {
  let blocks = firstBlocks(weights, 1);
  for (let i = 0; i < 50; i++) {
    for (const layer of weights.keys()) blocks = blocksAfter(blocks, layer, 0, true, weights);
  }
  assert.equal(blocks, [[250], [30], [2.5], [1]]);
  for (let i = 0; i < 50; i++) {
    for (const layer of weights.keys()) blocks = blocksAfter(blocks, layer, 0, false, weights);
  }
  assert.equal(blocks, [[1], [1], [1], [1]]);
});

test('fractions of a weight add up', () => {
  let blocks = firstBlocks([60], 1);
  const sizes = Array.from({ length: 3 }, () => {
    blocks = blocksAfter(blocks, 0, 0, true, [60]);
    return blocks[0]![0]!;
  });
  assert.equal(sizes, [1.2 * 1.5, 1.2 * 1.5 * 1.5, 1.2 * 1.5 * 1.5 * 1.5]);
});

test.run();
