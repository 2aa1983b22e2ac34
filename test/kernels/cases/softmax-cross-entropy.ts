/** softmax_cross_entropy: the loss of every image in fixed point, their sum, and how many are classified right. */
import * as assert from 'uvu/assert';
import { softmaxCrossEntropy as reference } from '../../../src/kernels/reference/softmax-cross-entropy.ts';
import { LOSS_UNITS, MAX_LOSS, type LossSum } from '../../../src/kernels/softmax-cross-entropy.ts';
import { generator } from '../../helpers/numbers.ts';
import { padImages } from '../../helpers/run-kernel.ts';
import { lossBound } from '../../helpers/tolerance.ts';
import type { KernelCase } from '../case.ts';

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

/** Around blocks of 24 images, vectors of four and the sizes of workgroups. */
const randomRows: readonly (readonly [classes: number, images: number])[] = [
  ...([1, 13, 24, 257] as const).map((images) => [10, images] as const),
  ...([4, 5, 63] as const).map((images) => [2, images] as const),
  ...([23, 64] as const).map((images) => [3, images] as const),
  ...([22, 130] as const).map((images) => [37, images] as const),
  [1, 3],
  [4, 77],
];

/** The sum of the losses is exact, and each is within its bound of the reference's, but not if its label is another. */
function checkLosses(
  { losses, units, correct }: SoftmaxOutput,
  { classes, images, logits, labels }: SoftmaxInput,
) {
  const padded = new Float64Array(padImages(logits, images));
  const expected = new Uint32Array(images);
  assert.is(correct, reference({ classes }, images, padded, labels, expected).correct);
  assert.is(
    units,
    losses.reduce((sum, loss) => sum + loss, 0),
  );
  assert.is(losses.length, images);
  const isClose = (image: number) => {
    const error = Math.abs(losses[image]! - expected[image]!) / LOSS_UNITS;
    return error <= lossBound(classes, expected[image]! / LOSS_UNITS);
  };
  losses.forEach((loss, i) =>
    assert.ok(isClose(i), `the loss of image ${i} is ${loss}, expected ${expected[i]}`),
  );
  if (classes === 1) return;

  const image = images >> 1;
  reference({ classes }, images, padded, labels.with(image, (labels[image]! + 1) % classes), expected);
  assert.not(isClose(image), 'a wrong label goes unnoticed');
}

const randomCases = randomRows.map(([classes, images]): SoftmaxCase => {
  const name = `${classes} classes, ${images} images`;
  return {
    name,
    input() {
      const random = generator(name);
      const logits = random.floats(classes * images, 6);
      // Outliers: a certain hit, a certain miss, and logits far below the others.
      logits[0] = 60;
      logits[images - 1] = -90;
      return {
        classes,
        images,
        logits,
        labels: Uint32Array.from({ length: images }, () => random.below(classes)),
      };
    },
    check: checkLosses,
  };
});

/** Two classes, the first of these logits and the second 0; the label is the second. */
function equalImages(name: string, images: number, logit: number, check: SoftmaxCase['check']): SoftmaxCase {
  return {
    name,
    input: () => ({
      ...{ classes: 2, images, logits: new Float32Array(2 * images).fill(logit, 0, images) },
      labels: new Uint32Array(images).fill(1),
    }),
    check(output, input) {
      assert.is(new Set(output.losses).size, 1, 'equal images have equal losses, wherever they are');
      checkLosses(output, input);
      check(output, input);
    },
  };
}

/** Losses that are exact, in nats, for these logits [class, image]. */
function exactCase(
  name: string,
  logits: readonly number[],
  label: number,
  nats: readonly number[],
): SoftmaxCase {
  const images = nats.length;
  return {
    name,
    input: () => ({
      ...{ classes: logits.length / images, images, logits: Float32Array.from(logits) },
      labels: new Uint32Array(images).fill(label),
    }),
    check({ losses }) {
      assert.equal(
        losses,
        nats.map((loss) => loss * LOSS_UNITS),
      );
    },
  };
}

/** Three classes, two images of logits [5, 5, 5] and [1, 1, 5]. */
const tieCases = (
  [
    [0, 2, 2],
    [2, 1, 0],
    [1, 0, 0],
  ] as const
).map(([first, second, right]): SoftmaxCase => ({
  name: `of equal logits the first is the prediction, labels ${first} and ${second}`,
  input: () => ({
    ...{ classes: 3, images: 2, logits: Float32Array.of(5, 1, 5, 1, 5, 5) },
    labels: Uint32Array.of(first, second),
  }),
  check: ({ correct }) => assert.is(correct, right),
}));

export const softmaxCrossEntropy = [
  ...randomCases,
  ...tieCases,
  equalImages('10,000 images of 20 nats each sum beyond 32 bits', 10_000, 20, ({ units, correct }) => {
    assert.ok(units > 2 ** 32);
    assert.is(correct, 0);
  }),
  equalImages(
    'halves of 16 bits carry into each other where a workgroup sums 129 images',
    129,
    31.807,
    ({ losses }) => {
      const low = (losses[0]! % 2 ** 16) * 129;
      const shifted = (Math.floor(losses[0]! / 2 ** 16) * 129 * 2 ** 16) % 2 ** 32;
      assert.ok(low + shifted >= 2 ** 32, 'there is no carry to test');
    },
  ),
  equalImages('2,000 images beyond the largest loss count as that', 2_000, 1e9, ({ losses }) => {
    assert.is(losses[0], MAX_LOSS * LOSS_UNITS);
  }),
  exactCase('losses are clamped from above', [1e9, 4096, 4095, 4094, 1e15, 0, 0, 0, 0, -1e15], 1, [
    MAX_LOSS,
    MAX_LOSS,
    MAX_LOSS,
    4094,
    MAX_LOSS,
  ]),
  exactCase('a loss is never below 0, however sure the prediction', [1e15, 90, -1e15, 0], 0, [0, 0]),
];
