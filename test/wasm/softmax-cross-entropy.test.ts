import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BLOCK } from '../../src/engine/wasm/layout.ts';
import { softmaxCrossEntropy } from '../../src/kernels/reference/softmax-cross-entropy.ts';
import { MAX_LOSS, LOSS_UNITS } from '../../src/kernels/softmax-cross-entropy.ts';
import { generator } from '../helpers/numbers.ts';
import { padImages } from '../helpers/run-kernel.ts';
import { lossBound } from '../helpers/tolerance.ts';
import { assertOnlyWrites, openKernels, UNWRITTEN } from '../helpers/wasm-kernel.ts';

/** Byte addresses, with room for 37 classes and 64 labels. */
const LOGITS = 4_096;
const LABELS = 12_288;
const ORDER = 16_384;
const LOSSES = 20_480;

/**
 * The losses of up to 24 images and how many are right, the same from both builds; `logits` is [class, image]. Fails if
 * anything but those losses is written.
 */
async function lossesOf(classes: number, images: number, logits: Float32Array, labels: Uint8Array) {
  // The block's images stand somewhere among more, in an order of their own.
  const order = Uint32Array.from({ length: images }, (_, i) => (i * 37 + 5) % 64);
  const [first, second] = await Promise.all(
    [true, false].map(async (shared) => {
      const opened = await openKernels(shared, 1);
      const { kernels, bytes, words, floats } = opened;
      // Lanes of no image hold what would be seen in every loss it got into.
      floats.fill(UNWRITTEN, LOGITS / 4, LOGITS / 4 + classes * BLOCK);
      logits.forEach((logit, i) => {
        floats[LOGITS / 4 + Math.floor(i / images) * BLOCK + (i % images)] = logit;
      });
      bytes.fill(255, LABELS, LABELS + 64);
      order.forEach((place, i) => (bytes[LABELS + place] = labels[i]!));
      words.set(order, ORDER / 4);
      floats.fill(UNWRITTEN, LOSSES / 4, LOSSES / 4 + BLOCK);
      const written = Uint32Array.from({ length: images }, (_, i) => LOSSES / 4 + i);
      let correct = NaN;
      assertOnlyWrites(opened, { start: 0, end: bytes.length, written }, () => {
        correct = kernels.softmax_cross_entropy(LOGITS, classes, LABELS, ORDER, images, LOSSES);
      });
      return { losses: Array.from(words.subarray(LOSSES / 4, LOSSES / 4 + images)), correct };
    }),
  );
  assert.equal(first, second, 'the builds differ');
  return first!;
}

for (const [classes, images] of [
  [10, 1],
  [10, 24],
  [10, 13],
  [3, 23],
  [2, 4],
  [2, 5],
  [37, 22],
  [1, 3],
] as const) {
  test(`${classes} classes, ${images} images`, async () => {
    const random = generator(`${classes} ${images}`);
    const logits = random.floats(classes * images, 6);
    // Outliers: a certain hit, a certain miss, and logits far below the others.
    logits[0] = 60;
    logits[images - 1] = -90;
    const labels = Uint8Array.from({ length: images }, () => random.below(classes));
    const actual = await lossesOf(classes, images, logits, labels);
    const expected = new Uint32Array(images);
    const padded = new Float64Array(padImages(logits, images));
    const { correct } = softmaxCrossEntropy({ classes }, images, padded, labels, expected);
    assert.is(actual.correct, correct);
    actual.losses.forEach((units, i) => {
      const loss = expected[i]! / LOSS_UNITS;
      const error = Math.abs(units / LOSS_UNITS - loss);
      assert.ok(error <= lossBound(classes, loss), `image ${i} is off by ${error} nats`);
    });

    if (classes === 1) return;
    const image = images >> 1;
    const wrong = labels.with(image, (labels[image]! + 1) % classes);
    softmaxCrossEntropy({ classes }, images, padded, wrong, expected);
    const error = Math.abs(actual.losses[image]! - expected[image]!) / LOSS_UNITS;
    assert.ok(error > lossBound(classes, expected[image]! / LOSS_UNITS), 'a wrong label goes unnoticed');
  });
}

test('equal images have equal losses, whatever their lane: many of 20 nats sum exactly', async () => {
  const { losses, correct } = await lossesOf(
    2,
    BLOCK,
    new Float32Array(2 * BLOCK).fill(20, 0, BLOCK),
    new Uint8Array(BLOCK).fill(1),
  );
  assert.is(new Set(losses).size, 1);
  assert.is(correct, 0);
  assert.ok(Math.abs(losses[0]! / LOSS_UNITS - (20 + Math.log1p(Math.exp(-20)))) <= lossBound(2, 20));
});

test('losses are clamped, so that a hopeless image counts as the largest loss', async () => {
  const logits = new Float32Array([1e9, 4096, 4095, 4094, 1e15, 0, 0, 0, 0, -1e15]);
  const { losses } = await lossesOf(2, 5, logits, new Uint8Array(5).fill(1));
  const largest = MAX_LOSS * LOSS_UNITS;
  assert.equal(losses, [largest, largest, largest, 4094 * LOSS_UNITS, largest]);
});

test('a loss is never below 0, however sure the prediction', async () => {
  const logits = new Float32Array([1e15, 90, 3, -1e15, 0, 3]);
  const { losses, correct } = await lossesOf(2, 3, logits, new Uint8Array(3));
  assert.equal(losses, [0, 0, Math.round(Math.LN2 * LOSS_UNITS)]);
  assert.is(correct, 3);
});

test('of equal logits the first is the prediction', async () => {
  const logits = new Float32Array([5, 1, 5, 1, 5, 5]); // three classes, two images: [5, 5, 5] and [1, 1, 5]
  assert.is((await lossesOf(3, 2, logits, new Uint8Array([0, 2]))).correct, 2);
  assert.is((await lossesOf(3, 2, logits, new Uint8Array([2, 1]))).correct, 0);
  assert.is((await lossesOf(3, 2, logits, new Uint8Array([1, 0]))).correct, 0);
});

test.run();
