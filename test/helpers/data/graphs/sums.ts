/** Branches that are added. */
import { activation, add, affine, batchNorm, conv2d, pad, pool2d } from '../../../../src/network/builder.ts';
import { INPUT } from '../../../../src/network/network.ts';
import { build, head, INPUT_SHAPE, point, same } from './build.ts';

/** Two residual blocks with folded normalisations; the second halves the image, and its shortcut is a convolution. */
export const residual = build(INPUT_SHAPE, (builder) => {
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

/**
 * A block of three layers in a row, so that a tensor of the same layout is written while the shortcut still waits; and one
 * whose shortcut takes every second pixel and appends channels of zeros.
 */
export const paddedChannels = build(INPUT_SHAPE, (builder) => {
  builder.add(same('stem', 3));
  const start = builder.add(activation('start relu', 'relu'));
  for (const step of [point('a1', 3), point('a2', 3), point('a3', 3)]) builder.add(step);
  builder.add(add('a sum'), 'a3', start);
  const stem = builder.add(activation('stem relu', 'relu'));
  builder.add(conv2d('down', { outChannels: 6, kernel: 3, stride: 2, padding: 1 }));
  builder.add(pool2d('every second', { operation: 'average', kernel: 1, stride: 2 }), stem);
  builder.add(pad('shortcut', { channels: [1, 2] }));
  builder.add(add('sum'), 'down', 'shortcut');
  builder.add(pad('framed', { padding: [1, 0, 0, 2] }));
  for (const step of [activation('framed tanh', 'tanh'), ...head]) builder.add(step);
});

/** Normalisations that cannot be folded: of the images, after an activation, and before a sum that others read too. */
export const normalized = build(INPUT_SHAPE, (builder) => {
  builder.add(batchNorm('images'), INPUT);
  for (const step of [same('conv', 3), activation('conv relu', 'relu'), batchNorm('norm')]) builder.add(step);
  const norm = builder.last;
  builder.add(affine('scaled'), norm);
  builder.add(activation('scaled leaky', 'leaky-relu'));
  builder.add(add('sum'), norm, 'scaled leaky', norm);
  for (const step of head) builder.add(step);
});
