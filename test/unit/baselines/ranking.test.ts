import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ascending, ascendingPerOutput, uniformOverLayers } from '../../../src/baselines/ranking.ts';
import { generator } from '../../helpers/data/numbers.ts';

const rankingOf = (length: number) => ascending(new Float32Array(length));

test('scores rise, and equal ones keep their order', () => {
  assert.equal([...ascending(Float32Array.of(3, 1, 2, 1, 0))], [4, 1, 3, 2, 0]);
  const inOrder = Array.from({ length: 40 }, (_, i) => i);
  assert.equal([...rankingOf(40)], inOrder);
});

test('per output: the lowest of each, then the second of each, those of equal rank by score', () => {
  const scores = Float64Array.of(
    ...[5, 9, 7], // 0, 2, 1
    ...[1, 3, 2], // 3, 5, 4
    ...[8, 6, 2], // 8, 7, 6
  );
  assert.equal([...ascendingPerOutput(scores, 3)], [3, 8, 0, 5, 7, 2, 4, 6, 1]);
});

test('per output: equal scores go by index', () => {
  assert.equal([...ascendingPerOutput(new Float64Array(6).fill(2), 2)], [0, 3, 1, 4, 2, 5]);
});

test('layers take turns, by hand', () => {
  const order = uniformOverLayers([Uint32Array.of(0), Uint32Array.of(2, 0, 1), Uint32Array.of(1, 0)]);
  assert.equal(order.layers, [1, 3, 2]);
  // Shares grow by 1/6, 1/2 and 1/3. After layers 1 and 2 lost one each, layer 2 has its share until the fourth; the
  // third goes to layer 1 (2/3 before 1/1), the fourth to layer 0 and the fifth to layer 1, of two that are equal.
  assert.equal([...order.weights], [3, 5, 1, 0, 2, 4]);
});

test('every layer has lost its share, rounded up or down, at every number of zeros', () => {
  const random = generator('layers');
  const small = () => Array.from({ length: 2 + random.below(6) }, () => 1 + random.below(300));
  const nets = [[150, 2400, 4800, 1008, 840], [27, 60, 630, 56], ...Array.from({ length: 20 }, small)];
  for (const layers of nets) {
    const total = layers.reduce((sum, length) => sum + length, 0);
    const { weights } = uniformOverLayers(layers.map(rankingOf));
    const pruned = layers.map(() => 0);
    weights.forEach((weight, i) => {
      let layer = 0;
      for (let rest = weight; rest >= layers[layer]!; layer++) rest -= layers[layer]!;
      pruned[layer]!++;
      layers.forEach((length, l) => {
        const share = ((i + 1) * length) / total;
        assert.ok(Math.abs(pruned[l]! - share) < 1, `layer ${l} lost ${pruned[l]} of ${share} at ${i + 1}`);
      });
    });
    assert.equal(pruned, layers);
  }
});

test.run();
