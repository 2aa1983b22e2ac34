import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireEngine } from '../helpers/gpu.ts';
import { runSoftmax, webGpuKernels } from './devices/webgpu.ts';
import { testKernels } from './table.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

testKernels(webGpuKernels(engine), 0);

/** Ten images of 20 nats each. */
const tenImages = {
  ...{ classes: 2, images: 10, workgroupSize: 4, logits: new Float32Array(20).fill(20, 0, 10) },
  labels: new Uint32Array(10).fill(1),
};

test('softmax_cross_entropy: a candidate stops once its sum is above its limit, and not before', async () => {
  const [low] = (await runSoftmax(engine, tenImages)).state;
  // Before it: a sum whose low word is about to overflow, 3 correct of 7 images.
  const before = [0xfffffff0, 4, 3, 7];
  const after = [(low! + 0xfffffff0) >>> 0, 5, 3, 17];
  for (const [limitLow, limitHigh, stopped] of [
    ...([
      [after[0]!, 5, 0],
      [after[0]! - 1, 5, 1],
      [0xffffffff, 4, 1],
      [0, 6, 0],
    ] as const),
  ]) {
    const { state } = await runSoftmax(engine, { ...tenImages, limit: [limitLow, limitHigh], state: before });
    assert.equal(Array.from(state).slice(0, 5), [...after, stopped]);
  }
});

test('softmax_cross_entropy: the state of a candidate that was stopped does not change', async () => {
  const stopped = [11, 12, 13, 14, 1, 0, 0, 0];
  assert.equal(Array.from((await runSoftmax(engine, { ...tenImages, state: stopped })).state), stopped);
});

test.run();
