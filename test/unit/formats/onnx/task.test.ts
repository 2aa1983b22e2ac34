/** What a network is for, as its end shows or the caller says, and whether it scales bytes itself. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import type { Task } from '../../../../src/network/task.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { OnnxGraph } from '../../../helpers/onnx/graph.ts';

/** Four features to `outputs` numbers, and what the network ends with. */
function ending(operators: readonly string[], outputs = 3): Uint8Array {
  const g = new OnnxGraph({ input: ['N', 4] });
  let x = g.node('MatMul', [g.input, g.weights([4, outputs])]);
  for (const operator of operators) x = g.node(operator, [x]);
  return g.bytes(x);
}

const read = (bytes: Uint8Array, task?: Task) => {
  const model = modelFromOnnx(bytes, { task });
  return [model.task, model.network.nodes.map(({ kind }) => kind).join(' ')];
};

const CASES: readonly [string, Uint8Array, Task | undefined, readonly string[]][] = [
  ['scores', ending([]), undefined, ['classes', 'dense']],
  ['a softmax', ending(['Softmax']), undefined, ['classes', 'dense']],
  [
    'a softmax behind which nothing happens',
    ending(['Softmax', 'Identity']),
    undefined,
    ['classes', 'dense'],
  ],
  ['a sigmoid', ending(['Sigmoid']), undefined, ['binary', 'dense']],
  [
    'a sigmoid that is said to be a number',
    ending(['Sigmoid']),
    'regression',
    ['regression', 'dense activation'],
  ],
  ['sigmoids that are said to be classes', ending(['Sigmoid']), 'classes', ['classes', 'dense']],
  ['as many yes or no', ending(['Sigmoid'], 4), 'binary', ['binary', 'dense']],
  ['scores of questions', ending([]), 'binary', ['binary', 'dense']],
  ['as many numbers as come in', ending([], 4), undefined, ['regression', 'dense']],
  [
    'as many numbers through a sigmoid',
    ending(['Sigmoid'], 4),
    undefined,
    ['regression', 'dense activation'],
  ],
  ['as many scores of classes', ending([], 4), 'classes', ['classes', 'dense']],
];

for (const [name, bytes, task, expected] of CASES)
  test(`${name}${task ? `, --task ${task}` : ''}`, () => assert.equal(read(bytes, task), expected));

test('a softmax gives no regression, and only the end may have one', async () => {
  await assertBadInput(
    () => read(ending(['Softmax']), 'regression'),
    /^the network ends in Softmax, and a regression is asked for$/,
  );
  await assertBadInput(() => read(ending(['Softmax', 'Relu'])), /^Relu .* reads the output of Softmax/);
});

test('bytes enter as they are where the network makes them small itself, unless said otherwise', () => {
  const dividing = (divisor: number) => {
    const g = new OnnxGraph({ input: ['N', 4] });
    const x = g.node('Sub', [g.node('Div', [g.input, g.scalar(divisor)]), g.scalar(0.5)]);
    return g.bytes(g.node('MatMul', [x, g.weights([4, 3])]));
  };
  const scale = (bytes: Uint8Array, given?: number) =>
    modelFromOnnx(bytes, { scale: given }).normalization.scale;
  assert.is(scale(dividing(255)), 1);
  assert.is(scale(dividing(255), 0.5), 0.5);
  assert.is(scale(dividing(2)), undefined);
  // Not one of several that read the input.
  const g = new OnnxGraph({ input: ['N', 4] });
  const small = g.node('Mul', [g.input, g.scalar(0.01)]);
  const wide = g.node('MatMul', [g.input, g.weights([4, 4])]);
  assert.is(scale(g.bytes(g.node('Add', [wide, small]))), undefined);
  const less = (mean: number) => {
    const own = new OnnxGraph({ input: ['N', 4] });
    const x = own.node('Sub', [
      own.input,
      own.constant({ shape: [4], values: [mean, mean, mean, mean + 3] }),
    ]);
    return own.bytes(own.node('MatMul', [x, own.weights([4, 3])]));
  };
  assert.is(scale(less(120)), 1);
  assert.is(scale(less(0.4)), undefined);
  assert.is(scale(ending([])), undefined);
});

test('an order of the input that data do not show is refused', async () => {
  const turned = (shape: readonly number[], ...axes: readonly number[]) => {
    const g = new OnnxGraph({ input: ['N', ...shape] });
    const x = g.transpose(g.input, 0, ...axes);
    const channels = shape[axes[0]! - 1]!;
    const kernel = shape.length === 3 ? [3, 3] : [3];
    return g.bytes(g.node('Flatten', [g.node('Conv', [x, g.weights([2, channels, ...kernel])])]));
  };
  const input = (bytes: Uint8Array) => modelFromOnnx(bytes).network.input;
  assert.equal(input(turned([8, 9, 3], 3, 1, 2)), [3, 8, 9]);
  assert.equal(input(turned([12, 5], 2, 1)), [5, 1, 12]);
  // Rows and columns turned, channels last that could be first, and a vector that is an image of channels last.
  const pattern = /in another order, which the shape of data does not show/;
  await assertBadInput(() => input(turned([1, 9, 9], 1, 3, 2)), pattern);
  await assertBadInput(() => input(turned([12, 12], 2, 1)), pattern);
  const g = new OnnxGraph({ input: ['N', 216] });
  const image = g.transpose(g.reshape(g.input, -1, 8, 9, 3), 0, 3, 1, 2);
  await assertBadInput(() => input(g.bytes(g.node('Conv', [image, g.weights([2, 3, 3, 3])]))), pattern);
});

test.run();
