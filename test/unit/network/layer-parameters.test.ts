import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { batchNorm, conv2d, sequential } from '../../../src/network/builder.ts';
import { layerParameters } from '../../../src/network/layer-parameters.ts';
import { checkModel } from '../../../src/network/check-model.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const small = sequential([1, 1, 1], conv2d('conv', { outChannels: 2, kernel: 1 }), batchNorm('norm', 0.25));
const smallModel = {
  network: small,
  normalization: { mean: 0, std: 1 },
  tensors: new Map([
    ['conv.weight', Float32Array.of(3, 0)],
    ['conv.bias', Float32Array.of(1, -1)],
    ['norm.weight', Float32Array.of(4, 1)],
    ['norm.bias', Float32Array.of(0.5, 2)],
    ['norm.running_mean', Float32Array.of(2, 0)],
    ['norm.running_var', Float32Array.of(3.75, 0.75)],
  ]),
};

test('by hand: a normalisation is folded into weights and bias; a weight of 0 stays 0', () => {
  // scale / sqrt(variance + epsilon) is 2 and 1.
  const [folded] = layerParameters(smallModel);
  assert.equal([...folded!.weight], [6, 0]);
  assert.equal([...folded!.bias], [1 * 2 - 2 * 2 + 0.5, -1 + 2]);
});

test('a variance that is not positive, and a scale that makes weights overflow, are refused', async () => {
  const withNorm = (part: string, value: number) => ({
    ...smallModel,
    tensors: new Map(smallModel.tensors).set(`norm.${part}`, Float32Array.of(1, value)),
  });
  checkModel(smallModel);
  await assertBadInput(
    () => checkModel(withNorm('running_var', -0.25)),
    /batchNorm norm has a variance of -0\.25/,
  );
  await assertBadInput(
    () => checkModel(withNorm('running_var', NaN)),
    /norm\.running_var holds NaN at index 1/,
  );
  const large = {
    ...smallModel,
    tensors: new Map(smallModel.tensors).set('conv.bias', Float32Array.of(9e14, 9e14)),
  };
  const both = { ...large, tensors: new Map(large.tensors).set('norm.weight', Float32Array.of(9e14, 9e14)) };
  await assertBadInput(() => checkModel(both), /folding a normalisation gives a weight of/);
});

test.run();
