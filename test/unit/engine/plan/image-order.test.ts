import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { highestLossFirst } from '../../../../src/engine/plan/image-order.ts';
import { generator } from '../../../helpers/data/numbers.ts';

const random = generator('image order');

test('highest losses come first, and images of equal loss keep their order', () => {
  assert.equal([...highestLossFirst(Uint32Array.of(3, 9, 3, 0, 0xffffffff, 9))], [4, 1, 5, 0, 2, 3]);
  for (let i = 0; i < 50; i++) {
    const losses = Uint32Array.from({ length: 1 + random.below(3_000) }, () =>
      random.below(2 ** (1 + random.below(32))),
    );
    const source = highestLossFirst(losses);
    const sorted = [...source].sort((a, b) => a - b);
    assert.equal(sorted, [...losses.keys()]);
    for (let place = 1; place < source.length; place++) {
      const [before, here] = [source[place - 1]!, source[place]!];
      assert.ok(losses[before]! > losses[here]! || (losses[before] === losses[here] && before < here));
    }
  }
});

test.run();
