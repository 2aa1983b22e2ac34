/** softmax_cross_entropy: the loss of every image in fixed point, their sum, and how many are classified right. */
import * as assert from 'uvu/assert';
import { softmaxCrossEntropy as reference } from '../../../src/kernels/reference/softmax-cross-entropy.ts';
import { LOSS_UNITS, MAX_LOSS, type LossSum } from '../../../src/kernels/loss-sum.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { lossBound } from '../../helpers/assert/tolerance.ts';
import { padImages } from '../pad-images.ts';
import type { KernelCase } from '../table.ts';

export interface SoftmaxInput {
  readonly classes: number;
  readonly images: number;
  /** [class, image]. */
  readonly logits: Float32Array;
  readonly labels: Uint32Array;
}

export interface SoftmaxOutput extends LossSum {
  /** [image], in `LOSS_UNITS`. */
  readonly losses: readonly number[];
}

type SoftmaxCase = KernelCase<SoftmaxInput, SoftmaxOutput>;

/** The sum of the losses is exact, and each is within its bound of the reference's, but not if its label is another. */
function checkLosses(output: SoftmaxOutput, { classes, images, logits, labels }: SoftmaxInput): void {
  const { losses, units, correct } = output;
  const padded = new Float64Array(padImages(logits, images));
  const expected = new Uint32Array(images);
  assert.is(correct, reference({ classes }, images, padded, labels, expected).correct);
  const sum = losses.reduce((total, loss) => total + loss, 0);
  assert.equal([losses.length, sum], [images, units]);
  const isClose = (i: number) =>
    Math.abs(losses[i]! - expected[i]!) / LOSS_UNITS <= lossBound(classes, expected[i]! / LOSS_UNITS);
  losses.forEach((loss, i) => assert.ok(isClose(i), `image ${i}: ${loss}, expected ${expected[i]}`));
  if (classes === 1) return;

  const image = images >> 1;
  reference({ classes }, images, padded, labels.with(image, (labels[image]! + 1) % classes), expected);
  assert.not(isClose(image), 'a wrong label goes unnoticed');
}

/** Around blocks of 24 images, vectors of four and the sizes of workgroups. */
const randomCases = Object.entries({
  1: [3],
  2: [4, 5, 63],
  3: [23, 64],
  4: [77],
  10: [1, 13, 24, 257],
  37: [22, 130],
})
  .flatMap(([classes, counts]) => counts.map((images) => [Number(classes), images] as const))
  .map(([classes, images]): SoftmaxCase => {
    const name = `${classes} classes, ${images} images`;
    return {
      name,
      input() {
        const random = generator(name);
        const logits = random.floats(classes * images, 6);
        // Outliers: a certain hit, a certain miss, and logits far below the others.
        logits[0] = 60;
        logits[images - 1] = -90;
        const labels = Uint32Array.from({ length: images }, () => random.below(classes));
        return { classes, images, logits, labels };
      },
      check: checkLosses,
    };
  });

/** Images whose logits [class, image] are given. */
function planted(
  name: string,
  logits: ArrayLike<number>,
  labels: readonly number[],
  check: SoftmaxCase['check'],
): SoftmaxCase {
  const images = labels.length;
  const given = { classes: logits.length / images, images };
  const input = () => ({ ...given, logits: Float32Array.from(logits), labels: Uint32Array.from(labels) });
  return { name, input, check };
}

/** Images of two classes, the logit of the second 0 and that of the first this; the second is right. */
const equalImages = (name: string, images: number, logit: number, check: SoftmaxCase['check']) =>
  planted(
    name,
    new Float32Array(2 * images).fill(logit, 0, images),
    Array<number>(images).fill(1),
    (output, input) => {
      assert.is(new Set(output.losses).size, 1, 'equal images have equal losses, wherever they are');
      checkLosses(output, input);
      check(output, input);
    },
  );

const inUnits = (...nats: number[]) => nats.map((loss) => loss * LOSS_UNITS);

/** Images 0, 2, 3 and 4 have three equal logits; of the others the last is the largest. */
const ties = [...[5, 1, 5, 5, 5, 1, 1], ...[5, 1, 5, 5, 5, 1, 1], ...[5, 5, 5, 5, 5, 5, 5]];

export const softmaxCrossEntropy = [
  ...randomCases,
  planted('of equal logits the first is the prediction', ties, [0, 2, 0, 2, 1, 1, 0], ({ correct }) => {
    assert.is(correct, 3);
  }),
  planted(
    'a loss is never below 0, however sure the prediction',
    [1e15, 90, -1e15, 0],
    [0, 0],
    ({ losses }) => {
      assert.equal(losses, [0, 0]);
    },
  ),
  planted(
    'a loss is at most 4095 nats',
    [1e9, 4096, 4095, 4094, 0, 0, 0, -1e15],
    [1, 1, 1, 1],
    ({ losses }) => {
      assert.equal(losses, inUnits(MAX_LOSS, MAX_LOSS, MAX_LOSS, MAX_LOSS));
    },
  ),
  planted('a loss just below that is exact', [4094, 0], [1], ({ losses }) =>
    assert.equal(losses, inUnits(4094)),
  ),
  equalImages('2,000 images beyond the largest loss count as that', 2_000, 1e9, ({ losses }) => {
    assert.is(losses[0], MAX_LOSS * LOSS_UNITS);
  }),
  equalImages('10,000 images of 20 nats each sum beyond 32 bits', 10_000, 20, ({ units, correct }) => {
    assert.ok(units > 2 ** 32);
    assert.is(correct, 0);
  }),
  equalImages('the halves of 129 losses carry into each other', 129, 31.807, ({ losses: [loss] }) => {
    const low = (loss! % 2 ** 16) * 129;
    const shifted = (Math.floor(loss! / 2 ** 16) * 129 * 2 ** 16) % 2 ** 32;
    assert.ok(low + shifted >= 2 ** 32, 'there is no carry to test');
  }),
];
