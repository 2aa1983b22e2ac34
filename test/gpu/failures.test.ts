/** Failures on a GPU become errors with a code, and the device stays usable if it can. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../src/core/error.ts';
import { BUFFER_USAGE } from '../../src/engine/webgpu/device/constants.ts';
import { compileModule } from '../../src/engine/webgpu/device/pipelines.ts';
import { maskedDense } from '../../src/kernels/masked-dense.ts';
import { tiny } from '../backends/suite/backend.ts';
import { assertRejects } from '../helpers/assert/rejects.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { fullMasks, randomImages, randomMasks, tinyNetwork } from '../helpers/data/models.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const images = randomImages(tinyNetwork, 32, 'images');
/** The tiling that compiles fastest. */
const quick = { tiling: { images: 1, outputs: 4 } } as const;
const candidate = { masks: fullMasks(tinyNetwork) };

test('the error of a shader that does not compile names file, line and column', async () => {
  const code = 'fn f() -> u32 {\n  return 1.5;\n}';
  await assertRejects(compileModule(engine.context, 'broken', code), 'shader-failed', /broken\.wgsl:2:\d+ /);
  const evaluator = await engine.evaluator(tiny, images, quick);
  assert.is((await evaluator.evaluate([candidate])).length, 1, 'the device is still usable');
});

test('a size above a limit is refused with both numbers before it reaches the device', async () => {
  const { context, pipelines } = engine;
  const { maxStorageBufferBindingSize: bytes, maxComputeInvocationsPerWorkgroup: invocations } =
    context.limits;
  assert.throws(
    () => context.createBuffer('much', bytes + 4, BUFFER_USAGE.storage),
    new RegExp(`${bytes + 4} bytes, the device allows ${bytes}`),
  );
  const shape = { inputs: 1, outputs: 1, activation: 'none', alpha: 0 } as const;
  await assertRejects(
    pipelines.get(maskedDense, shape, { workgroupSize: 2 * invocations, images: 1, outputs: 4 }),
    'limit-exceeded',
    new RegExp(`${2 * invocations} invocations, the device allows ${invocations}`),
  );
});

test('a device without room for a batch rejects it, and runs the next', async () => {
  const { context } = engine;
  const create = context.createBuffer.bind(context);
  for (const label of ['arena 1', 'fc1 masks', 'states', 'ordered targets']) {
    const evaluator = await engine.evaluator(tiny, images, quick);
    // Its losses are known, so that a batch with a limit orders the images first.
    const known = await evaluator.evaluate([candidate]);
    context.createBuffer = (name, size, usage) => {
      if (name === label) throw new MasksearchError('limit-exceeded', 'there is no room', 'use less');
      return create(name, size, usage);
    };
    const others = Array.from({ length: 40 }, (_, i) => ({
      masks: randomMasks(tinyNetwork, 0.8, `${label} ${i}`),
      lossLimit: 100,
    }));
    await assertRejects(evaluator.evaluate(others), 'limit-exceeded', /no room/);
    context.createBuffer = create;
    const fresh = await engine.evaluator(tiny, images, quick);
    assert.equal(await evaluator.evaluate(others), await fresh.evaluate(others), label);
    assert.equal(await evaluator.evaluate([candidate]), known, label);
    await evaluator.close();
    await fresh.close();
  }
});

test('a command that the device refuses becomes an error', async () => {
  const refused = engine.context.scoped('a copy', () => {
    const buffer = engine.context.createBuffer('small', 16, BUFFER_USAGE.copyTarget);
    engine.context.device.queue.writeBuffer(buffer, 0, new Uint32Array(8));
  });
  await assertRejects(refused, 'gpu-failed', /^a copy failed on the GPU/);
});

test('a lost device rejects the batch in progress and all later ones', async () => {
  const lost = await acquireEngine();
  try {
    const evaluator = await lost.evaluator(tiny, images, quick);
    const known = { masks: randomMasks(tinyNetwork, 0.5, 'known') };
    await evaluator.evaluate([known]);
    const batch = evaluator.evaluate(Array.from({ length: 200 }, () => candidate));
    await new Promise((resolve) => setTimeout(resolve, 5));
    lost.context.device.destroy();
    await assertRejects(batch, 'device-lost', /device was lost/);
    // Also for masks whose evaluation is cached.
    for (const one of [candidate, known]) {
      await assertRejects(evaluator.evaluate([one]), 'device-lost', /device was lost/);
    }
  } finally {
    await lost.close();
  }
});

test.run();
