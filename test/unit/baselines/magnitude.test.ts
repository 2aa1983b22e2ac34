import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { magnitudeGlobalOrder, magnitudeUniformOrder } from '../../../src/baselines/magnitude.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { modelOf, valuesOf } from '../../helpers/data/networks.ts';
import { handModel } from './hand-model.ts';

/** Magnitudes 0.3 throughout, signs alternating. */
const equal = modelOf(
  handModel.network,
  handModel.normalization,
  valuesOf(handModel).map(({ bias }) => ({ weight: Float32Array.of(0.3, -0.3, 0.3, -0.3), bias })),
);

test('uniform, by hand: layers take turns, each by rising magnitude, whatever the sign', () => {
  assert.equal([...magnitudeUniformOrder(handModel).weights], [2, 6, 3, 7, 0, 4, 1, 5]);
});

test('global, by hand: by rising magnitude over both layers', () => {
  assert.equal([...magnitudeGlobalOrder(handModel).weights], [6, 7, 2, 3, 0, 1, 4, 5]);
});

test('equal magnitudes go by index', () => {
  assert.equal([...magnitudeUniformOrder(equal).weights], [0, 4, 1, 5, 2, 6, 3, 7]);
  assert.equal([...magnitudeGlobalOrder(equal).weights], [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('a model without all of its parameters is refused', async () => {
  const half = { ...handModel, tensors: new Map([...handModel.tensors].slice(1)) };
  await assertBadInput(() => magnitudeUniformOrder(half), /the model has no parameter fc\.weight/);
  await assertBadInput(() => magnitudeGlobalOrder(half), /the model has no parameter fc\.weight/);
});

test.run();
