import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JobResult } from '../../../../src/engine/backend.ts';
import type { DeviceNetwork } from '../../../../src/engine/webgpu/device-network.ts';
import { ImageOrder } from '../../../../src/engine/webgpu/image-order.ts';
import type { ImageBuffer } from '../../../../src/engine/webgpu/image-buffer.ts';

/** Images of the network, and candidates whose losses are kept. */
const IMAGES = 10;
const LOSS_ROWS = 4;

const all: JobResult = { sum: { units: 5, correct: 1 }, images: IMAGES };
const stopped: JobResult = { sum: { units: 5, correct: 1 }, images: 3 };
/** The state that extends the cache comes first. */
const extending: JobResult = { sum: { units: 0, correct: 0 }, images: 0 };

/** An order over a network that records the row that images are ranked by. */
function open() {
  const rankedBy: number[] = [];
  const tiling = { workgroupSize: 64, images: 1, outputs: 4 };
  const imageBuffer = {
    ...{ images: IMAGES, stride: 12, lossRows: LOSS_ROWS },
    beginOrder: () => ({}),
  } as unknown as ImageBuffer;
  const network = {
    imageBuffers: [imageBuffer],
    compiled: { rank: { tiling }, gather: { tiling } },
    dispatcher: { encode: () => undefined },
    params: { ofRank: (_: ImageBuffer, row: number) => rankedBy.push(row), ofGather: () => ({}) },
  };
  const order = new ImageOrder(network as unknown as DeviceNetwork);
  const batch = (...results: JobResult[]) => {
    rankedBy.length = 0;
    order.encodeRank({} as GPUComputePassEncoder, imageBuffer);
    order.remember([extending, ...results]);
    return [...rankedBy];
  };
  return { order, batch };
}

test('images are ranked once, on request, by the last candidate that ran over all of them', () => {
  const { order, batch } = open();
  order.request();
  assert.equal(batch(all, all, stopped), [], 'nothing is known yet');
  assert.equal(batch(), [], 'nothing was requested');
  order.request();
  assert.equal(batch(stopped), [2]);
  order.request();
  assert.equal(batch(stopped), [], 'they are ranked already');
});

test('losses that a later batch overwrites are not ranked by', () => {
  const { order, batch } = open();
  batch(stopped, all);
  batch(stopped);
  order.request();
  assert.equal(batch(stopped), [2], 'one candidate leaves the losses of the second');
  batch(all);
  batch(stopped);
  order.request();
  assert.equal(batch(stopped), []);
});

test('losses of candidates beyond the rows are not there', () => {
  const { order, batch } = open();
  batch(stopped, stopped, stopped, all);
  order.request();
  assert.equal(batch(stopped), []);
});

test('after a failed batch no losses are known, and the request is void', () => {
  const { order, batch } = open();
  batch(all);
  order.request();
  order.forget();
  assert.equal(batch(all), []);
  assert.equal(batch(all), []);
});

test.run();
