/** Small networks beyond chains of plain convolutions and dense layers, one for each thing that a graph can have. */
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
import { INPUT, type Network } from '../../../src/network/network.ts';

const INPUT_SHAPE = [1, 8, 8] as const;

/** A 3 x 3 convolution that keeps the size of the image. */
const same = (name: string, outChannels: number, more: { bias?: boolean; weight?: string } = {}): Step =>
  conv2d(name, { outChannels, kernel: 3, padding: 1, ...more });

const point = (name: string, outChannels: number): Step => conv2d(name, { outChannels, kernel: 1 });

/** Global average pooling and a dense layer. */
const head: readonly Step[] = [
  globalPool('pooled', 'average'),
  flatten('flat'),
  dense('out', { outputs: 4 }),
];

function extended(input: readonly number[], build: (builder: NetworkBuilder) => void): Network {
  const builder = new NetworkBuilder(input);
  build(builder);
  return builder.build();
}

/** Two residual blocks with folded normalisations; the second halves the image, and its shortcut is a convolution. */
const residual = extended(INPUT_SHAPE, (builder) => {
  for (const step of [same('stem', 3, { bias: false }), batchNorm('stem norm'), activation('x', 'relu')])
    builder.add(step);
  for (const step of [same('a1', 3, { bias: false }), batchNorm('a1 norm'), activation('a1 tanh', 'tanh')])
    builder.add(step);
  builder.add(point('a2', 3));
  builder.add(batchNorm('a2 norm'));
  builder.add(add('a sum'), 'a2 norm', 'x');
  const a = builder.add(activation('a', 'sigmoid'));
  builder.add(conv2d('b1', { outChannels: 4, kernel: 3, stride: 2, padding: 1 }));
  for (const step of [activation('b1 relu', 'relu'), point('b2', 5)]) builder.add(step);
  builder.add(conv2d('shortcut', { outChannels: 5, kernel: 1, stride: 2 }), a);
  builder.add(add('b sum'), 'b2', 'shortcut');
  for (const step of [activation('b', 'relu'), ...head]) builder.add(step);
});

/** Depthwise convolutions, one of them with a multiplier of 2, and the activations of mobile networks. */
const separable = sequential(
  INPUT_SHAPE,
  conv2d('stem', { outChannels: 4, kernel: 3, stride: 2, padding: [0, 0, 1, 1] }),
  activation('stem relu6', 'relu6'),
  conv2d('deep1', { outChannels: 8, kernel: 3, padding: 1, groups: 4 }),
  activation('deep1 swish', 'hard-swish'),
  point('point1', 6),
  activation('point1 silu', 'silu'),
  conv2d('deep2', { outChannels: 6, kernel: [3, 2], stride: [2, 1], padding: [1, 1, 1, 0], groups: 6 }),
  activation('deep2 sigmoid', 'hard-sigmoid'),
  point('point2', 5),
  activation('point2 relu6', 'relu6'),
  ...head,
);

/** Three branches whose channels are joined, one of them a grouped convolution. */
const branches = extended(INPUT_SHAPE, (builder) => {
  builder.add(same('stem', 4));
  const stem = builder.add(activation('stem tanh', 'tanh'));
  builder.add(point('narrow', 3), stem);
  builder.add(conv2d('wide', { outChannels: 4, kernel: 3, padding: 2, dilation: 2, groups: 2 }), stem);
  builder.add(pool2d('largest', { operation: 'max', kernel: 3, stride: 1, padding: 1 }), stem);
  builder.add(concat('joined'), 'narrow', 'wide', 'largest');
  for (const step of [activation('joined elu', 'elu'), point('mixed', 3), flatten('flat')]) builder.add(step);
  builder.add(dense('out', { outputs: 4 }));
});

/** A residual block whose shortcut takes every second pixel and appends channels of zeros. */
const paddedChannels = extended(INPUT_SHAPE, (builder) => {
  builder.add(same('stem', 3));
  const stem = builder.add(activation('stem relu', 'relu'));
  builder.add(conv2d('down', { outChannels: 6, kernel: 3, stride: 2, padding: 1 }));
  builder.add(pool2d('every second', { operation: 'average', kernel: 1, stride: 2 }), stem);
  builder.add(pad('shortcut', { channels: [1, 2] }));
  builder.add(add('sum'), 'down', 'shortcut');
  builder.add(pad('framed', { padding: [1, 0, 0, 2] }));
  for (const step of [activation('framed tanh', 'tanh'), ...head]) builder.add(step);
});

/** One weight in two layers, each with its own bias: one mask. */
const sharedWeights = sequential(
  INPUT_SHAPE,
  same('stem', 3),
  activation('stem tanh', 'tanh'),
  same('first', 3, { weight: 'shared.weight' }),
  activation('first tanh', 'tanh'),
  same('second', 3, { weight: 'shared.weight' }),
  activation('second tanh', 'tanh'),
  ...head,
);

/** Normalisations that cannot be folded: of the images, after an activation, and before a sum that others read too. */
const normalized = extended(INPUT_SHAPE, (builder) => {
  builder.add(batchNorm('images'), INPUT);
  for (const step of [same('conv', 3), activation('conv relu', 'relu'), batchNorm('norm')]) builder.add(step);
  const norm = builder.last;
  builder.add(affine('scaled'), norm);
  builder.add(activation('scaled leaky', 'leaky-relu'));
  builder.add(add('sum'), norm, 'scaled leaky', norm);
  for (const step of head) builder.add(step);
});

/** Maximum pooling that is fused into a convolution, overlapping, and over part of the image; and means with padding. */
const pooling = sequential(
  [1, 11, 9],
  same('conv1', 4),
  activation('conv1 relu', 'relu'),
  pool2d('fused', { operation: 'max', kernel: 2 }),
  same('conv2', 3),
  pool2d('overlapping', { operation: 'max', kernel: 3, stride: 2, padding: 1, ceil: true }),
  activation('softplus', 'softplus'),
  pool2d('means', { operation: 'average', kernel: 2, stride: 1, padding: 1, countPadding: true }),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);

/** Signals: [1, 1, length]. */
const signals = sequential(
  [1, 1, 30],
  conv2d('conv1', { outChannels: 4, kernel: [1, 5], stride: [1, 2], padding: [0, 2, 0, 2] }),
  activation('conv1 gelu', 'gelu'),
  pool2d('pool', { operation: 'average', kernel: [1, 3] }),
  conv2d('conv2', { outChannels: 6, kernel: [1, 2], dilation: [1, 2], groups: 2 }),
  activation('conv2 gelu', 'gelu'),
  globalPool('largest', 'max'),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);

export const GRAPHS = {
  residual,
  separable,
  branches,
  'padded channels': paddedChannels,
  'shared weights': sharedWeights,
  normalized,
  pooling,
  signals,
} as const satisfies Readonly<Record<string, Network>>;
