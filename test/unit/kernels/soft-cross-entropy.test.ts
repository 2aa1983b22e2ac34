import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LOSS_UNITS } from '../../../src/kernels/loss-sum.ts';
import { softCrossEntropy } from '../../../src/kernels/reference/soft-cross-entropy.ts';
import { generator } from '../../helpers/data/numbers.ts';

test('the reference is the mean of the negative logarithms of the softmax, under the targets', () => {
  const [classes, images] = [7, 5];
  const random = generator('soft cross-entropy by its definition');
  const logits = Float64Array.from(random.floats(classes * 8, 5));
  const rows = Array.from({ length: images }, () => {
    const weights = Array.from(random.floats(classes), Math.abs);
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
  });
  const losses = new Uint32Array(images);
  const targets = rows.flatMap((row, image) => [image, ...row]);
  const { units } = softCrossEntropy({ classes }, images, logits, targets, losses);
  rows.forEach((row, image) => {
    const exponentials = row.map((_, c) => Math.exp(logits[c * 8 + image]!));
    const sum = exponentials.reduce((a, b) => a + b);
    const loss = row.reduce((total, p, c) => total - p * Math.log(exponentials[c]! / sum), 0);
    assert.is(losses[image], Math.round(loss * LOSS_UNITS), `image ${image}`);
  });
  assert.is(
    units,
    losses.reduce((a, b) => a + b),
  );
});

test.run();
