import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { softmaxCrossEntropy as referenceLoss } from '../../src/kernels/reference/softmax-cross-entropy.ts';
import {
  MAX_LOSS,
  LOSS_UNITS,
  softmaxCrossEntropy,
  softmaxParams,
  STATE_WORDS,
} from '../../src/kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../../src/kernels/spec.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { generator } from '../helpers/numbers.ts';
import { padImages, runKernel } from '../helpers/run-kernel.ts';
import { lossBound } from '../helpers/tolerance.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

/** A running state before the dispatch, and what it is to do. */
interface Evaluating {
  readonly classes: number;
  readonly images: number;
  /** [class, image]. */
  readonly logits: Float32Array;
  readonly labels: Uint32Array;
  readonly workgroupSize: number;
  /** Largest sum, as low and high word. */
  readonly limit?: readonly [number, number];
  readonly state?: readonly number[];
}

const NO_LIMIT = [0xffffffff, 0xffffffff] as const;

/** The words of the output `name` after the kernel ran for one candidate. */
async function runLoss(name: 'states' | 'losses', evaluating: Evaluating): Promise<Uint32Array> {
  const { classes, images, logits, labels, workgroupSize, limit = NO_LIMIT, state = [] } = evaluating;
  const stride = quadsOf(images) * QUAD;
  const states = new Uint32Array(STATE_WORDS);
  states.set(state);
  const run = runKernel(engine.context, engine.pipelines, {
    spec: softmaxCrossEntropy,
    shape: { classes },
    images,
    tiling: { workgroupSize, images: 1, outputs: 4 },
    inputs: {
      params: softmaxParams({
        ...{
          firstCandidate: 0,
          recordWords: 3,
          images,
          logitsStride: stride,
          logitsCandidate: classes * stride,
        },
        ...{ firstPlace: 0, lossRows: 1, lossesCandidate: stride },
      }),
      records: new Uint32Array([...limit, 0]),
      states,
      // Padding that would be seen in every sum it got into.
      logits: padImages(logits, images, 1e6),
      labels,
      losses: new Uint32Array(stride),
    },
    output: name === 'states' ? { name, words: STATE_WORDS, initial: states } : { name, words: images },
  });
  return new Uint32Array(await withTimeout(run, 60_000, 'softmax_cross_entropy'));
}

async function lossOnDevice(
  classes: number,
  images: number,
  logits: Float32Array,
  labels: Uint32Array,
  workgroupSize: number,
) {
  const states = await runLoss('states', { classes, images, logits, labels, workgroupSize });
  const [low, high, correct, seen] = states;
  assert.is(seen, images);
  return { units: high! * 2 ** 32 + low!, correct: correct! };
}

/** Every workgroup size, since the kernel adds up in workgroup memory and takes images in turns. */
for (const size of [1, 32, 64, 128, 256]) {
  for (const [classes, images] of [
    [10, 1],
    [10, 257],
    [3, 64],
    [2, 63],
    [37, 130],
  ] as const) {
    test(`${classes} classes, ${images} images, workgroups of ${size}`, async () => {
      const random = generator(`${classes} ${images} ${size}`);
      const logits = random.floats(classes * images, 6);
      // Outliers: a certain hit, a certain miss, and logits far below the others.
      logits[0] = 60;
      logits[images - 1] = -90;
      const labels = Uint32Array.from({ length: images }, () => random.below(classes));
      const expected = referenceLoss(
        { classes },
        images,
        new Float64Array(padImages(logits, images)),
        labels,
      );
      const actual = await lossOnDevice(classes, images, logits, labels, size);
      assert.is(actual.correct, expected.correct);
      const mean = expected.units / LOSS_UNITS / images;
      const error = Math.abs(actual.units - expected.units) / LOSS_UNITS;
      // The bound grows with the loss, so the sum's is the number of images times that of the mean.
      assert.ok(
        error <= images * lossBound(classes, mean + 90 / images),
        `off by ${error} nats in ${images}`,
      );

      const wrong = labels.slice();
      wrong[images >> 1] = (wrong[images >> 1]! + 1) % classes;
      const other = referenceLoss({ classes }, images, new Float64Array(padImages(logits, images)), wrong);
      assert.ok(
        Math.abs(actual.units - other.units) / LOSS_UNITS > images * lossBound(classes, mean + 90 / images),
        'one wrong label goes unnoticed',
      );
    });
  }
}

test('10,000 images at 20 nats each sum beyond 32 bits, exactly', async () => {
  const images = 10_000;
  const labels = new Uint32Array(images).fill(1);
  const logits = new Float32Array(2 * images).fill(20, 0, images);
  const { units, correct } = await lossOnDevice(2, images, logits, labels, 64);
  // Every image is the same, so the sum is exactly 10,000 times one image's.
  const one = await lossOnDevice(2, 1, new Float32Array([20, 0]), new Uint32Array([1]), 64);
  assert.is(units, images * one.units);
  assert.is(correct, 0);
  assert.ok(units > 2 ** 32);
  assert.ok(Math.abs(one.units / LOSS_UNITS - (20 + Math.log1p(Math.exp(-20)))) <= lossBound(2, 20));
});

test('a workgroup whose low halves and high halves carry into each other sums exactly', async () => {
  // Each image is 31.8 nats: the low halves of 129 of them exceed what is left below 2^32 in the shifted high halves.
  const images = 129;
  const labels = new Uint32Array(images).fill(1);
  const logits = new Float32Array(2 * images).fill(31.807, 0, images);
  const one = await lossOnDevice(2, 1, new Float32Array([31.807, 0]), new Uint32Array([1]), 256);
  const low = (one.units % 2 ** 16) * images;
  const shifted = (Math.floor(one.units / 2 ** 16) * images * 2 ** 16) % 2 ** 32;
  assert.ok(low + shifted >= 2 ** 32, 'there is no carry to test');
  const { units } = await lossOnDevice(2, images, logits, labels, 256);
  assert.is(units, images * one.units);
});

test('losses are clamped, so that a hopeless image counts as the largest loss', async () => {
  const images = 2_000;
  const labels = new Uint32Array(images).fill(1);
  const logits = new Float32Array(2 * images).fill(1e9, 0, images);
  const { units } = await lossOnDevice(2, images, logits, labels, 256);
  assert.is(units, images * MAX_LOSS * LOSS_UNITS);
});

test('of equal logits the first is the prediction', async () => {
  const logits = new Float32Array([5, 1, 5, 1, 5, 5]); // three classes, two images: [5, 5, 5] and [1, 1, 5]
  const { correct } = await lossOnDevice(3, 2, logits, new Uint32Array([0, 2]), 64);
  assert.is(correct, 2);
  assert.is((await lossOnDevice(3, 2, logits, new Uint32Array([2, 1]), 64)).correct, 0);
});

test('every image has its loss, and their sum is the sum', async () => {
  const [classes, images] = [4, 77];
  const random = generator('losses');
  const evaluating = {
    ...{ classes, images, workgroupSize: 32, logits: random.floats(classes * images, 6) },
    labels: Uint32Array.from({ length: images }, () => random.below(classes)),
  };
  const losses = await runLoss('losses', evaluating);
  const [low] = await runLoss('states', evaluating);
  assert.is(
    losses.reduce((sum, loss) => sum + loss, 0),
    low,
  );
  const expected = new Uint32Array(images);
  const logits = new Float64Array(padImages(evaluating.logits, images));
  referenceLoss({ classes }, images, logits, evaluating.labels, expected);
  losses.forEach((loss, image) => {
    const error = Math.abs(loss - expected[image]!) / LOSS_UNITS;
    assert.ok(
      error <= lossBound(classes, expected[image]! / LOSS_UNITS),
      `image ${image} is off by ${error}`,
    );
  });
});

test('a candidate stops once its sum is above its limit, and not before', async () => {
  const evaluating = {
    ...{ classes: 2, images: 10, workgroupSize: 4, logits: new Float32Array(20).fill(20, 0, 10) },
    labels: new Uint32Array(10).fill(1),
  };
  const [low] = await runLoss('states', evaluating);
  // Before it: a sum whose low word is about to overflow, 3 correct of 7 images.
  const before = [0xfffffff0, 4, 3, 7];
  const after = [(low! + 0xfffffff0) >>> 0, 5, 3, 17];
  const stateAt = async (limit: readonly [number, number]) =>
    Array.from(await runLoss('states', { ...evaluating, limit, state: before })).slice(0, 5);
  assert.equal(await stateAt([after[0]!, 5]), [...after, 0]);
  assert.equal(await stateAt([after[0]! - 1, 5]), [...after, 1]);
  assert.equal(await stateAt([0xffffffff, 4]), [...after, 1]);
  assert.equal(await stateAt([0, 6]), [...after, 0]);
});

test('a candidate that was stopped is left as it is', async () => {
  const state = [11, 12, 13, 14, 1, 0, 0, 0];
  const states = await runLoss('states', {
    ...{
      classes: 2,
      images: 10,
      workgroupSize: 64,
      logits: new Float32Array(20),
      labels: new Uint32Array(10),
    },
    state,
  });
  assert.equal(Array.from(states), state);
});

test.run();
