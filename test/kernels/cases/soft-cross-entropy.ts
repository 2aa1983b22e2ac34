/** soft_cross_entropy: the loss of every image in fixed point, their sum, and how many are classified right. */
import * as assert from 'uvu/assert';
import { LOSS_UNITS, MAX_LOSS } from '../../../src/kernels/loss-sum.ts';
import { softmaxCrossEntropy } from '../../../src/kernels/reference/softmax-cross-entropy.ts';
import { lossBound, softLossBound } from '../../../src/kernels/reference/tolerance.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { padImages } from '../pad-images.ts';
import { checkLosses, inUnits, planted, type LossCase, type LossInput } from './losses.ts';

const lossOver = (outputs: number) => ({ kernel: 'soft_cross_entropy', outputs, scale: 1 }) as const;

/** [image, 1 + class] from the classes of images and a probability of each class. */
const targetsOf = (...images: readonly (readonly [label: number, probabilities: readonly number[]])[]) =>
  Float32Array.from(images.flatMap(([label, probabilities]) => [label, ...probabilities]));

/** Around blocks of 24 images, vectors of four and the sizes of workgroups. */
const SIZES: readonly (readonly [classes: number, images: number])[] = [
  ...[[1, 3] as const, [2, 4] as const, [2, 63] as const, [3, 23] as const, [3, 64] as const],
  ...[[10, 1] as const, [10, 25] as const, [10, 257] as const, [37, 22] as const, [300, 50] as const],
];

/** Of five images one is sure of its class, and one of no class: but one, classes have the same probability. */
function randomInput(classes: number, images: number): LossInput {
  const random = generator(`soft ${classes} ${images}`);
  const scores = random.floats(classes * images, 6);
  // Outliers: a certain hit, a certain miss, and logits far below the others.
  scores[0] = 60;
  scores[images - 1] = -90;
  const targets = Array.from({ length: images }, (_, image) => {
    const label = random.below(classes);
    const weights = random.floats(classes, 4).map((value, c) => {
      if (image % 5 === 3) return Number(c === label);
      if (image % 5 === 4) return Number(classes === 1 || c !== label);
      return Math.exp(value);
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return [label, [...weights].map((weight) => weight / sum)] as const;
  });
  return { loss: lossOver(classes), images, scores, targets: targetsOf(...targets) };
}

/** Of two and three classes, with probabilities of 0 and 1 alone. */
const sure = (classes: number): LossCase => {
  const images = 40;
  const labels = generator('sure')
    .floats(images)
    .map((value) => Math.floor(((value + 1) / 2) * classes));
  const rows = Array.from(labels, (label) => {
    return [label, Array.from({ length: classes }, (_, c) => Number(c === label))] as const;
  });
  const scores = generator('sure logits').floats(classes * images, 9);
  return planted(
    `probabilities of 0 and 1 give the loss of ${classes} classes`,
    { loss: lossOver(classes), scores, targets: targetsOf(...rows) },
    ({ losses, units, correct }) => {
      const expected = new Uint32Array(images);
      const padded = new Float64Array(padImages(scores, images));
      assert.is(correct, softmaxCrossEntropy({ classes }, images, padded, labels, expected).correct);
      assert.is(
        units,
        losses.reduce((total, one) => total + one, 0),
      );
      losses.forEach((one, i) => {
        const nats = expected[i]! / LOSS_UNITS;
        // That of the logarithm, the other loss's, is in both.
        const bound = Math.min(softLossBound(classes, nats), lossBound(classes, nats) + 2 ** -21);
        assert.ok(Math.abs(one / LOSS_UNITS - nats) <= bound, `image ${i}: ${one}, expected ${expected[i]}`);
      });
      assert.ok(correct > 0 && correct < images);
    },
  );
};

export const softCrossEntropy: readonly LossCase[] = [
  ...SIZES.map(([classes, images]): LossCase => ({
    name: `${classes} classes, ${images} images`,
    input: () => randomInput(classes, images),
    check: checkLosses,
  })),
  sure(2),
  sure(10),
  planted(
    'of equal logits the first is the prediction, and the class of an image decides, not its probabilities',
    {
      loss: lossOver(3),
      // [class, image]
      scores: Float32Array.of(...[5, 1, 5, 5], ...[5, 1, 5, 1], ...[5, 5, 5, 1]),
      targets: targetsOf([0, [0, 1, 0]], [2, [1, 0, 0]], [1, [0, 1, 0]], [2, [1, 0, 0]]),
    },
    ({ correct }) => assert.is(correct, 2),
  ),
  planted(
    'equal logits cost the logarithm of their number, whatever the probabilities',
    {
      loss: lossOver(4),
      scores: new Float32Array(12).fill(-7),
      targets: targetsOf([0, [1, 0, 0, 0]], [1, [0.25, 0.25, 0.25, 0.25]], [2, [0, 0.125, 0.375, 0.5]]),
    },
    ({ losses }) => {
      for (const one of losses)
        assert.ok(Math.abs(one / LOSS_UNITS - Math.log(4)) <= softLossBound(4, Math.log(4)));
    },
  ),
  planted(
    'logits that give the probabilities cost their entropy, and all others more',
    {
      loss: lossOver(2),
      scores: Float32Array.of(...[3, 3.5, 2.5], ...[3 - Math.log(3), 3, 3]),
      targets: targetsOf([0, [0.75, 0.25]], [0, [0.75, 0.25]], [0, [0.75, 0.25]]),
    },
    ({ losses: [least, ...others] }) => {
      const entropy = 0.75 * Math.log(4 / 3) + 0.25 * Math.log(4);
      assert.ok(Math.abs(least! / LOSS_UNITS - entropy) <= softLossBound(2, entropy));
      for (const one of others) assert.ok(one / LOSS_UNITS > entropy + 0.01);
    },
  ),
  planted(
    'a class without probability costs nothing, however low its logit, and a loss is at most 4095 nats',
    {
      loss: lossOver(2),
      // [class, image]
      scores: Float32Array.of(...[1e15, 1e15, 90, 1e15, 4095], ...[-1e15, -1e15, 0, -1e15, 0]),
      targets: targetsOf([0, [1, 0]], [0, [0, 1]], [1, [1, 0]], [0, [0.5, 0.5]], [0, [0, 1]]),
    },
    ({ losses, correct }) => {
      assert.equal(losses, inUnits(0, MAX_LOSS, 0, MAX_LOSS, MAX_LOSS));
      assert.is(correct, 4);
    },
  ),
  planted(
    'a loss just below that is exact',
    {
      loss: lossOver(2),
      scores: Float32Array.of(...[4094, 1024], ...[0, 0]),
      targets: targetsOf([0, [0, 1]], [0, [0.75, 0.25]]),
    },
    ({ losses }) => assert.equal(losses, inUnits(4094, 256)),
  ),
];
