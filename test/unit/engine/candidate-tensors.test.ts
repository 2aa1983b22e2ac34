import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CandidateTensors } from '../../../src/engine/candidate-tensors.ts';
import { batchNorm, conv2d, dense, flatten, sequential } from '../../../src/network/builder.ts';
import { fuse } from '../../../src/network/fuse.ts';
import { layerParameters } from '../../../src/network/layer-parameters.ts';
import type { LayerTensors } from '../../../src/search/contract.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { withTensors } from '../../helpers/data/candidate-tensors.ts';
import { randomModel } from '../../helpers/data/models.ts';

/** A normalisation that is folded into two layers, and a dense layer without one. */
const network = sequential(
  [1, 4, 4],
  conv2d('first', { outChannels: 2, kernel: 1 }),
  batchNorm('norm'),
  conv2d('second', { outChannels: 2, kernel: 1, bias: false }),
  { ...batchNorm('norm'), name: 'norm again' },
  flatten('flat'),
  dense('out', { outputs: 2 }),
);
const model = randomModel(network, 'candidate tensors');
const layers = fuse(network);
const tensors = new CandidateTensors(model, layers);

const other = (name: string, value = 0.25): [string, Float32Array] => [
  name,
  model.tensors.get(name)!.with(0, value),
];
const of = (...all: readonly (readonly [string, Float32Array][] | undefined)[]) =>
  Array.from({ length: 3 }, (_, i) => all[i] && (new Map(all[i]) as LayerTensors));

test('parameters that change are those of the model with the tensors, the others are undefined', () => {
  for (const [candidate, expected] of [
    [of([other('first.weight')]), ['weight', '', '']],
    [of([other('first.bias')]), ['bias', '', '']],
    [of([other('norm.bias')]), ['bias', 'bias', '']],
    [of(undefined, [other('norm.running_mean')]), ['bias', 'bias', '']],
    [of(undefined, [other('norm.weight')]), ['weight bias', 'weight bias', '']],
    [of([other('norm.running_var')]), ['weight bias', 'weight bias', '']],
    [of(undefined, [other('second.weight')], [other('out.bias')]), ['', 'weight', 'bias']],
    [of(undefined, undefined, [other('out.weight'), other('out.bias')]), ['', '', 'weight bias']],
  ] as const) {
    const parameters = tensors.parametersOf(candidate)!;
    const fresh = layerParameters(withTensors(model, candidate));
    const names = parameters.map((one, s) =>
      (['weight', 'bias'] as const)
        .filter((name) => {
          const values = one?.[name];
          if (values) assert.equal(values, fresh[s]![name]);
          else assert.equal(layerParameters(model)[s]![name], fresh[s]![name], 'it stays as in the model');
          return values;
        })
        .join(' '),
    );
    assert.equal(names, expected);
  }
});

test('nothing changes for no tensors, empty ones and those of the model', () => {
  const own = of([['norm.bias', model.tensors.get('norm.bias')!]], []);
  for (const candidate of [undefined, of(), own]) assert.is(tensors.parametersOf(candidate), undefined);
});

test('equal arrays give the same parameters again, whatever map they are in', () => {
  const [weight, shift] = [other('first.weight'), other('norm.bias')];
  const first = tensors.parametersOf(of([weight]))!;
  const again = tensors.parametersOf(of([weight, shift]))!;
  assert.is(again[0]!.weight, first[0]!.weight);
  assert.is(tensors.parametersOf(of([shift]))![0]!.bias, again[0]!.bias);
  assert.is.not(tensors.parametersOf(of([other('first.weight')]))![0]!.weight, first[0]!.weight);
  // Without a normalisation it is the array itself.
  const out = other('out.weight');
  assert.is(tensors.parametersOf(of(undefined, undefined, [out]))![2]!.weight, out[1]);
});

test('what does not fit, is not finite or overflows when it is folded is refused', async () => {
  const refused = (candidate: ReturnType<typeof of>, message: RegExp) =>
    assertBadInput(() => tensors.parametersOf(candidate), message);
  await refused(of().slice(1), /tensors for 2 layers, the network has 3 prunable layers/);
  await refused(of([other('second.weight')]), /"second\.weight" is no tensor of layer "first"/);
  await refused(of([['first.weight\n', new Float32Array(2)]]), /"first\.weight\\n" is no tensor/);
  await refused(of([['norm.bias', new Float32Array(3)]]), /norm\.bias has 3 numbers, 2 are needed/);
  await refused(of([other('first.weight', NaN)]), /first\.weight holds NaN at index 0/);
  await refused(of([other('norm.running_var', -1)]), /batchNorm norm has a variance of -1/);
  const tiny = other('norm.running_var', 0);
  await refused(of([other('norm.weight', 1e15), tiny]), /folding a normalisation gives a weight of/);
  await refused(of([other('norm.bias')], [other('norm.bias', 2)]), /"norm\.bias" is given twice/);
  // An array that is right for one tensor is not for another.
  const array = new Float32Array(4);
  assert.ok(tensors.parametersOf(of(undefined, [['second.weight', array]])));
  await refused(of(undefined, [['norm.bias', array]]), /norm\.bias has 4 numbers/);
  // What was refused is refused again.
  const bad = of([other('norm.weight', 1e15), tiny]);
  for (let i = 0; i < 2; i++) await refused(bad, /folding a normalisation/);
});

test.run();
