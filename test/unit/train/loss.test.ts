import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Loss } from '../../../src/kernels/loss.ts';
import { referenceLoss } from '../../../src/kernels/reference/loss.ts';
import { LOSS_UNITS } from '../../../src/kernels/loss-sum.ts';
import { lossFunction, softmaxCrossEntropy } from '../../../src/train/loss.ts';
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

const SCORES = Float64Array.of(0.3, -2, 1.7, -0.4, 5, -6);

for (const [loss, targets] of [
  [{ kernel: 'softmax_cross_entropy', outputs: 3, scale: 1 }, [2, 0]],
  [{ kernel: 'soft_cross_entropy', outputs: 3, scale: 1 }, [2, 0.25, 0, 0.75, 1, 0.5, 0.375, 0.125]],
  [{ kernel: 'sigmoid_cross_entropy', outputs: 3, scale: 1 / 3 }, [1, 0, 0, 1, 1, 1]],
  [{ kernel: 'squared_error', outputs: 3, scale: 0.7 }, [0.5, -1, 2, 0, 4.5, -5]],
] as const satisfies readonly (readonly [Loss, readonly number[]])[]) {
  test(`${loss.kernel}: the gradient is that of central differences, the loss that of the reference`, () => {
    const { lossOf } = lossFunction(loss);
    const gradient = new Float64Array(SCORES.length);
    const { lossSum, correct } = lossOf(SCORES, targets, gradient);
    const step = 1e-5;
    const differences = SCORES.map((score, i) => {
      const at = (value: number) => lossOf(SCORES.with(i, value), targets).lossSum / 2;
      return (at(score + step) - at(score - step)) / (2 * step);
    });
    assertClose(gradient, differences, { label: 'gradient', atol: 1e-9 });
    // [image, output] as [output, quad, 4].
    const padded = Float64Array.from({ length: 12 }, (_, i) =>
      i % 4 < 2 ? SCORES[(i % 4) * 3 + Math.floor(i / 4)]! : 1e6,
    );
    const reference = referenceLoss(loss, 2, padded, targets);
    assert.ok(Math.abs(lossSum - reference.units / LOSS_UNITS) <= 2 / LOSS_UNITS);
    assert.is(correct, reference.correct);
  });
}

test.run();
