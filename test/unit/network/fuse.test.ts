import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  activation,
  add,
  affine,
  batchNorm,
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
import type { ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import { classesOf, fuse } from '../../../src/network/fuse.ts';
import { lenet5 } from '../../../src/network/lenet5.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { conv, flat, full, means, stack } from '../../helpers/data/networks.ts';

/** Kind, name and what it reads of every fused layer. */
const wiring = (network: Parameters<typeof fuse>[0]) =>
  fuse(network).map(({ kind, name, reads }) => [kind, name, ...reads]);

test('LeNet-5: each weighted layer with its activation and pooling, at its position', () => {
  const layers = fuse(lenet5('tanh'));
  assert.equal(
    layers.map(({ kind, name, position, weightShape, mask }) => [kind, name, position, weightShape, mask]),
    [
      ['conv2d', 'conv1', 0, [6, 1, 5, 5], 0],
      ['conv2d', 'conv2', 2, [16, 6, 5, 5], 1],
      ['dense', 'fc1', 5, [120, 400], 2],
      ['dense', 'fc2', 6, [84, 120], 3],
      ['dense', 'out', 7, [10, 84], 4],
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
    ...{ inChannels: 6, inHeight: 14, inWidth: 14, outChannels: 16, groups: 1, pool: 'average' },
    ...{ kernel: [5, 5], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] },
    ...{ activation: 'tanh', alpha: 0 },
  });
  assert.equal(layers[4]!.shape, { inputs: 84, outputs: 10, activation: 'none', alpha: 0 });
  assert.is(classesOf(lenet5()), 10);
  assert.is(problemOf(lenet5()).depth, 8);
});

test('without pooling an output is the whole convolution; pooling drops an odd last row and column', () => {
  const rest = [conv('b', 2, 2, { padding: 1 }), flat, full('out', 4)];
  const sizes = (...layers: Step[][]) =>
    fuse(stack([1, 6, 8], ...layers)).map(({ inputs, outputs }) => [inputs, outputs]);
  // 6 x 8 pixels, then 5 x 7, then 6 x 8 with its padding.
  assert.equal(sizes(conv('a', 3, 2), ...rest), [
    [48, 105],
    [105, 96],
    [96, 4],
  ]);
  // 5 x 7 pixels are pooled to 2 x 3.
  assert.equal(sizes(conv('a', 3, 2), means(), ...rest), [
    [48, 18],
    [18, 24],
    [24, 4],
  ]);
  const [first] = fuse(stack([1, 6, 8], conv('a', 3, 2), means(), ...rest));
  assert.is(first!.macs, 3 * 4 * 35, 'all pixels of the convolution count');
});

test('strides, uneven padding, dilation and groups decide size and work', () => {
  const [layer] = fuse(
    sequential(
      [4, 9, 7],
      conv2d('a', {
        ...{
          outChannels: 6,
          kernel: [3, 2],
          stride: [2, 1],
          padding: [0, 1, 1, 0],
          dilation: [2, 3],
          groups: 2,
        },
      }),
    ),
  );
  // (9 + 1 - 5) / 2 + 1 rows and 7 + 1 - 4 + 1 columns.
  assert.equal([layer!.outputs, layer!.weightShape], [6 * 3 * 5, [6, 2, 3, 2]]);
  assert.is(layer!.macs, 6 * 2 * 3 * 2 * 15);
});

test('a layer takes the normalisations and the activation after it, as long as nothing else reads what is between', () => {
  const builder = new NetworkBuilder([2, 6, 6]);
  builder.add(conv2d('a', { outChannels: 3, kernel: 1, bias: false }));
  builder.add(batchNorm('norm'));
  builder.add(affine('more'));
  const active = builder.add(activation('active', 'relu'));
  builder.add(pool2d('pool', { operation: 'max', kernel: 2 }));
  const sum = builder.add(add('sum'), active, active);
  builder.add(activation('end', 'tanh'));
  const [first, ...others] = fuse(builder.build());
  assert.equal(
    first!.source.affine.map(({ name }) => name),
    ['norm', 'more'],
  );
  assert.equal([first!.source.weight, first!.source.bias], ['a.weight', undefined]);
  assert.is(sum, 'sum');
  // The pooling is needed by nothing; the sum reads the activation, so it is no part of the convolution.
  assert.equal(
    others.map(({ kind, name, reads }) => [kind, name, ...reads]),
    [['add', 'sum', 1, 1]],
  );
  assert.match(JSON.stringify(others[0]!.shape), /"activation":"tanh"/);
});

test('what two nodes read is not fused into either', () => {
  const builder = new NetworkBuilder([1, 4, 4]);
  const a = builder.add(conv2d('a', { outChannels: 2, kernel: 1 }));
  const norm = builder.add(batchNorm('norm'));
  builder.add(add('sum'), a, norm);
  assert.equal(wiring(builder.build()), [
    ['conv2d', 'a', 0],
    ['affine', 'norm', 1],
    ['add', 'sum', 1, 2],
  ]);
});

test('2x2 pooling without overlap is fused, with a rising activation before or after a maximum', () => {
  const after = (...steps: Step[]) =>
    fuse(sequential([1, 8, 8], conv2d('a', { outChannels: 2, kernel: 3 }), ...steps)).map(
      ({ kind, shape }) => [
        kind,
        'pool' in shape ? shape.pool : '',
        'activation' in shape ? shape.activation : '',
      ],
    );
  const [max, mean] = (['max', 'average'] as const).map((operation) =>
    pool2d('pool', { operation, kernel: 2 }),
  );
  const relu = activation('relu', 'relu');
  assert.equal(after(relu, max!), [['conv2d', 'max', 'relu']]);
  assert.equal(after(max!, relu), [['conv2d', 'max', 'relu']]);
  assert.equal(after(relu, mean!), [['conv2d', 'average', 'relu']]);
  // The mean of activated values is not the activation of the mean; gelu and gelu-tanh fall before they rise.
  assert.equal(after(mean!, relu), [
    ['conv2d', 'average', 'none'],
    ['affine', '', 'relu'],
  ]);
  for (const falling of ['gelu', 'gelu-tanh'] as const) {
    assert.equal(after(max!, activation('gelu', falling))[1], ['affine', '', falling]);
  }
  for (const odd of [
    pool2d('pool', { operation: 'max', kernel: 3, stride: 2 }),
    pool2d('pool', { operation: 'max', kernel: 2, stride: 1 }),
    pool2d('pool', { operation: 'max', kernel: 2, padding: [1, 0, 0, 0] }),
    pool2d('pool', { operation: 'max', kernel: 2, ceil: true }),
  ]) {
    assert.equal(after(relu, odd), [
      ['conv2d', 'none', 'relu'],
      ['pool2d', '', ''],
    ]);
  }
});

test('one group per channel is depthwise, and shared weights have one mask', () => {
  const builder = new NetworkBuilder([4, 5, 5]);
  builder.add(conv2d('deep', { outChannels: 8, kernel: 3, groups: 4 }));
  const once = builder.add(conv2d('once', { outChannels: 8, kernel: 3, padding: 1, weight: 'shared' }));
  builder.add(conv2d('twice', { outChannels: 8, kernel: 3, padding: 1, weight: 'shared' }), once);
  builder.add(globalPool('pool', 'average'));
  builder.add(dense('out', { outputs: 2 }));
  const network = builder.build();
  assert.equal(
    fuse(network).map(({ kind, name, mask, weightShape }) => [kind, name, mask, weightShape.join()]),
    [
      ['depthwise', 'deep', 0, '8,1,3,3'],
      ['conv2d', 'shared', 1, '8,8,3,3'],
      ['conv2d', 'shared', 1, '8,8,3,3'],
      ['pool2d', 'pool', undefined, ''],
      ['dense', 'out', 2, '2,8'],
    ],
  );
  assert.equal(
    problemOf(network).layers.map(({ name, weight }) => [name, weight]),
    [
      ['deep', 'deep.weight'],
      ['shared', 'shared'],
      ['out', 'out.weight'],
    ],
  );
});

test('layers are named like their weights, in full where the short name is that of other weights', () => {
  const named = (...weights: readonly string[]) => {
    const builder = new NetworkBuilder([4]);
    for (const [i] of weights.entries()) builder.add(dense(`node${i}`, { outputs: 4 }));
    const network = builder.build();
    const nodes = network.nodes.map((node, i) => ({ ...node, weight: weights[i]! }) as typeof node);
    return problemOf({ ...network, nodes }).layers;
  };
  const names = (...weights: readonly string[]) => named(...weights).map(({ name }) => name);
  assert.equal(names('fc.weight', 'w', 'out.weight'), ['fc', 'w', 'out']);
  for (const weights of [
    ['fc', 'fc.weight'],
    ['fc.weight', 'fc'],
  ]) {
    assert.equal(names(...weights), weights);
    // Masks are stored under the names of the weights.
    assert.equal(
      named(...weights).map(({ weight }) => weight),
      weights,
    );
  }
  assert.equal(names('fc.weight.weight', 'fc.weight'), ['fc.weight.weight', 'fc']);
  // PyTorch numbers weights that it has folded a normalisation into: then the node says more.
  assert.equal(names('onnx::Conv_85', '12', 'onnx::Conv_x.weight'), ['node0', 'node1', 'onnx::Conv_x']);
  assert.equal(names('onnx::Conv_85', 'node0'), ['onnx::Conv_85', 'node0']);
});

test('sums and concatenations of several tensors are chains of two', () => {
  const builder = new NetworkBuilder([1, 4, 4]);
  const parts = ['a', 'b', 'c'].map((name, i) =>
    builder.add(conv2d(name, { outChannels: i + 1, kernel: 1 }), 'input'),
  );
  builder.add(concat('joined'), ...parts);
  builder.add(add('sum'), 'joined', 'joined', 'joined');
  builder.add(activation('end', 'relu'));
  const layers = fuse(builder.build());
  assert.equal(wiring(builder.build()).slice(3), [
    ['concat', 'joined', 1, 2],
    ['concat', 'joined', 4, 3],
    ['add', 'sum', 5, 5],
    ['add', 'sum', 6, 5],
  ]);
  assert.equal(layers[4]!.shape, { channels: [3, 3], area: 16 });
  assert.equal(
    layers.slice(5).map(({ shape }) => ('activation' in shape ? shape.activation : '')),
    ['none', 'relu'],
  );
});

test('zeros around an image become part of the padding of convolutions, and of nothing else', () => {
  const padded = pad('pad', { padding: [0, 1, 2, 3] });
  const [only] = fuse(sequential([1, 5, 5], padded, conv2d('a', { outChannels: 1, kernel: 2, padding: 1 })));
  assert.is(only?.kind, 'conv2d');
  const { padding, inHeight, inWidth } = only!.shape as ConvShape;
  assert.equal([padding, inHeight, inWidth], [[1, 2, 3, 4], 5, 5]);
  assert.equal(wiring(sequential([1, 5, 5], padded, pool2d('pool', { operation: 'max', kernel: 2 }))), [
    ['pad', 'pad', 0],
    ['pool2d', 'pool', 1],
  ]);
  const channels = pad('pad', { channels: [0, 2] });
  assert.equal(wiring(sequential([1, 5, 5], channels, conv2d('a', { outChannels: 1, kernel: 1 }))), [
    ['pad', 'pad', 0],
    ['conv2d', 'a', 1],
  ]);
});

test('an output that is flattened, or the input itself, is the output of the last layer', () => {
  assert.equal(wiring(sequential([1, 4, 4], conv2d('a', { outChannels: 1, kernel: 1 }), flatten('flat'))), [
    ['conv2d', 'a', 0],
  ]);
  assert.equal(wiring(sequential([1, 4, 4], flatten('flat'))), [['affine', 'flat', 0]]);
});

test('one pixel needs no flatten before a dense layer', () => {
  const layers = fuse(stack([1, 3, 3], conv('a', 2, 3), full('out', 5)));
  assert.equal(layers[1]!.weightShape, [5, 2]);
});

test.run();
