import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFER_USAGE } from '../../src/engine/webgpu/device/constants.ts';
import { lenet5 } from '../../src/network/network.ts';
import { fuse } from '../../src/network/fuse.ts';
import type { RunnerOptions } from '../../src/engine/webgpu/runner.ts';
import { referenceLogits } from '../../src/engine/reference/forward.ts';
import { referenceEvaluator } from '../../src/engine/reference/reference.ts';
import { QUAD, quadsOf } from '../../src/kernels/spec.ts';
import { loadMnist, loadModel, takeImages } from '../../src/node.ts';
import type { Evaluation, Evaluator } from '../../src/search/contract.ts';
import type { MasksearchError } from '../../src/core/error.ts';
import type { Masks } from '../../src/core/mask.ts';
import { NO_OPTIMIZATIONS } from '../helpers/evaluations.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../helpers/models.ts';
import { logitBounds } from '../helpers/tolerance.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const tiny = randomModel(tinyNetwork, 'tiny');
const tinyImages = randomImages(tinyNetwork, 37, 'tiny images');

function evaluate(evaluator: Evaluator, masks: readonly Masks[]): Promise<readonly Evaluation[]> {
  const evaluation = evaluator.evaluate(masks.map((m) => ({ masks: m })));
  return withTimeout(evaluation, 120_000, 'an evaluation');
}

function lossOf(evaluation: Evaluation | undefined): number {
  if (!evaluation || evaluation.exceeded) throw new Error('there is no loss');
  return evaluation.loss;
}

/** A search-like series: every candidate differs from the first in one layer, later layers later. */
function series(count: number): Masks[] {
  const current = randomMasks(tinyNetwork, 0.8, 'current');
  return Array.from({ length: count }, (_, i) => {
    const layer = Math.floor((i * current.length) / count);
    return current.with(layer, randomMasks(tinyNetwork, 0.5, `series ${i}`)[layer]!);
  });
}

test('the trained network: losses agree with float64 to 1e-5, predictions wherever they are clear', async () => {
  const model = await loadModel();
  const images = takeImages((await loadMnist()).search, 256);
  const evaluator = await engine.evaluator(model, images);
  const reference = referenceEvaluator(model, images);
  const losses: number[] = [];
  for (const sparsity of [0, 0.3, 0.6, 0.9]) {
    const masks = randomMasks(model.network, 1 - sparsity, `sparsity ${sparsity}`);
    const actual = lossOf((await evaluate(evaluator, [masks]))[0]);
    const expected = lossOf((await evaluate(reference, [masks]))[0]);
    assert.ok(Math.abs(actual - expected) <= 1e-5 * expected, `${sparsity}: ${actual}, expected ${expected}`);
    losses.push(expected);

    // With the reference's predictions as labels, an accuracy of 1 means that all predictions are equal.
    const logits = referenceLogits(model, images, masks);
    const bounds = logitBounds(model, images, masks);
    const stride = quadsOf(images.count) * QUAD;
    const labels = new Uint8Array(images.count);
    let unclear = 0;
    for (let image = 0; image < images.count; image++) {
      const scores = Array.from({ length: 10 }, (_, c) => logits[c * stride + image]!);
      const [best, second] = scores.map((_, c) => c).sort((a, b) => scores[b]! - scores[a]!);
      labels[image] = best!;
      const reach = bounds[best! * stride + image]! + bounds[second! * stride + image]!;
      if (scores[best!]! - scores[second!]! <= reach) unclear++;
    }
    const relabelled = await engine.evaluator(model, { ...images, labels });
    const [evaluation] = await evaluate(relabelled, [masks]);
    assert.ok(evaluation?.exceeded === false);
    const different = Math.round((1 - evaluation.accuracy) * images.count);
    assert.ok(different <= unclear, `${sparsity}: ${different} predictions differ, ${unclear} are unclear`);
    assert.ok(unclear < images.count / 10, `${sparsity}: the bound makes ${unclear} predictions unclear`);
    await relabelled.close();
  }
  assert.ok(new Set(losses).size === losses.length, 'the masks make no difference');
  await evaluator.close();
});

test('a batch of any batch width gives the same bits', async () => {
  const candidates = series(64);
  const byWidth = [];
  for (const batchWidth of [1, 7, 64]) {
    const evaluator = await engine.evaluator(tiny, tinyImages);
    const evaluations: Evaluation[] = [];
    for (let i = 0; i < candidates.length; i += batchWidth) {
      evaluations.push(...(await evaluate(evaluator, candidates.slice(i, i + batchWidth))));
    }
    byWidth.push(evaluations);
    await evaluator.close();
  }
  assert.ok(new Set(byWidth[0]!.map(lossOf)).size > 32, 'the candidates make no difference');
  assert.equal(byWidth[1], byWidth[0]);
  assert.equal(byWidth[2], byWidth[0]);
});

test('chunks, imageBuffers, arenas, tilings and cached prefixes change no bit', async () => {
  const candidates = series(12);
  const alone = [];
  for (const masks of candidates) {
    const fresh = await engine.evaluator(tiny, tinyImages);
    alone.push(...(await evaluate(fresh, [masks])));
    await fresh.close();
  }
  const settings: readonly RunnerOptions[] = [
    {},
    { chunkImages: 4 },
    { chunkImages: 20 },
    { workgroupSize: 1 },
    { workgroupSize: 32 },
    { workgroupSize: 256 },
    { chunkImages: 16, workgroupSize: 128 },
    { imagesPerBuffer: 10 },
    { imagesPerBuffer: 17, chunkImages: 8 },
    // Room for three, for one, and for less than one candidate of all images.
    { arenaBytes: 2 * 3 * 40 * 48 * 4 },
    { arenaBytes: 2 * 40 * 48 * 4 },
    { arenaBytes: 2 * 8 * 48 * 4 },
    { arenaBytes: 4 },
    { tiling: { images: 1, outputs: 4 } },
    { tiling: { images: 2, outputs: 12 } },
    { parallel: true },
  ];
  for (const options of settings) {
    const evaluator = await engine.evaluator(tiny, tinyImages, options);
    const evaluations = [];
    for (const masks of candidates) evaluations.push(...(await evaluate(evaluator, [masks])));
    assert.equal(evaluations, alone, JSON.stringify(options));
    // The batch width is measured on top.
    const plain = candidates.length * evaluator.macsPerImage * tinyImages.count;
    assert.ok(options.parallel || evaluator.work.macs < plain, 'no reuse');
    const counts = engine.context.bufferCount;
    assert.equal(await evaluate(evaluator, candidates), alone, `${JSON.stringify(options)}, together`);
    assert.ok(engine.context.bufferCount <= counts + 1, 'buffers pile up');
    await evaluator.close();
  }
});

test('small chunks, of which more candidates fit side by side, have room in an arena that large ones have grown', async () => {
  const images = randomImages(tinyNetwork, 150, 'chunks');
  const candidates = series(12);
  const expected = await evaluate(await engine.evaluator(tiny, images), candidates);
  // Chunks of 64, 64 and 22 images; half of the arena has room for two and a half, or six candidates.
  const evaluator = await engine.evaluator(tiny, images, { arenaBytes: 5 * 64 * 48 * 4 });
  assert.equal(await evaluate(evaluator, candidates.slice(0, 1)), expected.slice(0, 1));
  assert.equal(await evaluate(evaluator, candidates), expected);
  await evaluator.close();
});

test('the device has what every WebGPU device has and no more, so these tests hold for all', () => {
  const { device, limits } = engine.context;
  assert.equal(
    [...device.features].filter((name) => name !== 'core-features-and-limits'),
    [],
  );
  // The specification's defaults.
  assert.is(limits.maxStorageBufferBindingSize, 2 ** 27);
  assert.is(limits.maxBufferSize, 2 ** 28);
  assert.is(limits.maxStorageBuffersPerShaderStage, 8);
  assert.is(limits.maxComputeWorkgroupStorageSize, 16_384);
  assert.is(limits.maxComputeInvocationsPerWorkgroup, 256);
  assert.is(limits.maxComputeWorkgroupsPerDimension, 65_535);
});

test('layers in any order, with images that were put in order in between', async () => {
  const evaluator = await engine.evaluator(tiny, tinyImages);
  const plain = await engine.evaluator(tiny, tinyImages, { optimizations: NO_OPTIMIZATIONS });
  const current = randomMasks(tinyNetwork, 0.8, 'any order');
  for (const [i, layer] of [3, 1, 2, 0, 3, 2, 1].entries()) {
    const masks = current.with(layer, randomMasks(tinyNetwork, 0.6, `any order ${i}`)[layer]!);
    for (const candidates of [
      [{ masks: current }],
      [
        { masks, lossLimit: 50 },
        { masks: current, lossLimit: 50 },
      ],
    ]) {
      assert.equal(await evaluator.evaluate(candidates), await plain.evaluate(candidates), `layer ${layer}`);
    }
    await evaluate(evaluator, [masks]);
  }
  await evaluator.close();
  await plain.close();
});

test('how many candidates a device takes at once is measured when somebody asks, and counted as work', async () => {
  const evaluator = await engine.evaluator(tiny, tinyImages, { parallel: true });
  const [first, second, third] = series(40).slice(-3);
  await evaluate(evaluator, [first!]);
  assert.is(evaluator.work.forwardPasses, 1);
  assert.is(evaluator.batchWidth, 1);
  await evaluate(evaluator, [second!]);
  const { forwardPasses, candidates, imagesEvaluated } = evaluator.work;
  assert.ok(forwardPasses >= 2 + 1 + 2 + 4, `${forwardPasses} forward passes`);
  assert.is(imagesEvaluated, forwardPasses * tinyImages.count);
  assert.is(candidates, 2);
  assert.ok(evaluator.batchWidth >= 1);
  await evaluate(evaluator, [third!]);
  assert.is(evaluator.work.forwardPasses, forwardPasses + 1, 'once is enough');
  await evaluator.close();
});

test('a candidate costs the bits of its new masks and at most 64 bytes, one submission and one readback', async () => {
  const network = lenet5();
  const images = randomImages(network, 8, 'images');
  const evaluator = await engine.evaluator(randomModel(network, 'lenet'), images);
  const current = fullMasks(network);
  await evaluate(evaluator, [current]);

  const { counts, restore } = countTraffic(engine.context.device);
  try {
    for (const [layer, { weights }] of fuse(network).entries()) {
      const proposals = [1, 2, 3].map((i) =>
        current.with(layer, randomMasks(network, 0.9, `${layer} ${i}`)[layer]!),
      );
      Object.assign(counts, { bytes: 0, submissions: 0, readbacks: 0 });
      const before = evaluator.work.uploadedBytes;
      await evaluate(evaluator, proposals);
      const bits = Math.ceil(weights / 32) * 4;
      const { bytes, submissions, readbacks } = counts;
      assert.ok(bytes >= 3 * bits && bytes <= 3 * (bits + 64), `${bytes} bytes go up, ${bits} are a mask`);
      assert.equal([submissions, readbacks], [1, 1]);
      assert.is(evaluator.work.uploadedBytes - before, bytes, 'the evaluator counts what it writes');
      Object.assign(counts, { bytes: 0, submissions: 0, readbacks: 0 });
      await evaluate(evaluator, [current.with(layer, randomMasks(network, 0.9, `${layer} alone`)[layer]!)]);
      assert.ok(counts.bytes <= bits + 64, `${counts.bytes} bytes go up, ${bits} are a mask`);
      assert.equal([counts.submissions, counts.readbacks], [1, 1]);
    }
  } finally {
    restore();
  }
  await evaluator.close();
});

/** Counts what goes to a device and back from here on, until `restore`. */
function countTraffic(device: GPUDevice) {
  const counts = { bytes: 0, submissions: 0, readbacks: 0 };
  const { queue } = device;
  const probe = device.createBuffer({ size: 4, usage: BUFFER_USAGE.mapRead });
  const buffers = Object.getPrototypeOf(probe) as GPUBuffer;
  probe.destroy();
  const undo = [
    wrap(queue, 'writeBuffer', (args) => {
      counts.bytes += (args[4] as number | undefined) ?? (args[2] as ArrayBufferView).byteLength;
    }),
    wrap(queue, 'submit', () => counts.submissions++),
    wrap(buffers, 'mapAsync', () => counts.readbacks++),
  ];
  return { counts, restore: () => undo.forEach((restore) => restore()) };
}

/** Calls `spy` before every call of a method; returns the undoing. */
function wrap<T extends object>(target: T, name: keyof T, spy: (args: unknown[]) => void): () => void {
  const original = target[name] as (...args: unknown[]) => unknown;
  const spied = function (this: T, ...args: unknown[]) {
    spy(args);
    return original.apply(this, args);
  };
  Object.defineProperty(target, name, { value: spied, configurable: true, writable: true });
  return () => {
    Object.defineProperty(target, name, { value: original, configurable: true, writable: true });
  };
}

test('masks beyond the slots on the device push out the longest unused, never those in use', async () => {
  const evaluator = await engine.evaluator(tiny, tinyImages);
  const reference = referenceEvaluator(tiny, tinyImages);
  const pool = Array.from({ length: 40 }, (_, i) => randomMasks(tinyNetwork, 0.7, `pool ${i}`));
  const expected = (await evaluate(reference, pool)).map(lossOf);
  let next = 0;
  for (const size of [1, 3, 9, 2, 30, 5, 40, 1, 17]) {
    const chosen = Array.from({ length: size }, () => (next = (next * 7 + 3) % pool.length));
    const losses = (
      await evaluate(
        evaluator,
        chosen.map((i) => pool[i]!),
      )
    ).map(lossOf);
    losses.forEach((loss, k) => {
      assert.ok(
        Math.abs(loss - expected[chosen[k]!]!) <= 1e-5 * loss,
        `candidate ${chosen[k]} in a batch of ${size}`,
      );
    });
  }
  await evaluator.close();
});

test('masks find their layer again after the slots of another layer have grown', async () => {
  const evaluator = await engine.evaluator(tiny, tinyImages);
  const reference = referenceEvaluator(tiny, tinyImages);
  const current = randomMasks(tinyNetwork, 0.9, 'grow');
  const inLayer = (layer: number, count: number) =>
    Array.from({ length: count }, (_, i) =>
      current.with(layer, randomMasks(tinyNetwork, 0.5, `grow ${layer} ${i}`)[layer]!),
    );
  // The results of the first batch are as large as any: only the slots of the second layer grow after it.
  for (const batch of [inLayer(3, 40), inLayer(0, 30), inLayer(3, 20)]) {
    const expected = (await evaluate(reference, batch)).map(lossOf);
    (await evaluate(evaluator, batch)).map(lossOf).forEach((loss, k) => {
      assert.ok(Math.abs(loss - expected[k]!) <= 1e-5 * loss, `candidate ${k} of ${batch.length}`);
    });
  }
  await evaluator.close();
});

test('closing waits for the batch in hand and refuses those behind it', async () => {
  for (const evaluator of [await engine.evaluator(tiny, tinyImages), referenceEvaluator(tiny, tinyImages)]) {
    const candidates = series(6).map((masks) => ({ masks }));
    const inHand = evaluator.evaluate(candidates);
    await new Promise((resolve) => setTimeout(resolve));
    const behind = evaluator.evaluate(candidates).then(
      () => 'evaluated',
      (error: MasksearchError) => error.code,
    );
    await evaluator.close();
    assert.is((await inHand).length, candidates.length);
    assert.is(await behind, 'closed');
  }
});

test('buffers are kept, and all go with the evaluator', async () => {
  const before = engine.context.bufferCount;
  const evaluator = await engine.evaluator(tiny, tinyImages);
  const batch = series(10);
  await evaluate(evaluator, batch);
  const during = engine.context.bufferCount;
  for (let i = 0; i < 20; i++) await evaluate(evaluator, batch.slice(i % 5));
  assert.is(engine.context.bufferCount, during);
  await evaluator.close();
  assert.is(engine.context.bufferCount, before);
});

test('two evaluators on one device, calls at once', async () => {
  const other = randomModel(tinyNetwork, 'other');
  const evaluators = [await engine.evaluator(tiny, tinyImages), await engine.evaluator(other, tinyImages)];
  const candidates = series(6);
  const apart = [];
  for (const evaluator of evaluators) apart.push(await evaluate(evaluator, candidates));
  const together = await Promise.all([
    ...evaluators.map((evaluator) => evaluate(evaluator, candidates)),
    ...evaluators.map((evaluator) => evaluate(evaluator, candidates)),
  ]);
  assert.equal(together, [...apart, ...apart]);
  for (const evaluator of evaluators) await evaluator.close();
});

test('lossLimit: exceeded if and only if the loss is above it', async () => {
  const evaluator = await engine.evaluator(tiny, tinyImages);
  const [masks] = series(1);
  const loss = lossOf((await evaluate(evaluator, [masks!]))[0]);
  const [at, above, below] = await evaluator.evaluate([
    { masks: masks!, lossLimit: loss },
    { masks: masks!, lossLimit: loss * (1 + 1e-12) },
    { masks: masks!, lossLimit: loss * (1 - 1e-12) },
  ]);
  assert.is(at!.exceeded, false);
  assert.is(above!.exceeded, false);
  assert.equal(below, { exceeded: true });
  await evaluator.close();
});

test.run();
