import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalizer } from '../../../src/engine/images.ts';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { classesOf, fuse } from '../../../src/network/fuse.ts';
import { batchNorm, dense as denseLayer, flatten, sequential } from '../../../src/network/builder.ts';
import { problemOf } from '../../../src/network/problem.ts';
import type { Network } from '../../../src/network/network.ts';
import { ACTIVATIONS as ACTIVATIONS_ALL, type Activation } from '../../../src/kernels/activation.ts';
import { maskFromBytes } from '../../../src/core/mask.ts';
import { backpropOf, type Backprop } from '../../../src/train/backprop.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { fullMasks, randomImages, randomModel } from '../../helpers/data/models.ts';
import { conv, flat, full, means, modelOf, stack } from '../../helpers/data/networks.ts';

/**
 * Odd sizes throughout. Pooling drops the last row and column of 7 x 9 pixels; then a padded convolution without
 * pooling that must hand its gradient on, and one whose padding is wider than its kernel's reach.
 */
const convolutions = (end: Activation): Network =>
  stack(
    [1, 7, 9],
    conv('a', 4, 3, { padding: 1, end }),
    means('means a'),
    conv('b', 2, 2, { padding: 1, end }),
    conv('c', 5, 2, { padding: 2, end }),
    means('means c'),
    flat,
    full('d', 4, end),
    full('e', 3),
  );

const dense = (end: Activation): Network =>
  stack([1, 3, 5], flat, full('a', 7, end), full('b', 1, end), full('c', 4, end));

const ACTIVATIONS = ['none', 'sigmoid', 'tanh', 'relu'] as const;
const CAPACITY = 5;
const LABELS = Uint8Array.of(2, 0, 1);

/** With parameters and images of order 1, and every buffer dirty from a fuller batch before. */
function preparedBackprop(network: Network, key: string): Backprop {
  const random = seedrandom.alea(key);
  const backprop = backpropOf(network, CAPACITY);
  const fill = (values: Float64Array, scale: number) =>
    values.forEach((_, i) => (values[i] = scale * (2 * random() - 1)));
  fill(backprop.parameters, 3);
  fill(backprop.input, 2);
  backprop.differentiate(Uint8Array.of(1, 1, 0, 2, 0));
  fill(backprop.parameters, 0.8);
  fill(backprop.input, 1.5);
  return backprop;
}

for (const [kind, networkOf] of Object.entries({ convolutions, dense })) {
  for (const activation of ACTIVATIONS) {
    const network = networkOf(activation);

    test(`${kind}, ${activation}: every gradient is the slope of the mean loss`, () => {
      const backprop = preparedBackprop(network, `${kind}/gradient`);
      const { parameters } = backprop;
      backprop.differentiate(LABELS);
      const gradients = backprop.gradients.slice();
      // A five-point slope is off by step^4 / 30 times the fifth derivative and, from the rounding of losses of about 1,
      // by a few times 2^-53 / step. At 2^-10 both are near 1e-13; the margin of 1e4 is for derivatives far above 1. At
      // its kinks relu has no slope: there only the rounding counts, and the step is small enough to miss them all.
      const { step, atol } =
        activation === 'relu' ? { step: 2 ** -20, atol: 1e-8 } : { step: 2 ** -10, atol: 1e-9 };
      const slopes = Float64Array.from(parameters, (value, i) => {
        const lossAt = (steps: number) => {
          parameters[i] = value + steps * step;
          return backprop.evaluate(LABELS).lossSum / LABELS.length;
        };
        const slope = (lossAt(-2) - 8 * lossAt(-1) + 8 * lossAt(1) - lossAt(2)) / (12 * step);
        parameters[i] = value;
        return slope;
      });
      assertClose(gradients, slopes, { label: 'gradients', atol });
      // All of them are put to the test: none hides behind a zero, but for what relu switches off.
      const zeros = gradients.filter((gradient) => Math.abs(gradient) < 1e-6).length;
      const isSparse = zeros < (activation === 'relu' ? 0.5 : 0.01) * gradients.length;
      assert.ok(isSparse, `${zeros} of ${gradients.length} gradients are zero`);
    });

    test(`${kind}, ${activation}: the scores are those of the reference kernels`, () => {
      const [height = 1, width = 1] = network.input.slice(1);
      const classes = classesOf(network);
      const parameters = fuse(network).map(({ weights, biases }, i) => ({
        weight: Float32Array.from({ length: weights }, (_, k) => Math.sin(k * k + i)),
        bias: Float32Array.from({ length: biases }, (_, k) => Math.cos(k + i)),
      }));
      const model = modelOf(network, { mean: 0.5, std: 0.25 }, parameters);
      const pixels = Uint8Array.from({ length: LABELS.length * height * width }, (_, i) => (i * i * 7) % 256);
      const images = { count: LABELS.length, height, width, pixels, labels: LABELS };
      const keepAll = problemOf(network).layers.map(({ shape }) =>
        maskFromBytes(new Uint8Array(shape.reduce((product, side) => product * side, 1)).fill(1)),
      );

      const backprop = backpropOf(network, CAPACITY);
      for (const [name, values] of model.tensors) backprop.tensors.get(name)!.set(values);
      backprop.input.set(Float64Array.from(pixels, (byte) => Math.fround((byte / 255 - 0.5) / 0.25)));
      backprop.evaluate(LABELS);
      const expected = Array.from(LABELS, (_, image) => {
        const one = { ...images, count: 1, pixels: pixels.subarray(image * height * width) };
        // Of a single image the first score of each class, however many images its layout leaves room for.
        const logits = referenceLogits(model, one, keepAll);
        return Array.from({ length: classes }, (_, k) => logits[(k * logits.length) / classes]!);
      }).flat();
      // The same float64 sums of fewer than 100 terms, in another order.
      assertClose(backprop.scores.subarray(0, expected.length), expected, {
        label: 'scores',
        atol: 1e-12,
        rtol: 1e-12,
      });
    });
  }
}

/** Every activation in turn, so that each derivative is put to the test. */
const byActivation = Object.fromEntries(
  ACTIVATIONS_ALL.map((end) => [
    `activation ${end}`,
    stack([1, 3, 5], flat, full('a', 7, end), full('b', 3)),
  ]),
);

for (const [name, network] of Object.entries({ ...GRAPHS, ...byActivation })) {
  test(`${name}: every gradient is the slope of the mean loss, with the statistics of the batch`, () => {
    const random = seedrandom.alea(name);
    const backprop = backpropOf(network, CAPACITY);
    for (const [key, values] of randomModel(network, name).tensors) backprop.tensors.get(key)!.set(values);
    backprop.input.forEach((_, i) => (backprop.input[i] = 1.5 * (2 * random() - 1)));
    const { parameters } = backprop;
    backprop.differentiate(Uint8Array.of(1, 1, 0, 2, 0));
    const before = new Map([...backprop.tensors].map(([key, values]) => [key, values.slice()]));
    backprop.differentiate(LABELS);
    const gradients = backprop.gradients.slice();
    // A central slope is off by step^2 / 6 times the third derivative, about 1e-8 here, and by the rounding of losses, 1e-16 / step; a
    // kink within a step, or another maximum, would show as a difference of the size of the gradient.
    const step = 2 ** -17;
    const slopes = Float64Array.from(parameters, (value, i) => {
      const lossAt = (at: number) => {
        parameters[i] = at;
        return backprop.evaluate(LABELS, 'batch statistics').lossSum / LABELS.length;
      };
      const slope = (lossAt(value + step) - lossAt(value - step)) / (2 * step);
      parameters[i] = value;
      return slope;
    });
    assertClose(gradients, slopes, { label: 'gradients', atol: 1e-6 });
    const zeros = gradients.filter((gradient) => Math.abs(gradient) < 1e-7).length;
    assert.ok(zeros < 0.6 * gradients.length, `${zeros} of ${gradients.length} gradients are zero`);
    // Only running statistics have moved.
    for (const [key, values] of before) {
      const isRunning = /running/.test(key);
      assert.is(
        values.every((value, i) => value === backprop.tensors.get(key)![i]),
        !isRunning,
        key,
      );
    }
  });

  test(`${name}: the scores are those of the reference kernels`, () => {
    const model = randomModel(network, name);
    const images = randomImages(network, 3, name);
    const backprop = backpropOf(network, CAPACITY);
    for (const [key, values] of model.tensors) backprop.tensors.get(key)!.set(values);
    const normalized = normalizer(model, images);
    const size = images.height * images.width;
    images.pixels.forEach((pixel, i) => (backprop.input[i] = normalized(pixel, i % size)));
    backprop.evaluate(images.labels!);
    const logits = referenceLogits(model, images, fullMasks(network));
    const classes = classesOf(network);
    const expected = Array.from(
      { length: 3 * classes },
      (_, i) => logits[(i % classes) * 4 + Math.floor(i / classes)]!,
    );
    // Folded parameters are rounded to float32.
    assertClose(backprop.scores.subarray(0, 3 * classes), expected, {
      label: 'scores',
      rtol: 1e-5,
      atol: 1e-6,
    });
  });
}

test('running statistics move a tenth of the way to those of the batch, the variance being that of a sample', () => {
  const network = sequential(
    [2, 1, 2],
    batchNorm('norm'),
    flatten('flat'),
    denseLayer('out', { outputs: 2 }),
  );
  const backprop = backpropOf(network, 3);
  // Channel 0 of the three images has 1 to 6, channel 1 only 4.
  backprop.input.set([1, 2, 4, 4, 3, 4, 4, 4, 5, 6, 4, 4]);
  const running = (name: string) => [...backprop.tensors.get(`norm.running_${name}`)!];
  assert.equal(
    [running('mean'), running('var')],
    [
      [0, 0],
      [1, 1],
    ],
  );
  backprop.differentiate(Uint8Array.of(0, 1, 1));
  assertClose(running('mean'), [0.35, 0.4], { label: 'mean', atol: 1e-15 });
  assertClose(running('var'), [0.9 + 0.1 * 3.5, 0.9], { label: 'variance', atol: 1e-15 });
  // What is evaluated uses them and moves nothing.
  const before = backprop.evaluate(Uint8Array.of(0, 1, 1)).lossSum;
  assertClose(running('mean'), [0.35, 0.4], { label: 'mean', atol: 1e-15 });
  backprop.tensors.get('out.weight')!.fill(1);
  backprop.tensors.get('norm.weight')!.fill(1);
  assert.is(before, 3 * Math.LN2);
  backprop.evaluate(Uint8Array.of(0, 1, 1));
  const score = (1 + 2 - 0.7) / Math.sqrt(1.25 + 1e-5) + 7.2 / Math.sqrt(0.9 + 1e-5);
  assertClose([backprop.scores[0]!], [score], { label: 'score', rtol: 1e-12, allowConstant: true });
});

test('evaluate and differentiate agree on the loss, and only differentiate changes the gradients', () => {
  const backprop = preparedBackprop(convolutions('tanh'), 'agree');
  const before = backprop.gradients.slice();
  const evaluated = backprop.evaluate(LABELS);
  assert.equal(backprop.gradients, before);
  assert.equal(backprop.differentiate(LABELS), evaluated);
  assert.not.equal(backprop.gradients, before);
});

test("the gradient of a batch is the mean of its images' gradients", () => {
  const backprop = preparedBackprop(convolutions('sigmoid'), 'mean');
  const size = 7 * 9;
  const images = backprop.input.slice(0, LABELS.length * size);
  backprop.differentiate(LABELS);
  const together = backprop.gradients.slice();
  const mean = new Float64Array(together.length);
  LABELS.forEach((label, image) => {
    backprop.input.set(images.subarray(image * size, (image + 1) * size));
    backprop.differentiate(Uint8Array.of(label));
    backprop.gradients.forEach((gradient, i) => (mean[i]! += gradient / LABELS.length));
  });
  assertClose(together, mean, { label: 'gradients', atol: 1e-14, rtol: 1e-12 });
});

test.run();
