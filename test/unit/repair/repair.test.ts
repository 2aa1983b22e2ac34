/** Repair of whole networks, on the float64 reference. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import { fuse } from '../../../src/network/fuse.ts';
import type { Model } from '../../../src/network/model.ts';
import { parameterUses } from '../../../src/network/parameter-shapes.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { isKept, type Masks } from '../../../src/core/mask.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { activation, batchNorm, conv2d, dense, flatten, sequential } from '../../../src/network/builder.ts';
import { biasPlaceOf } from '../../../src/repair/bias-place.ts';
import { repaired, type RepairOptions } from '../../../src/repair/repair.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const normed = sequential(
  [2, 6, 6],
  conv2d('conv', { outChannels: 4, kernel: 3, padding: 1, bias: false }),
  batchNorm('norm'),
  activation('relu', 'relu'),
  conv2d('deep', { outChannels: 4, kernel: 3, groups: 4, bias: false }),
  batchNorm('deep norm'),
  flatten('flat'),
  dense('out', { outputs: 3 }),
);

const NETWORKS = { tiny: tinyNetwork, 'normalised, without biases': normed, ...GRAPHS };
const IMAGES = 40;

async function repairOf(model: Model, masks: Masks, options?: RepairOptions): Promise<Model> {
  const engine = referenceEngine();
  const calibrator = await engine.calibrator(model, randomImages(model.network, IMAGES, 'calibration'));
  try {
    return await repaired(calibrator, model, masks, options);
  } finally {
    await engine.close();
  }
}

/** Mean squared difference of the outputs to those of the unpruned network. */
async function outputError(model: Model, other: Model): Promise<number> {
  const engine = referenceEngine();
  const outputs = async (one: Model) => {
    const evaluator = await engine.evaluator(one, randomImages(model.network, IMAGES, 'calibration'));
    return (await evaluator.evaluateOutputs!(fullMasks(model.network))).outputs;
  };
  const [a, b] = [await outputs(model), await outputs(other)];
  await engine.close();
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
}

/** All weights of an output are those of the frozen network times one factor, which is 1 for few. */
function assertFactors(frozen: Model, affine: Model): void {
  let changed = 0;
  for (const { weight, shape } of problemOf(frozen.network).layers) {
    const [before, after] = [frozen, affine].map(({ tensors }) => tensors.get(weight!)!);
    const inputs = before!.length / shape[0]!;
    for (let first = 0; first < before!.length; first += inputs) {
      const own = before!.subarray(first, first + inputs);
      const at = own.reduce((most, value, i) => (Math.abs(value) > Math.abs(own[most]!) ? i : most), 0);
      const factor = own[at] === 0 ? 1 : after![first + at]! / own[at]!;
      own.forEach((value, i) => {
        const found = after![first + i]!;
        assert.ok(Math.abs(found - factor * value) <= 1e-6 * (1 + Math.abs(found)), `${weight} ${first + i}`);
      });
      if (Math.abs(factor - 1) > 1e-3) changed++;
    }
  }
  assert.ok(changed > 3, `${changed} factors`);
}

for (const [name, network] of Object.entries(NETWORKS)) {
  const model = randomModel(network, name);
  const layers = problemOf(network).layers;

  test(`what is not pruned stays as it is: ${name}`, async () => {
    const same = await repairOf(model, fullMasks(network));
    for (const [tensor, values] of model.tensors)
      values.forEach((value, i) => {
        const found = same.tensors.get(tensor)![i]!;
        assert.ok(
          Math.abs(found - value) <= 1e-4 * (1 + Math.abs(value)),
          `${tensor} ${i}: ${found}, ${value}`,
        );
      });
  });

  test(`repair brings the outputs closer, and leaves pruned weights at 0: ${name}`, async () => {
    const masks = randomMasks(network, 0.6, name);
    const frozen = applyMasks(model, masks);
    const [bias, squares] = [await repairOf(model, masks, { repair: 'bias' }), await repairOf(model, masks)];
    layers.forEach(({ weight }, i) => {
      squares.tensors.get(weight!)!.forEach((value, at) => {
        if (!isKept(masks[i]!, at)) assert.is(value, 0);
      });
      assert.equal(
        bias.tensors.get(weight!),
        frozen.tensors.get(weight!),
        'weights stay if only biases may change',
      );
    });
    const before = await outputError(model, frozen);
    const after = await outputError(model, squares);
    assert.ok(after < 0.7 * before, `${after} is not much less than ${before}`);
    assert.ok((await outputError(model, bias)) < before, 'biases help');
    const affine = await repairOf(model, masks, { repair: 'affine' });
    assertFactors(frozen, affine);
    assert.ok((await outputError(model, affine)) < before, 'so do factors');
    // Nothing but weights, biases and shifts may change.
    for (const [tensor, values] of model.tensors) {
      const isWeight = layers.some(({ weight }) => weight === tensor);
      if (!isWeight && !/bias$|shift$/.test(tensor))
        assert.equal(squares.tensors.get(tensor), values, tensor);
    }
  });
}

test('a bias has one place, and none where others use it', () => {
  const counts = parameterUses(normed);
  const { tensors } = randomModel(normed, 'places');
  const [conv, deep, out] = fuse(normed);
  const scaleOf = (norm: string) =>
    tensors
      .get(`${norm}.weight`)!
      .map((scale, c) => scale / Math.sqrt(tensors.get(`${norm}.running_var`)![c]! + 1e-5));
  for (const [layer, norm] of [
    [conv!, 'norm'],
    [deep!, 'deep norm'],
  ] as const) {
    const place = biasPlaceOf([layer], tensors, counts)!;
    assert.is(place.name, `${norm}.bias`);
    assert.ok(place.isShift);
    scaleOf(norm).forEach((factor, c) => assert.ok(Math.abs(place.factors[c]! - factor) < 1e-6));
  }
  assert.is(biasPlaceOf([out!], tensors, counts)!.name, 'out.bias');
  assert.is(biasPlaceOf([conv!], tensors, new Map([...counts, ['norm.bias', 2]])), undefined);
  assert.is(biasPlaceOf([out!], tensors, new Map([...counts, ['out.bias', 2]])), undefined);
});

test.run();
