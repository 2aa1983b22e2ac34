import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import { targetsOf } from '../../../src/engine/targets.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Task } from '../../../src/network/task.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { flat, full, stack } from '../../helpers/data/networks.ts';
import { searchError } from '../../helpers/search/drive-search.ts';

const model = (task: Task, outputs: number): Model => ({
  network: stack([1, 1, 2], flat, full('out', outputs)),
  normalization: { mean: 0.5, std: 0.5 },
  tensors: new Map(),
  task,
});

const images: ImageSet = { count: 3, height: 1, width: 2, pixels: Uint8Array.of(0, 255, 255, 255, 0, 0) };
const withTargets = (...targets: number[]) => ({ ...images, targets: Float32Array.from(targets) });

test('answers are scaled by the outputs, numbers by the outputs and the mean of their variances', () => {
  const asked = targetsOf(model('binary', 2), withTargets(1, 0, 0, 1, 1, 1));
  assert.equal([asked.loss.scale, asked.perImage, [...asked.values]], [1 / 2, 2, [1, 0, 0, 1, 1, 1]]);
  // Variances 2/3 and 8/3.
  const { loss } = targetsOf(model('regression', 2), withTargets(1, 2, 2, 4, 3, 6));
  assert.ok(Math.abs(loss.scale - 1 / (2 * ((2 / 3 + 8 / 3) / 2))) < 1e-15);
});

test('an autoencoder has its normalised inputs as targets, unless there are others', () => {
  assert.equal([...targetsOf(model('regression', 2), images).values], [-1, 1, 1, 1, -1, -1]);
  const other = targetsOf(model('regression', 2), withTargets(1, 2, 3, 4, 5, 7));
  assert.equal([...other.values], [1, 2, 3, 4, 5, 7]);
});

const soft = (...softTargets: number[]) => ({
  ...images,
  labels: Uint8Array.of(1, 0, 2),
  softTargets: Float32Array.from(softTargets),
});

test('soft targets are behind the label of their image, and sum to 1', () => {
  const { loss, perImage, values } = targetsOf(
    model('classes', 3),
    soft(...[0, 1, 0], ...[0.5, 0.25, 0.25], ...[0.3331, 0.3331, 0.3331]),
  );
  assert.equal([loss, perImage], [{ kernel: 'soft_cross_entropy', outputs: 3, scale: 1 }, 4]);
  assert.equal([...values.subarray(0, 9)], [1, 0, 1, 0, 0, 0.5, 0.25, 0.25, 2]);
  for (const value of values.subarray(9)) assert.is(value, Math.fround(1 / 3));
});

test('what does not fit is refused in a sentence', async () => {
  for (const [task, outputs, set, message] of [
    ['classes', 2, images, /0 labels for 3 images/],
    ['classes', 3, { ...soft(1), labels: undefined }, /0 labels for 3 images/],
    ['classes', 3, soft(1, 0, 0, 1, 0, 0), /2 soft targets per image, the network has 3 classes/],
    ['classes', 3, soft(1, 0, 0, 1, 0, 0, 1, 1, -1), /soft target 2 of image 2 is -1/],
    ['classes', 3, soft(1, 0, 0, 1, NaN, 0, 1, 0, 0), /soft target 1 of image 1 is NaN/],
    ['classes', 3, soft(1, 0, 0, 0.5, 0.4, 0, 1, 0, 0), /the soft targets of image 1 sum to 0\.9/],
    ['binary', 3, soft(1, 0, 0, 1, 0, 0, 1, 0, 0), /soft targets, but the network's task is binary/],
    ['binary', 1, images, /no targets/],
    ['binary', 1, withTargets(0, 1, 0.5), /target 0 of image 2 is 0\.5/],
    ['binary', 2, withTargets(0, 1, 1), /1 targets per image, the network has 2 outputs/],
    ['regression', 1, images, /no targets/],
    ['regression', 1, withTargets(0, 1, NaN), /target 0 of image 2 is NaN/],
    ['regression', 1, withTargets(0, 1e16, 1), /target 0 of image 1 is 10000000272564224/],
    ['regression', 1, withTargets(7, 7, 7), /the targets of all 3 images are equal/],
    ['regression', 2, { ...images, pixels: new Uint8Array(6) }, /the targets of all 3 images are equal/],
  ] as const)
    await assertBadInput(() => targetsOf(model(task, outputs), set), message);
});

test('more predictions than 32 bits count are refused', async () => {
  const many = { ...images, count: 2 ** 31 };
  const error = await searchError('limit-exceeded', () => targetsOf(model('binary', 2), many));
  assert.match(error.message, '4294967296 predictions');
});

test.run();
