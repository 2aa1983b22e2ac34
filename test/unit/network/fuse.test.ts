import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { classesOf, fuse } from '../../../src/network/fuse.ts';
import { lenet5, type Layer, type Network } from '../../../src/network/network.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const conv = (name: string, outChannels: number, kernel: number, padding = 0): Layer => ({
  ...{ kind: 'conv2d', name, outChannels, kernel, padding },
  activation: 'relu',
});
const dense = (name: string, outputs: number): Layer => ({
  ...{ kind: 'dense', name, outputs },
  activation: 'none',
});
const pool: Layer = { kind: 'avgpool2d' };
const flatten: Layer = { kind: 'flatten' };

const networkOf = (height: number, width: number, ...layers: Layer[]): Network => ({
  input: { channels: 1, height, width },
  layers,
});

test('LeNet-5: each weighted layer with its activation and pooling, at its position', () => {
  const layers = fuse(lenet5('tanh'));
  assert.equal(
    layers.map(({ kind, name, position, weightShape }) => [kind, name, position, weightShape]),
    [
      ['conv2d', 'conv1', 0, [6, 1, 5, 5]],
      ['conv2d', 'conv2', 2, [16, 6, 5, 5]],
      ['dense', 'fc1', 5, [120, 400]],
      ['dense', 'fc2', 6, [84, 120]],
      ['dense', 'out', 7, [10, 84]],
    ],
  );
  assert.equal(
    layers.map(({ weights, biases, inputs, outputs }) => [weights, biases, inputs, outputs]),
    [
      [150, 6, 784, 1176],
      [2400, 16, 1176, 400],
      [48_000, 120, 400, 120],
      [10_080, 84, 120, 84],
      [840, 10, 84, 10],
    ],
  );
  assert.equal(layers[1]!.shape, {
    ...{ inChannels: 6, inHeight: 14, inWidth: 14, outChannels: 16 },
    ...{ kernel: 5, padding: 0, pool: 2, activation: 'tanh' },
  });
  assert.equal(layers[4]!.shape, { inputs: 84, outputs: 10, activation: 'none' });
  assert.is(classesOf(lenet5()), 10);
});

test('without pooling an output is the whole convolution; pooling drops an odd last row and column', () => {
  const layers = [conv('a', 3, 2), conv('b', 2, 2, 1), flatten, dense('out', 4)];
  const sizes = (network: Network) => fuse(network).map(({ inputs, outputs }) => [inputs, outputs]);
  // 6 x 8 pixels, then 5 x 7, then 6 x 8 with its padding.
  assert.equal(sizes(networkOf(6, 8, ...layers)), [
    [48, 105],
    [105, 96],
    [96, 4],
  ]);
  // 5 x 7 pixels are pooled to 2 x 3.
  assert.equal(sizes(networkOf(6, 8, layers[0]!, pool, ...layers.slice(1))), [
    [48, 18],
    [18, 24],
    [24, 4],
  ]);
  const [first, second] = fuse(networkOf(6, 8, layers[0]!, pool, ...layers.slice(1)));
  assert.equal(second!.shape, {
    ...{ inChannels: 3, inHeight: 2, inWidth: 3, outChannels: 2 },
    ...{ kernel: 2, padding: 1, pool: 1, activation: 'relu' },
  });
  assert.is(first!.macs, 3 * 4 * 35, 'all pixels of the convolution count');
});

test('one pixel needs no flatten before a dense layer', () => {
  const layers = fuse(networkOf(3, 3, conv('a', 2, 3), dense('out', 5)));
  assert.equal(layers[1]!.weightShape, [5, 2]);
});

const out = dense('out', 2);
for (const [message, height, width, ...layers] of [
  [/layer 1 \(flatten\) follows a flattened layer/, 4, 4, flatten, flatten, out],
  [/layer 1 \(conv2d\) follows a flattened layer/, 4, 4, flatten, conv('a', 1, 1), out],
  [/layer 0 \(avgpool2d\) does not follow a convolution/, 4, 4, pool, flatten, out],
  [/layer 2 \(avgpool2d\) does not follow a convolution/, 4, 4, conv('a', 1, 1), pool, pool, flatten, out],
  [/layer 2 \(avgpool2d\) does not follow a convolution/, 4, 4, conv('a', 1, 1), flatten, pool, out],
  [/layer 1 \(avgpool2d\) has less than one pixel left/, 1, 4, conv('a', 1, 1), pool, flatten, out],
  [/layer 1 \(avgpool2d\) has less than one pixel left/, 4, 1, conv('a', 1, 1), pool, flatten, out],
  [/layer 0 \(conv2d\) has a kernel of 4 over 3 x 9 pixels/, 3, 9, conv('a', 1, 4), flatten, out],
  [/layer 0 \(conv2d\) has a kernel of 4 over 9 x 1 pixels/, 9, 1, conv('a', 1, 4, 1), flatten, out],
  [/layer 1 \(dense\) needs a flatten before it/, 2, 1, conv('a', 1, 1), out],
  [/the network does not end in a dense layer/, 4, 4, conv('a', 1, 1)],
  [/the network does not end in a dense layer/, 4, 4],
] as const) {
  const kinds = layers.map(({ kind }) => kind).join(', ') || 'no layers';
  test(`refused: ${kinds} over ${height} x ${width} pixels`, async () => {
    await assertBadInput(() => fuse(networkOf(height, width, ...layers)), message);
  });
}

test.run();
