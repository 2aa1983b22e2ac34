import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BufferSet } from '../../../../src/engine/webgpu/device/buffer-set.ts';
import { ImageBuffer } from '../../../../src/engine/webgpu/image-buffer.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import { randomImages, randomModel, tinyNetwork } from '../../../helpers/data/models.ts';
import { fakeContext } from './fake-context.ts';

function open() {
  const fake = fakeContext();
  const imageBuffer = new ImageBuffer(fake.context, new BufferSet(fake.context), {
    model: randomModel(tinyNetwork, 'model'),
    layers: fuse(tinyNetwork),
    images: randomImages(tinyNetwork, 10, 'images'),
    run: { first: 4, count: 6, chunks: [{ first: 0, count: 6 }] },
    index: 2,
  });
  return { ...fake, imageBuffer };
}

test('rows are padded to quads, and every layer has a cached input', () => {
  const { imageBuffer } = open();
  assert.equal([imageBuffer.images, imageBuffer.stride], [6, 8]);
  assert.equal(
    imageBuffer.cache.map(({ label, size }) => [label, size]),
    [
      ['images, image buffer 2', 64 * 8 * 4],
      ['input of conv2, image buffer 2', 48 * 8 * 4],
      ['input of fc1, image buffer 2', 45 * 8 * 4],
      ['input of out, image buffer 2', 14 * 8 * 4],
    ],
  );
  assert.is(imageBuffer.losses.size, imageBuffer.lossRows * 8 * 4);
});

test('in the images’ own order nothing is gathered', () => {
  const { imageBuffer } = open();
  for (const layer of [0, 1, 2, 3]) {
    assert.is(imageBuffer.mustGather(layer), false);
    assert.is(imageBuffer.inputOf(layer), imageBuffer.cache[layer]);
  }
  assert.is(imageBuffer.labels, imageBuffer.ownLabels);
});

test('in another order the input of a layer is gathered once, until another layer, extending or a new order', () => {
  const { imageBuffer } = open();
  const { from, into, labels } = imageBuffer.beginOrder();
  assert.is.not(from, into);
  assert.is(imageBuffer.order, into);
  assert.is(imageBuffer.labels, labels);
  assert.is.not(imageBuffer.inputOf(1), imageBuffer.cache[1]);
  assert.equal([imageBuffer.mustGather(1), imageBuffer.mustGather(1)], [true, false]);
  assert.equal([imageBuffer.mustGather(2), imageBuffer.mustGather(1)], [true, true]);
  imageBuffer.extended();
  assert.equal([imageBuffer.mustGather(1), imageBuffer.mustGather(1)], [true, false]);
  const next = imageBuffer.beginOrder();
  assert.equal([next.from, next.into], [into, from]);
  assert.equal([imageBuffer.mustGather(1), imageBuffer.mustGather(1)], [true, false]);
});

test('after a failed batch the images are in their own order, and what was gathered is destroyed', () => {
  const { imageBuffer, alive, writes } = open();
  const before = [...alive];
  imageBuffer.beginOrder();
  imageBuffer.mustGather(1);
  writes.length = 0;
  imageBuffer.resetOrder();
  assert.equal([...alive], before);
  assert.equal(writes, [imageBuffer.order.label]);
  assert.is(imageBuffer.inputOf(1), imageBuffer.cache[1]);
  assert.is(imageBuffer.labels, imageBuffer.ownLabels);
  assert.is(imageBuffer.mustGather(1), false);
});

test.run();
