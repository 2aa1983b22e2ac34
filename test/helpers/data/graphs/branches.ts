/** Branches that are joined, and tensors that are read again later. */
import {
  activation,
  add,
  batchNorm,
  concat,
  conv2d,
  dense,
  flatten,
  pool2d,
} from '../../../../src/network/builder.ts';
import { INPUT } from '../../../../src/network/network.ts';
import { build, INPUT_SHAPE, point, same } from './build.ts';

/** Three branches whose channels are joined, one of them a grouped convolution. */
export const branches = build(INPUT_SHAPE, (builder) => {
  builder.add(same('stem', 4));
  const stem = builder.add(activation('stem tanh', 'tanh'));
  builder.add(point('narrow', 3), stem);
  builder.add(conv2d('wide', { outChannels: 4, kernel: 3, padding: 2, dilation: 2, groups: 2 }), stem);
  builder.add(pool2d('largest', { operation: 'max', kernel: 3, stride: 1, padding: 1 }), stem);
  builder.add(concat('joined'), 'narrow', 'wide', 'largest');
  for (const step of [activation('joined elu', 'elu'), point('mixed', 3), flatten('flat')]) builder.add(step);
  builder.add(dense('out', { outputs: 4 }));
});

/** Every layer reads the outputs of all before it; then features beside a flattened image. */
export const denselyConnected = build([1, 6, 6], (builder) => {
  const first = builder.add(same('conv1', 3));
  const second = builder.add(same('conv2', 2));
  const joined = builder.add(concat('concat1'), first, second);
  for (const step of [point('conv3', 4), activation('leaky', 'leaky-relu')]) builder.add(step);
  builder.add(concat('concat2'), joined, 'leaky', first);
  // Not folded: it follows no weights.
  builder.add(batchNorm('norm'));
  builder.add(activation('softplus', 'softplus'));
  builder.add(
    pool2d('means', { operation: 'average', kernel: 3, padding: 1, stride: 2, countPadding: true }),
  );
  const image = builder.add(flatten('flat'));
  builder.add(batchNorm('norm of features'));
  const features = builder.add(dense('hidden', { outputs: 9 }));
  builder.add(concat('concat3'), image, features);
  builder.add(dense('out', { outputs: 3 }));
});

/** The image is read again in the middle, and the scores are the pixels of an image. Without padding an image has a power of two of pixels. */
export const imageReadTwice = build(INPUT_SHAPE, (builder) => {
  for (const step of [same('conv1', 3), point('conv2', 1)]) builder.add(step);
  builder.add(add('add'), 'conv2', INPUT);
  builder.add(activation('tanh', 'tanh'));
  builder.add(concat('concat'), 'tanh', INPUT);
  builder.add(conv2d('conv3', { outChannels: 2, kernel: 5, stride: [3, 2] }));
  builder.add(flatten('scores'));
});
