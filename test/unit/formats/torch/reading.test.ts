/** Weights from files of torch.save, in both formats, wherever training loops put them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromTorch } from '../../../../src/formats/torch/model.ts';
import type { ModelOptions } from '../../../../src/formats/model-options.ts';
import type { Network } from '../../../../src/network/network.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { parameterShapes } from '../../../../src/network/parameter-shapes.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import {
  dict,
  ordered,
  Parameter,
  Storage,
  TestTensor,
  tensor,
  torchLegacy,
  torchZip,
  type TorchValue,
} from '../../../helpers/torch/file.ts';
import { Call, Global, pickle } from '../../../helpers/torch/pickle.ts';
import { network, NUMBERS, numbersOf, stateDict } from '../../../helpers/torch/network.ts';

const FORMATS = { zip: torchZip, legacy: torchLegacy };
const read = (bytes: Uint8Array, options: ModelOptions = { architecture: network }) =>
  modelFromTorch({ name: 'net.pt', bytes }, options);

function assertNumbers(bytes: Uint8Array, prefix = '', what = ''): void {
  const { tensors } = read(bytes);
  assert.equal(
    [...tensors.keys()],
    [...NUMBERS.keys()].map((name) => `${prefix}${name}`),
    what,
  );
  for (const [name, numbers] of NUMBERS)
    assert.equal(tensors.get(`${prefix}${name}`), numbers, `${what} ${name}`);
}

for (const [format, write] of Object.entries(FORMATS)) {
  for (const type of ['float32', 'float64', 'float16', 'bfloat16'] as const) {
    test(`a state dict of ${type} is read from the ${format} format, of either byte order`, () => {
      assertNumbers(write(ordered(stateDict(type))));
      assertNumbers(write(ordered(stateDict(type)), { bigEndian: true }), '', 'big-endian');
    });
  }

  test(`tensors with strides, offsets and a common storage are read from the ${format} format`, () => {
    const all = [...NUMBERS.values()];
    const gap = [9, 9, 9];
    const common = new Storage(all.flatMap((numbers) => [...gap, ...numbers]));
    let at = 0;
    const members: Record<string, TestTensor> = {};
    for (const [name, shape] of parameterShapes(network)) {
      members[name] = new TestTensor(common, shape, { offset: at + gap.length });
      at += gap.length + NUMBERS.get(name)!.length;
    }
    assertNumbers(write(dict(members)), '', 'offsets');
    // The transpose of a tensor whose transpose is stored.
    const weight = NUMBERS.get('fc.weight')!;
    const [rows, columns] = [5, 27];
    const turned = Array.from(weight, (_, i) => weight[(i % rows) * columns + Math.floor(i / rows)]!);
    members['fc.weight'] = new TestTensor(new Storage(turned), [rows, columns], { strides: [1, rows] });
    assertNumbers(write(dict(members)), '', 'strides');
  });
}

const plain = ordered(stateDict());
const optimizer = dict({
  state: dict({ 0: dict({ step: 3, exp_avg: tensor([3, 1, 3, 3], numbersOf('moments', 27)) }) }),
  param_groups: [dict({ lr: 0.1, params: [0, 1] })],
});
const scalar = new Call(new Global('numpy.core.multiarray', 'scalar'), [new Global('numpy', 'dtype'), 'x']);
const PLACES: Readonly<Record<string, TorchValue>> = {
  'a dict': dict(stateDict()),
  state_dict: dict({ epoch: 3, state_dict: plain, optimizer }),
  'model_state_dict, beside a loss that is a tensor': dict({
    loss: tensor([], [0.5]),
    model_state_dict: plain,
    optimizer_state_dict: optimizer,
  }),
  net: dict({ net: plain, acc: 91.5, best: scalar }),
  'a name of its own': dict({ epoch: 1, generator: plain }),
  'two levels down': dict({ checkpoint: dict({ model: plain, args: dict({}) }) }),
  'the usual one of two': dict({ ema: ordered(stateDict('float64')), model: plain }),
  'a list': [plain, 12],
  'integer buffers': ordered({
    ...stateDict(),
    'bn.num_batches_tracked': tensor([], [7], 'int64'),
    version: 'a text',
  }),
};

for (const [place, root] of Object.entries(PLACES)) {
  test(`weights are found in ${place}`, () => {
    for (const write of Object.values(FORMATS)) assertNumbers(write(root));
  });
}

const MODULE = new Global('mine.nets', 'Net');
const child = (parameters: Readonly<Record<string, TorchValue>>): TorchValue => ({
  of: new Global('torch.nn.modules.linear', 'Linear'),
  attributes: {
    training: true,
    _parameters: ordered(parameters),
    _buffers: ordered({}),
    _modules: ordered({}),
  },
});
const membersOf = (name: string) => ({
  weight: new Parameter(stateDict()[`${name}.weight`]!),
  bias: new Parameter(stateDict()[`${name}.bias`]!),
});
const whole: TorchValue = {
  of: MODULE,
  attributes: {
    training: false,
    hook: new Call(new Global('functools', 'partial'), [new Global('mine.nets', 'hook')]),
    _parameters: ordered({}),
    _buffers: ordered({ counter: tensor([], [1], 'int64') }),
    _modules: ordered(
      Object.fromEntries(['conv', 'fc', 'out'].map((name) => [name, child(membersOf(name))])),
    ),
  },
};

test('a whole module is walked through, and none of its classes is looked up', async () => {
  for (const write of Object.values(FORMATS)) {
    assertNumbers(write(whole));
    assertNumbers(write(dict({ epoch: 4, model: whole })));
    await assertBadInput(
      () => read(write(whole), {}),
      /holds the weights of a whole module of class "mine\.nets\.Net", whose graph is Python code/,
    );
  }
});

test('a TorchScript module is walked through', async () => {
  const scripted = (name: string, attributes: Readonly<Record<string, TorchValue>>): TorchValue => ({
    of: new Global('__torch__.torch.nn', name),
    attributes: { training: false, _is_full_backward_hook: null, ...attributes },
  });
  const root = scripted('Net', {
    ...Object.fromEntries(['conv', 'fc', 'out'].map((name) => [name, scripted('Linear', membersOf(name))])),
  });
  assertNumbers(torchZip(root));
  await assertBadInput(
    () => read(torchZip(root), {}),
    /the weights of a TorchScript module "Net", whose graph is code that is not read/,
  );
});

test('prefixes of wrappers are kept in names and do not matter for the network', () => {
  assertNumbers(torchZip(ordered(stateDict('float32', 'module.'))), 'module.');
  assertNumbers(torchZip(ordered(stateDict('float32', '_orig_mod.module.'))), '_orig_mod.module.');
  // Nor does one that the network has and the file has not.
  const text = JSON.stringify(network).replaceAll('"weight":"', '"weight":"module.');
  const { tensors } = read(torchZip(plain), { architecture: JSON.parse(text) as Network });
  assert.equal([...tensors.keys()], [...NUMBERS.keys()]);
});

test('a pruned weight is the product of weight_orig and weight_mask', () => {
  const weight = NUMBERS.get('fc.weight')!;
  const mask = Float32Array.from(weight, (_, i) => Number(i % 3 > 0));
  const { 'fc.weight': original, ...others } = stateDict();
  const root = ordered({ ...others, 'fc.weight_orig': original!, 'fc.weight_mask': tensor([5, 27], mask) });
  const { tensors } = read(torchZip(root));
  assert.equal(
    tensors.get('fc.weight'),
    weight.map((value, i) => (mask[i] === 0 ? 0 : value)),
  );
  assert.ok(tensors.get('fc.weight')!.every((value) => !Object.is(value, -0)));
});

test('names of one tensor are one parameter, with one mask', () => {
  const square = { weight: tensor([6, 6], numbersOf('square', 36)), bias: tensor([6], numbersOf('b', 6)) };
  const architecture: Network = {
    input: [6],
    nodes: ['a', 'b'].map((name, i) => ({
      ...{ kind: 'dense', name, inputs: [i === 0 ? 'input' : 'a'], outputs: 6 },
      ...{ weight: `${name}.weight`, bias: `${name}.bias` },
    })),
    output: 'b',
  };
  const root = dict({
    ...{ 'a.weight': square.weight, 'a.bias': square.bias },
    ...{ 'b.weight': square.weight, 'b.bias': tensor([6], numbersOf('c', 6)) },
  });
  const model = read(torchZip(root), { architecture });
  assert.equal([...model.tensors.keys()], ['a.weight', 'a.bias', 'b.bias']);
  assert.is(problemOf(model.network).layers.length, 1);
  assert.is(model.warnings, undefined);
});

test('a LeNet-5 is known by its shapes, whatever its names, and must say how it pools', async () => {
  const names = ['features.0', 'features.3', 'classifier.0', 'classifier.2', 'classifier.4'];
  const shapes = [...parameterShapes(lenet5())];
  const members = Object.fromEntries(
    shapes.map(([name, shape], i) => [
      `${names[i >> 1]}.${name.split('.')[1]}`,
      tensor(
        shape,
        numbersOf(
          name,
          shape.reduce((a, b) => a * b),
        ),
      ),
    ]),
  );
  const file = torchZip(ordered(members));
  await assertBadInput(() => read(file, {}), /does not say whether this LeNet-5 pools by maxima or means/);
  const { network: found, tensors } = read(file, { pooling: 'max', activation: 'relu' });
  assert.is(found.nodes.length, lenet5().nodes.length);
  assert.equal([...tensors.keys()], Object.keys(members));
  assert.equal(
    problemOf(found).layers.map(({ weight }) => weight),
    names.map((name) => `${name}.weight`),
  );
});

test('tensors that the network does not use are named in a warning', () => {
  const root = ordered({ ...stateDict(), 'head.weight': tensor([2, 2], [1, 2, 3, 4]) });
  const { warnings } = read(torchZip(root));
  assert.equal(warnings, ['the network uses 6 tensors of the file and not "head.weight"']);
});

const withWeight = (weight: TorchValue) => ordered({ ...stateDict(), 'fc.weight': weight });
const REFUSED: Readonly<Record<string, readonly [Uint8Array, RegExp, ModelOptions?]>> = {
  'no network': [
    torchZip(plain),
    /the file holds weights and no graph, and they are not those of a LeNet-5/,
    {},
  ],
  'a network whose shapes do not fit': [
    torchZip(withWeight(tensor([27, 5], NUMBERS.get('fc.weight')!))),
    /tensor "fc\.weight" is float32 \[27, 5\], only \[5, 27\] is allowed/,
  ],
  'a tensor that is missing': [
    torchZip(ordered({ 'conv.weight': stateDict()['conv.weight']! })),
    /has no tensor "conv\.bias", conv\.weight, conv\.bias, .* are needed/,
  ],
  'weights of whole numbers': [
    torchZip(withWeight(tensor([5, 27], new Float32Array(135), 'int64'))),
    /"fc\.weight" is int64, only floats of 16, 32 and 64 bits can be parameters/,
  ],
  'quantised weights': [
    torchZip(withWeight(tensor([5, 27], new Float32Array(135), 'quantised'))),
    /"fc\.weight" is a quantised tensor/,
  ],
  'a sparse tensor': [
    torchZip(withWeight(new Call(new Global('torch._utils', '_rebuild_sparse_tensor'), [1, 2]))),
    /"fc\.weight" is a sparse or quantised tensor/,
  ],
  'a number that is none': [
    torchZip(withWeight(tensor([5, 27], new Float32Array(135).fill(NaN, 4)))),
    /"fc\.weight" holds NaN at index 4/,
  ],
  'a tensor that was expanded': [
    torchZip(withWeight(new TestTensor(new Storage([1]), [5, 27], { strides: [0, 0] }))),
    /"fc\.weight" is a tensor that repeats its numbers/,
  ],
  'rows that overlap': [
    torchZip(withWeight(new TestTensor(new Storage(numbersOf('rows', 200)), [5, 27], { strides: [13, 1] }))),
    /"fc\.weight" shares some of its numbers with another place/,
  ],
  'a tensor beyond its storage': [
    torchZip(withWeight(new TestTensor(new Storage(numbersOf('few', 135)), [5, 27], { offset: 1 }))),
    /"fc\.weight" \[5, 27\] ends at byte 544 of a storage of 135 elements/,
  ],
  'a storage that is missing': [
    torchZip(plain, { without: ['data/2'] }),
    /the zip file has no "archive\/data\/2"/,
  ],
  'two dicts of weights': [
    torchZip(dict({ student: plain, teacher: ordered(stateDict('float64')) })),
    /holds 2 dicts of weights, under "student", "teacher"/,
  ],
  'no weights': [torchZip(dict({ epoch: 3, optimizer })), /the file holds no dict of weights/],
  'a call of the system': [
    torchZip(dict({ state_dict: plain, hook: new Call(new Global('posix', 'system'), ['true']) })),
    /the file calls "posix\.system" when PyTorch loads it, .*it was not called here/,
  ],
  'a call of eval': [
    torchZip(new Call(new Global('builtins', 'eval'), ['1'])),
    /the file calls "builtins\.eval"/,
  ],
  'a pickle of something else': [pickle(new Map([['a', 1]])), /is a pickle that torch\.save did not write/],
  'a text': [Buffer.from('version https://git-lfs'), /the file of 23 bytes is none that torch\.save writes/],
  'an activation beside the network': [
    torchZip(plain),
    /^activation has no effect on a network that architecture names/,
    { architecture: network, activation: 'relu' },
  ],
};

for (const [what, [file, pattern, options]] of Object.entries(REFUSED)) {
  test(`refuses ${what}`, () => assertBadInput(() => read(file, options), pattern));
}

test.run();
