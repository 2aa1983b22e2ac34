import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { softmaxCrossEntropy } from '../../../src/train/loss.ts';
import { assertClose } from '../../helpers/assert/close.ts';

test('loss, hits and gradient of two images, computed by hand', () => {
  // Probabilities 1/4, 3/4 and 1/2, 1/2.
  const scores = Float64Array.of(0, Math.log(3), 5, 5);
  const gradient = new Float64Array(6).fill(1e30);
  const { lossSum, correct } = softmaxCrossEntropy(scores, Uint8Array.of(1, 0), 2, gradient);
  assertClose([lossSum], [Math.log(4 / 3) + Math.log(2)], {
    label: 'loss',
    atol: 1e-15,
    allowConstant: true,
  });
  assert.is(correct, 2);
  assertClose(gradient, [1 / 8, -1 / 8, -1 / 4, 1 / 4, 1e30, 1e30], { label: 'gradient', atol: 1e-15 });
});

test('of equal scores the first class wins', () => {
  assert.is(softmaxCrossEntropy(Float64Array.of(5, 5), Uint8Array.of(1), 2).correct, 0);
});

test('huge scores neither overflow nor lose the loss', () => {
  const { lossSum } = softmaxCrossEntropy(Float64Array.of(1e4, -1e4, 9e3), Uint8Array.of(2), 3);
  assert.is(lossSum, 1000);
});

test.run();
