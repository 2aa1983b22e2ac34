import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BufferSet } from '../../../../src/engine/webgpu/device/buffer-set.ts';
import { targetsOf } from '../../../../src/engine/targets.ts';
import { ImageBuffer } from '../../../../src/engine/webgpu/image-buffer.ts';
import { TensorPlan } from '../../../../src/engine/webgpu/tensor-plan.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import { GRAPHS } from '../../../helpers/data/graphs/index.ts';
import { randomImages, randomModel, tinyNetwork } from '../../../helpers/data/models.ts';
import { fakeContext } from './fake-context.ts';

function open(network = tinyNetwork) {
  const fake = fakeContext();
  const model = randomModel(network, 'model');
  const images = randomImages(network, 10, 'images');
  const imageBuffer = new ImageBuffer(fake.context, new BufferSet(fake.context), {
    model,
    tensors: new TensorPlan(network, fuse(network)),
    images,
    targets: targetsOf(model, images),
    run: { first: 4, count: 6, chunks: [{ first: 0, count: 6 }] },
    index: 2,
  });
  /** The tensors that must be gathered for a cut. */
  const gathered = (cut: number) => imageBuffer.takeGathers(cut).map(({ tensor }) => tensor);
  return { ...fake, imageBuffer, gathered };
}

test('rows are padded to quads, and every tensor that is read is cached', () => {
  const { imageBuffer } = open();
  assert.equal([imageBuffer.images, imageBuffer.stride], [6, 8]);
  assert.equal(
    Array.from(imageBuffer.cache, ([tensor, { label, size }]) => [tensor, label, size]),
    [
      [0, 'images, image buffer 2', 64 * 8 * 4],
      [1, 'output of conv1, image buffer 2', 48 * 8 * 4],
      [2, 'output of conv2, image buffer 2', 45 * 8 * 4],
      [3, 'output of fc1, image buffer 2', 14 * 8 * 4],
    ],
  );
  assert.is(imageBuffer.losses.size, imageBuffer.lossRows * 8 * 4);
});

test('in the images’ own order nothing is gathered', () => {
  const { imageBuffer, gathered } = open();
  for (const cut of [0, 1, 2, 3]) {
    assert.equal(gathered(cut), []);
    assert.is(imageBuffer.inputOf(cut, cut), imageBuffer.cache.get(cut));
  }
  assert.is(imageBuffer.targets, imageBuffer.ownTargets);
});

test('in another order a tensor is gathered once, until another cut, extending or a new order', () => {
  const { imageBuffer, gathered } = open();
  const { from, into, targets } = imageBuffer.beginOrder();
  assert.is.not(from, into);
  assert.is(imageBuffer.order, into);
  assert.is(imageBuffer.targets, targets);
  assert.is.not(imageBuffer.inputOf(1, 1), imageBuffer.cache.get(1));
  assert.equal([gathered(1), gathered(1)], [[1], []]);
  assert.equal([gathered(2), gathered(1)], [[2], [1]]);
  imageBuffer.extended();
  assert.equal([gathered(1), gathered(1)], [[1], []]);
  const next = imageBuffer.beginOrder();
  assert.equal([next.from, next.into], [into, from]);
  assert.equal([gathered(1), gathered(1)], [[1], []]);
});

test('in the middle of a residual block all tensors that are alive are gathered, each into a slot of its own', () => {
  const { imageBuffer, gathered } = open(GRAPHS.residual);
  imageBuffer.beginOrder();
  assert.equal(gathered(1), [1]);
  // The first is there already.
  assert.equal(gathered(2), [2]);
  const [x, inner] = [imageBuffer.inputOf(1, 2), imageBuffer.inputOf(2, 2)];
  assert.is.not(x, inner);
  assert.is(x, imageBuffer.inputOf(1, 1));
  imageBuffer.extended();
  const gathers = imageBuffer.takeGathers(2);
  assert.equal(
    gathers.map(({ tensor, from, into }) => [tensor, from === imageBuffer.cache.get(tensor), into]),
    [
      [1, true, x],
      [2, true, inner],
    ],
  );
});

test('after a failed batch the images are in their own order, and what was gathered is destroyed', () => {
  const { imageBuffer, alive, writes } = open();
  const before = [...alive];
  imageBuffer.beginOrder();
  imageBuffer.takeGathers(1);
  writes.length = 0;
  imageBuffer.resetOrder();
  assert.equal([...alive], before);
  assert.equal(writes, [imageBuffer.order.label]);
  assert.is(imageBuffer.inputOf(1, 1), imageBuffer.cache.get(1));
  assert.is(imageBuffer.targets, imageBuffer.ownTargets);
  assert.equal(imageBuffer.takeGathers(1), []);
});

test.run();
