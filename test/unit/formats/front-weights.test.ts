/** Weights of several pruned versions of a model in one file. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept } from '../../../src/core/mask.ts';
import {
  frontWeightsFromSafetensors,
  frontWeightsToSafetensors,
} from '../../../src/formats/safetensors/front-weights.ts';
import { decodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const model = randomModel(tinyNetwork, 'unpruned');
const states = ['a', 'b'].map((seed) => {
  const masks = randomMasks(tinyNetwork, 0.3, seed);
  return { masks, tensors: applyMasks(randomModel(tinyNetwork, seed), masks).tensors };
});
const front = [states[0]!, { masks: randomMasks(tinyNetwork, 0.5, 'c') }, states[1]!];
const bytes = frontWeightsToSafetensors(model, front);

test('every version has its own numbers again, one without any the model’s', () => {
  const found = frontWeightsFromSafetensors(
    bytes,
    model,
    front.map(({ masks }) => masks),
  );
  assert.equal(found, [states[0]!.tensors, model.tensors, states[1]!.tensors]);
});

test('of weights only those that are kept are stored', () => {
  const { tensors } = decodeSafetensors(bytes);
  const { weight } = problemOf(tinyNetwork).layers[1]!;
  assert.is(tensors.get(`2.${weight}`)!.data.length, countKept(states[1]!.masks[1]!));
  assert.not([...tensors.keys()].some((name) => name.startsWith('1.')));
});

test('a file of another run is refused', async () => {
  await assertBadInput(
    () => frontWeightsFromSafetensors(bytes, model, [randomMasks(tinyNetwork, 0.9, 'other')]),
    /0\..* is not \d+ numbers of type F32/,
  );
});

test.run();
