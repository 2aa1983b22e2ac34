/** Numbers so large that sums of them could overflow are refused; the largest that are not give the same finite loss everywhere. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import { checkImages } from '../../../src/engine/images.ts';
import { openEngine, referenceEngine } from '../../../src/node.ts';
import { ACTIVATION_LIMIT } from '../../../src/kernels/spec.ts';
import { activation, conv2d, dense, flatten, NetworkBuilder } from '../../../src/network/builder.ts';
import type { Model } from '../../../src/network/model.ts';
import { parameterShapes } from '../../../src/network/parameter-shapes.ts';
import { elementsOf } from '../../../src/network/shapes.ts';
import { fullMasks } from '../../../src/core/mask.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const builder = new NetworkBuilder([1, 4, 4]);
builder.add(conv2d('conv', { outChannels: 2, kernel: 3 }));
builder.add(activation('leaky', 'leaky-relu', -16));
builder.add(flatten('flat'));
builder.add(dense('hidden', { outputs: 3 }));
builder.add(activation('hidden leaky', 'leaky-relu', 16));
builder.add(dense('out', { outputs: 2 }));
const network = builder.build();

/** Weights of the largest magnitude that is allowed, with both signs in each sum. */
const tensors = new Map(
  [...parameterShapes(network)].map(([name, shape]) => [
    name,
    Float32Array.from({ length: elementsOf(shape) }, (_, i) => (i % 3 === 0 ? -1 : 1) * ACTIVATION_LIMIT),
  ]),
);

const imagesOf = (largest: number): ImageSet => ({
  ...{ count: 6, channels: 1, height: 4, width: 4 },
  pixels: Float32Array.from({ length: 96 }, (_, i) => (i % 7 === 0 ? -1 : 1) * largest),
  labels: Uint8Array.from({ length: 6 }, (_, i) => i % 2),
});

test('the largest numbers that are allowed give the same finite loss on all backends', async () => {
  const model: Model = { network, normalization: { mean: 0, std: 1 }, tensors };
  const images = imagesOf(Math.fround(ACTIVATION_LIMIT));
  const losses: number[] = [];
  for (const engine of [referenceEngine(), await openEngine({ device: 'wasm', threads: 1 })]) {
    const evaluator = await engine.evaluator(model, images);
    const [evaluation] = await evaluator.evaluate([{ masks: fullMasks(problemOf(network).layers) }]);
    if (!evaluation!.exceeded) losses.push(evaluation!.loss);
    await evaluator.close();
    await engine.close();
  }
  assert.is(losses.length, 2);
  assert.ok(losses[0]! > 0, `losses of ${losses.join(' and ')}`);
  assert.is(losses[0], losses[1]);
});

test('larger numbers, and those that a normalisation makes larger, are refused', async () => {
  const check = (largest: number, std: number) =>
    checkImages({ network, normalization: { mean: 0, std }, tensors }, imagesOf(largest));
  check(9e11, 1e-3);
  await assertBadInput(
    () => check(2e15, 1),
    /^image 0 holds -1\d+ at index 0, magnitudes up to 1000000000000000 are/,
  );
  await assertBadInput(() => check(2e12, 1e-3), /magnitudes up to 1000000000000 are allowed/);
  await assertBadInput(() => check(NaN, 1), /^image 0 holds NaN/);
});

test.run();
