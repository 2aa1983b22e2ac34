import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  add,
  concat,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  pad,
  pool2d,
  sequential,
  type Step,
} from '../../../src/network/builder.ts';
import type { Network, Shape } from '../../../src/network/network.ts';
import { inferShapes } from '../../../src/network/shapes.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const conv = conv2d('conv', { outChannels: 4, kernel: 3 });
const max = (kernel: number, options = {}) => pool2d('pool', { operation: 'max', kernel, ...options });

test('the shape of every tensor', () => {
  const builder = new NetworkBuilder([3, 9, 8]);
  const first = builder.add(conv2d('first', { outChannels: 4, kernel: 3, stride: 2, padding: [0, 0, 1, 1] }));
  builder.add(pad('wide', { padding: [1, 0, 0, 2], channels: [1, 3] }));
  builder.add(concat('joined'), 'wide', 'wide');
  builder.add(pool2d('pool', { operation: 'average', kernel: 3, stride: 2, ceil: true }));
  builder.add(globalPool('global', 'max'));
  builder.add(flatten('flat'));
  builder.add(dense('out', { outputs: 5 }));
  assert.is(first, 'first');
  assert.equal(
    [...inferShapes(builder.build())].map(([name, shape]) => `${name} ${shape.join('x')}`),
    [
      'input 3x9x8',
      'first 4x4x4',
      'wide 8x5x6',
      'joined 16x5x6',
      'pool 16x2x3',
      'global 16x1x1',
      'flat 16',
      'out 5',
    ],
  );
});

const refused: readonly (readonly [input: Shape, steps: readonly Step[], pattern: RegExp])[] = [
  [
    [1, 3, 9],
    [conv2d('c', { outChannels: 1, kernel: 4 })],
    /conv2d "c" has a kernel of 4 x 4 over 3 x 9 pixels/,
  ],
  [
    [1, 9, 3],
    [conv2d('c', { outChannels: 1, kernel: 2, dilation: 3 })],
    /has a kernel of 4 x 4 over 9 x 3 pixels/,
  ],
  [
    [3, 4, 4],
    [conv2d('c', { outChannels: 4, kernel: 1, groups: 2 })],
    /has 2 groups for 3 input and 4 output channels/,
  ],
  [[3, 4, 4], [conv2d('c', { outChannels: 0, kernel: 1 })], /has 0 as outChannels/],
  [
    [3, 4, 4],
    [conv2d('c', { outChannels: 1, kernel: 1, stride: 0 })],
    /has 0 as a kernel size, stride or dilation/,
  ],
  [[3, 4, 4], [conv2d('c', { outChannels: 1, kernel: 1, padding: -1 })], /has -1 as a padding/],
  [[8], [conv], /conv2d "conv" reads 8 features/],
  [[8], [globalPool('g', 'max')], /globalPool "g" reads 8 features/],
  [[2, 4, 4], [dense('d', { outputs: 1 })], /dense "d" reads 2 x 4 x 4, it needs a flatten before it/],
  [[2, 1, 4], [max(2)], /pool2d "pool" has a kernel of 2 x 2 over 1 x 4 pixels/],
  [[2, 4, 4], [max(2, { padding: 2 })], /pads by 2, 2, 2, 2 pixels, less than its kernel/],
  [
    [2, 1, 4],
    [max(2, { dilation: 2, padding: 1 })],
    /has a dilation of 2 x 2, with which a window lies over no pixel/,
  ],
  [[2, 4, 4], [conv, conv], /conv2d "conv" has the name of another node/],
  [[2, 4, 4], [add('a')], /add "a" reads 1 tensors, at least 2 are needed/],
  [[2, 4], [flatten('f')], /the network’s input has the shape 2 x 4/],
  [[2, 0, 4], [flatten('f')], /the network’s input has the shape 2 x 0 x 4/],
  [[1024, 1024, 1025], [flatten('f')], /at most 1073741824 elements/],
];
for (const [input, steps, pattern] of refused) {
  test(`refused: ${pattern.source}`, () =>
    assertBadInput(() => inferShapes(sequential(input, ...steps)), pattern));
}

test('tensors that do not go together are refused with both shapes', async () => {
  for (const [step, pattern] of [
    [add('both'), /add "both" adds 2 x 4 x 4 and 4 x 2 x 2, only equal shapes are allowed/],
    [concat('both'), /concat "both" joins the channels of 2 x 4 x 4 and 4 x 2 x 2/],
  ] as const) {
    const builder = new NetworkBuilder([2, 4, 4]);
    builder.add(conv);
    builder.add(step, 'input', 'conv');
    await assertBadInput(() => inferShapes(builder.build()), pattern);
  }
});

test('a graph that is not in order, or whose output is no node, is refused', async () => {
  const network = sequential([2, 4, 4], conv, flatten('flat'));
  const backwards: Network = { ...network, nodes: [...network.nodes].reverse() };
  await assertBadInput(
    () => inferShapes(backwards),
    /flatten "flat" reads "conv", which is no node before it/,
  );
  for (const output of ['none', 'input'])
    await assertBadInput(
      () => inferShapes({ ...network, output }),
      /output is "(none|input)", which is none of its nodes/,
    );
});

test.run();
