/** Losses with several targets per image: the loss of every image in fixed point, their sum, and how many outputs are right. */
import * as assert from 'uvu/assert';
import { targetsPerImage, type Loss } from '../../../src/kernels/loss.ts';
import { LOSS_UNITS, MAX_LOSS, type LossSum } from '../../../src/kernels/loss-sum.ts';
import { referenceLoss } from '../../../src/kernels/reference/loss.ts';
import {
  sigmoidLossBound,
  softLossBound,
  squaredErrorBound,
} from '../../../src/kernels/reference/tolerance.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { padImages } from '../pad-images.ts';
import type { KernelCase } from '../table.ts';

export interface LossInput {
  readonly loss: Loss;
  readonly images: number;
  /** [output, image]. */
  readonly scores: Float32Array;
  /** [image, target]. */
  readonly targets: Uint32Array | Float32Array;
}

export interface LossOutput extends LossSum {
  /** [image], in `LOSS_UNITS`. */
  readonly losses: readonly number[];
}

export type LossCase = KernelCase<LossInput, LossOutput>;

const BOUNDS = {
  soft_cross_entropy: softLossBound,
  sigmoid_cross_entropy: sigmoidLossBound,
  squared_error: squaredErrorBound,
} as const;

/** Around blocks of 24 images, vectors of four and the sizes of workgroups; up to an image of outputs. */
const SIZES: readonly (readonly [outputs: number, images: number])[] = [
  ...([1, 5, 23, 24, 63, 64, 257] as const).map((images) => [1, images] as const),
  ...[[2, 4] as const, [3, 77] as const, [10, 25] as const, [37, 22] as const, [49, 130] as const],
];

/** The sum of the losses is exact, and each is within its bound of the reference's, but not if one target is another. */
export function checkLosses(
  { losses, units, correct }: LossOutput,
  { loss, images, scores, targets }: LossInput,
): void {
  const padded = new Float64Array(padImages(scores, images));
  const expected = new Uint32Array(images);
  assert.is(correct, referenceLoss(loss, images, padded, targets, expected).correct);
  assert.equal([losses.length, losses.reduce((total, one) => total + one, 0)], [images, units]);
  const bound = BOUNDS[loss.kernel as keyof typeof BOUNDS];
  const isClose = (i: number) =>
    Math.abs(losses[i]! - expected[i]!) / LOSS_UNITS <= bound(loss.outputs, expected[i]! / LOSS_UNITS);
  losses.forEach((one, i) => assert.ok(isClose(i), `image ${i}: ${one}, expected ${expected[i]}`));

  if (loss.kernel === 'soft_cross_entropy' && loss.outputs === 1) return;
  const image = images >> 1;
  referenceLoss(loss, images, padded, withWrongTarget(loss, targets, image), expected);
  assert.not(isClose(image), 'a wrong target goes unnoticed');
}

function withWrongTarget(loss: Loss, targets: LossInput['targets'], image: number): LossInput['targets'] {
  const other = targets.slice();
  const perImage = targetsPerImage(loss);
  const at = image * perImage + (perImage >> 1);
  if (loss.kernel === 'soft_cross_entropy') {
    // Of one class's probability a hundredth goes to the class before or after it.
    const next = at + (perImage > 3 ? 1 : at % perImage === 1 ? 1 : -1);
    const moved = targets[at]! >= targets[next]! ? -0.01 : 0.01;
    other[at]! += moved;
    other[next]! -= moved;
    return other;
  }
  other[at] = loss.kernel === 'squared_error' ? targets[at]! + 1 : 1 - targets[at]!;
  return other;
}

function cases(
  kernel: 'sigmoid_cross_entropy' | 'squared_error',
  inputOf: (loss: Loss, images: number) => LossInput,
) {
  return SIZES.map(([outputs, images]): LossCase => {
    const scale = kernel === 'squared_error' ? 1 / (outputs * 1.7) : 1 / outputs;
    return {
      name: `${outputs} outputs, ${images} images`,
      input: () => inputOf({ kernel, outputs, scale }, images),
      check: checkLosses,
    };
  });
}

export function planted(
  name: string,
  input: Omit<LossInput, 'images'>,
  check: (output: LossOutput, input: LossInput) => void,
): LossCase {
  const images = input.targets.length / targetsPerImage(input.loss);
  return { name, input: () => ({ ...input, images }), check };
}

export const inUnits = (...losses: number[]) => losses.map((loss) => Math.round(loss * LOSS_UNITS));

const oneAnswer = { kernel: 'sigmoid_cross_entropy', outputs: 1, scale: 1 } as const;

export const sigmoidCrossEntropy: readonly LossCase[] = [
  ...cases('sigmoid_cross_entropy', (loss, images) => {
    const random = generator(`sigmoid ${loss.outputs} ${images}`);
    const scores = random.floats(loss.outputs * images, 6);
    // Outliers: a certain answer to the first question, and logits near 0.
    scores[0] = 60;
    scores[scores.length - 1] = -90;
    scores[images >> 1] = 0.25;
    const targets = Uint32Array.from({ length: scores.length }, () => random.below(2));
    return { loss, images, scores, targets };
  }),
  planted(
    'a logit of 0 is the answer no, and costs ln 2 either way',
    { loss: oneAnswer, scores: Float32Array.of(0, 0, -0), targets: Uint32Array.of(0, 1, 1) },
    ({ losses, correct }) => {
      assert.is(correct, 1);
      for (const one of losses) assert.ok(Math.abs(one / LOSS_UNITS - Math.LN2) <= sigmoidLossBound(1, 0.7));
    },
  ),
  planted(
    'a sure answer costs nothing if it is right, and at most 4095 nats if it is not',
    {
      loss: oneAnswer,
      scores: Float32Array.of(1e15, -1e15, 1e15, -1e15, 4094),
      targets: Uint32Array.of(1, 0, 0, 1, 0),
    },
    ({ losses, correct }) => {
      assert.equal(losses, inUnits(0, 0, MAX_LOSS, MAX_LOSS, 4094));
      assert.is(correct, 2);
    },
  ),
  planted(
    'every output is a prediction of its own',
    {
      loss: { kernel: 'sigmoid_cross_entropy', outputs: 3, scale: 1 / 3 },
      // [output, image]
      scores: Float32Array.of(2, -2, 2, 2, -2, 2),
      targets: Uint32Array.of(1, 1, 0, 1, 0, 0),
    },
    ({ correct }, input) => {
      assert.is(correct, 3);
      assert.is(input.images, 2);
    },
  ),
];

const plainError = { kernel: 'squared_error', outputs: 2, scale: 0.5 } as const;

export const squaredError: readonly LossCase[] = [
  ...cases('squared_error', (loss, images) => {
    const random = generator(`squared ${loss.outputs} ${images}`);
    const scores = random.floats(loss.outputs * images, 2);
    scores[0] = 40;
    const targets = random.floats(scores.length, 2);
    return { loss, images, scores, targets };
  }),
  planted(
    'what float32 has exactly is exact',
    {
      loss: plainError,
      scores: Float32Array.of(1, 0.5, 3, -2),
      targets: Float32Array.of(0.5, 1, 0.5, -2),
    },
    ({ losses, correct }) => {
      assert.equal(losses, inUnits(0.125 + 2, 0));
      assert.is(correct, 0);
    },
  ),
  planted(
    'a loss is at most 4095, however far off the output and however small the variance',
    {
      loss: { ...plainError, scale: 1e28 },
      scores: Float32Array.of(1e15, -1e15, 0, 1e15, 0, 0),
      targets: Float32Array.of(-1e15, -1e15, 1e15, 0, 0, 0),
    },
    ({ losses }) => {
      assert.equal(losses, inUnits(MAX_LOSS, MAX_LOSS, 0));
    },
  ),
  planted(
    'a large variance makes large errors small',
    {
      loss: { ...plainError, scale: 2 ** -90 },
      scores: Float32Array.of(2 ** 45, 2 ** 44, 0, 0),
      targets: Float32Array.of(0, 0, 0, 0),
    },
    ({ losses }) => assert.equal(losses, inUnits(1, 0.25)),
  ),
];
