/** What only evaluators on a GPU have: buffers, transfers to and from the device, and a measured batch width. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Masks } from '../../src/core/mask.ts';
import { BUFFER_USAGE } from '../../src/engine/webgpu/device/constants.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { fuse } from '../../src/network/fuse.ts';
import { lenet5 } from '../../src/network/lenet5.ts';
import type { Evaluator } from '../../src/search/contract.ts';
import { series, tiny } from '../backends/suite/backend.ts';
import { evaluateAll } from '../helpers/search/evaluations.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../helpers/data/models.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const images = randomImages(tinyNetwork, 37, 'tiny images');

const evaluateTogether = (evaluator: Evaluator, batch: readonly Masks[]) =>
  evaluateAll(
    evaluator,
    batch.map((masks) => ({ masks })),
    batch.length,
  );

test('the tests use the features and limits that every WebGPU device has', () => {
  const { device, limits } = engine.context;
  const optional = [...device.features].filter((name) => name !== 'core-features-and-limits');
  assert.equal(optional, []);
  const defaults = {
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupStorageSize: 16_384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65_535,
  };
  for (const [name, value] of Object.entries(defaults))
    assert.is(limits[name as keyof typeof defaults], value, name);
});

test('an arena that was sized for large chunks has room for more candidates of small chunks', async () => {
  const many = randomImages(tinyNetwork, 150, 'chunks');
  const expected = await evaluateAll(await engine.evaluator(tiny, many), series(12), 12);
  // Chunks of 64, 64 and 22 images; a part of the arena has room for two and a half, or six candidates.
  const evaluator = await engine.evaluator(tiny, many, { arenaBytes: 5 * 64 * 48 * 4 });
  assert.equal(await evaluateAll(evaluator, series(12).slice(0, 1)), expected.slice(0, 1));
  assert.equal(await evaluateAll(evaluator, series(12), 12), expected);
});

test('the batch width is measured once, after it was read, and counted as work', async () => {
  const evaluator = await engine.evaluator(tiny, images, { parallel: true });
  const [first, second, third] = series(40).slice(-3);
  await evaluator.evaluate([first!]);
  assert.equal([evaluator.work.forwardPasses, evaluator.batchWidth], [1, 1]);
  await evaluator.evaluate([second!]);
  const { forwardPasses, candidates, imagesEvaluated } = evaluator.work;
  assert.ok(forwardPasses >= 2 + 1 + 2 + 4, `${forwardPasses} forward passes`);
  assert.equal([imagesEvaluated, candidates], [forwardPasses * images.count, 2]);
  assert.ok(evaluator.batchWidth >= 1);
  await evaluator.evaluate([third!]);
  assert.is(evaluator.work.forwardPasses, forwardPasses + 1, 'once is enough');
});

/** Evaluates batches on one evaluator; every loss must be near the reference's. */
async function assertLosses(batches: readonly (readonly Masks[])[]): Promise<void> {
  const evaluator = await engine.evaluator(tiny, images);
  const reference = await referenceEngine().evaluator(tiny, images, {
    optimizations: { prefixCache: false },
  });
  for (const batch of batches) {
    const expected = await evaluateTogether(reference, batch);
    (await evaluateTogether(evaluator, batch)).forEach((actual, k) => {
      const [a, b] = [actual, expected[k]!];
      const isNear = !a.exceeded && !b.exceeded && Math.abs(a.loss - b.loss) <= 1e-5 * b.loss;
      assert.ok(isNear, `candidate ${k} of ${batch.length}`);
    });
  }
}

test('new masks replace the least recently used, never those of their own batch', async () => {
  const pool = Array.from({ length: 40 }, (_, i) => randomMasks(tinyNetwork, 0.7, `pool ${i}`));
  let next = 0;
  const pick = () => pool[(next = (next * 7 + 3) % pool.length)]!;
  await assertLosses([1, 3, 9, 2, 30, 5, 40, 1, 17].map((size) => Array.from({ length: size }, pick)));
});

test('masks stay right when the slots of another layer grow', async () => {
  const current = randomMasks(tinyNetwork, 0.9, 'grow');
  const inLayer = (layer: number, count: number) =>
    Array.from({ length: count }, (_, i) =>
      current.with(layer, randomMasks(tinyNetwork, 0.5, `grow ${layer} ${i}`)[layer]!),
    );
  // The results of the first batch are as large as any: only the slots of the second layer grow after it.
  await assertLosses([inLayer(3, 40), inLayer(0, 30), inLayer(3, 20)]);
});

test('buffers are reused, and destroyed when the evaluator is closed', async () => {
  // Room for all candidates at once; for one; for less than one.
  for (const options of [{}, { arenaBytes: 2 * 40 * 48 * 4 }, { arenaBytes: 4 }, { chunkImages: 4 }]) {
    const before = engine.context.bufferCount;
    const evaluator = await engine.evaluator(tiny, images, options);
    await evaluateAll(evaluator, series(10), 10);
    const during = engine.context.bufferCount;
    for (let i = 0; i < 5; i++) await evaluateAll(evaluator, series(10).slice(i), 10);
    assert.is(engine.context.bufferCount, during);
    await evaluator.close();
    assert.is(engine.context.bufferCount, before);
  }
});

// The last test: it makes the device count what is written and read.
test('a candidate costs the bits of its new masks and at most 64 bytes, one submission and one readback', async () => {
  const { device } = engine.context;
  let [bytes, submissions, readbacks] = [0, 0, 0];
  const probe = device.createBuffer({ size: 4, usage: BUFFER_USAGE.mapRead });
  before(Object.getPrototypeOf(probe) as GPUBuffer, 'mapAsync', () => readbacks++);
  before(device.queue, 'submit', () => submissions++);
  before(device.queue, 'writeBuffer', ([, , data, , size]) => {
    bytes += (size as number | undefined) ?? (data as ArrayBufferView).byteLength;
  });
  const network = lenet5();
  const evaluator = await engine.evaluator(randomModel(network, 'lenet'), randomImages(network, 8, 'images'));
  const current = fullMasks(network);
  await evaluateTogether(evaluator, [current]);
  for (const [layer, { weights }] of fuse(network).entries()) {
    const mask = Math.ceil(weights / 32) * 4;
    for (const batch of [[1, 2, 3], [4]]) {
      [bytes, submissions, readbacks] = [0, 0, 0];
      const { uploadedBytes } = evaluator.work;
      const proposal = (i: number) => current.with(layer, randomMasks(network, 0.9, `${layer} ${i}`)[layer]!);
      await evaluateTogether(evaluator, batch.map(proposal));
      const share = bytes / batch.length;
      assert.ok(share >= mask && share <= mask + 64, `${share} bytes a candidate, a mask is ${mask}`);
      assert.equal([submissions, readbacks], [1, 1]);
      assert.is(evaluator.work.uploadedBytes - uploadedBytes, bytes, 'the evaluator counts what it writes');
    }
  }
});

/** Calls `spy` before every call of a method. */
function before<T extends object>(target: T, name: keyof T, spy: (args: unknown[]) => void): void {
  const original = target[name] as (...args: unknown[]) => unknown;
  const value = function (this: T, ...args: unknown[]) {
    spy(args);
    return original.apply(this, args);
  };
  Object.defineProperty(target, name, { value });
}

test.run();
