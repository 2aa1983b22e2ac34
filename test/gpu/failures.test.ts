import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFER_USAGE } from '../../src/engine/webgpu/device/constants.ts';
import { compileModule } from '../../src/engine/webgpu/device/pipelines.ts';
import { maskedDense } from '../../src/kernels/masked-dense.ts';
import { MasksearchError, type ErrorCode } from '../../src/core/error.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../helpers/models.ts';

const model = randomModel(tinyNetwork, 'model');
const images = randomImages(tinyNetwork, 32, 'images');
/** What compiles soonest: every test has an engine of its own. */
const quick = { tiling: { images: 1, outputs: 4 } } as const;
const candidate = { masks: fullMasks(tinyNetwork) };

async function assertRejects(promise: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  let error: unknown;
  try {
    await withTimeout(promise, 30_000, 'a rejection');
  } catch (thrown) {
    error = thrown;
  }
  assert.instance(error, MasksearchError, String(error));
  assert.is((error as MasksearchError).code, code, String(error));
  assert.match((error as MasksearchError).message, message);
}

test('a shader that does not compile: the message has file, line and column', async () => {
  const engine = await acquireEngine();
  try {
    const code = 'fn f() -> u32 {\n  return 1.5;\n}';
    await assertRejects(
      compileModule(engine.context, 'broken', code),
      'shader-failed',
      /broken\.wgsl:2:\d+ /,
    );
    // The device is still good.
    const evaluator = await engine.evaluator(model, images, quick);
    assert.is((await evaluator.evaluate([candidate])).length, 1);
  } finally {
    await engine.close();
  }
});

test('what is over a limit is refused with both numbers, before the device sees it', async () => {
  const engine = await acquireEngine();
  try {
    const { context, pipelines } = engine;
    const { maxStorageBufferBindingSize, maxComputeInvocationsPerWorkgroup } = context.limits;
    assert.throws(
      () => context.createBuffer('much', maxStorageBufferBindingSize + 4, BUFFER_USAGE.storage),
      new RegExp(
        `${maxStorageBufferBindingSize + 4} bytes, the device allows ${maxStorageBufferBindingSize}`,
      ),
    );
    const size = maxComputeInvocationsPerWorkgroup * 2;
    const shape = { inputs: 1, outputs: 1, activation: 'none' } as const;
    await assertRejects(
      pipelines.get(maskedDense, shape, { workgroupSize: size, images: 1, outputs: 4 }),
      'limit-exceeded',
      new RegExp(`${size} invocations, the device allows ${maxComputeInvocationsPerWorkgroup}`),
    );
    // A layer of more output pixels than a grid dimension has workgroups.
    const wide = randomModel(
      {
        input: { channels: 1, height: 260, width: 260 },
        layers: [
          { kind: 'conv2d', name: 'conv1', outChannels: 1, kernel: 1, padding: 0, activation: 'none' },
          { kind: 'flatten' },
          { kind: 'dense', name: 'out', outputs: 2, activation: 'none' },
        ],
      },
      'wide',
    );
    await assertRejects(
      engine.evaluator(wide, randomImages(wide.network, 1, 'wide')),
      'limit-exceeded',
      /67600 workgroups, the device allows 65535/,
    );
  } finally {
    await engine.close();
  }
});

test('parameters that could overflow are refused', async () => {
  const engine = await acquireEngine();
  try {
    for (const bad of [1e16, -Infinity, NaN]) {
      const parameters = model.parameters.with(2, {
        weight: model.parameters[2]!.weight.with(3, bad),
        bias: model.parameters[2]!.bias,
      });
      await assertRejects(
        engine.evaluator({ ...model, parameters }, images),
        'bad-input',
        /fc1 has a parameter/,
      );
    }
  } finally {
    await engine.close();
  }
});

test('an aborted evaluation rejects, and the next one is right', async () => {
  const engine = await acquireEngine();
  try {
    const evaluator = await engine.evaluator(model, images, quick);
    const [before] = await evaluator.evaluate([candidate]);
    await assertRejects(
      evaluator.evaluate([candidate], { signal: AbortSignal.abort() }),
      'aborted',
      /aborted/,
    );
    assert.equal((await evaluator.evaluate([candidate]))[0], before);
  } finally {
    await engine.close();
  }
});

test('a closed evaluator rejects', async () => {
  const engine = await acquireEngine();
  try {
    const evaluator = await engine.evaluator(model, images, quick);
    await evaluator.close();
    await evaluator.close();
    await assertRejects(evaluator.evaluate([candidate]), 'closed', /evaluator was closed/);
  } finally {
    await engine.close();
  }
});

test('close() in the middle of a batch rejects it, and everything after', async () => {
  const engine = await acquireEngine();
  const evaluator = await engine.evaluator(model, images, quick);
  const batch = evaluator.evaluate(Array.from({ length: 200 }, () => candidate));
  // Far enough for the batch to be on the device.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const closing = engine.close();
  await assertRejects(batch, 'closed', /engine was closed/);
  await assertRejects(evaluator.evaluate([candidate]), 'closed', /closed/);
  await assertRejects(engine.evaluator(model, images, quick), 'closed', /closed/);
  await closing;
  await engine.close();
});

test('a device without room for a batch rejects it, and runs the next', async () => {
  const engine = await acquireEngine();
  try {
    for (const label of ['arena 1', 'fc1 masks', 'states', 'ordered labels']) {
      const evaluator = await engine.evaluator(model, images, quick);
      // Its losses are known, so that a batch with a limit orders the images first.
      const [known] = await evaluator.evaluate([candidate]);
      const { context } = engine;
      const create = context.createBuffer.bind(context);
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
      const fresh = await engine.evaluator(model, images, quick);
      assert.equal(await evaluator.evaluate(others), await fresh.evaluate(others), label);
      assert.equal(await evaluator.evaluate([candidate]), [known], label);
      await evaluator.close();
      await fresh.close();
    }
  } finally {
    await engine.close();
  }
});

test('a lost device rejects the batch in hand and later ones', async () => {
  const engine = await acquireEngine();
  try {
    const evaluator = await engine.evaluator(model, images, quick);
    const known = { masks: randomMasks(tinyNetwork, 0.5, 'known') };
    await evaluator.evaluate([known]);
    const batch = evaluator.evaluate(Array.from({ length: 200 }, () => candidate));
    await new Promise((resolve) => setTimeout(resolve, 5));
    engine.context.device.destroy();
    await assertRejects(batch, 'device-lost', /device was lost/);
    await assertRejects(evaluator.evaluate([candidate]), 'device-lost', /device was lost/);
    // Also what it remembers.
    await assertRejects(evaluator.evaluate([known]), 'device-lost', /device was lost/);
  } finally {
    await engine.close();
  }
});

test('a command that the device refuses becomes an error', async () => {
  const engine = await acquireEngine();
  try {
    const refused = engine.context.scoped('a copy', () => {
      const buffer = engine.context.createBuffer('small', 16, BUFFER_USAGE.copyTarget);
      engine.context.device.queue.writeBuffer(buffer, 0, new Uint32Array(8));
    });
    await assertRejects(refused, 'gpu-failed', /^a copy failed on the GPU/);
  } finally {
    await engine.close();
  }
});

test('Node exits by itself after close()', async () => {
  const script = `
    import { acquireEngine } from './test/helpers/gpu.ts';
    import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from './test/helpers/models.ts';
    const engine = await acquireEngine();
    const evaluator = await engine.evaluator(randomModel(tinyNetwork, 'm'), randomImages(tinyNetwork, 8, 'i'));
    const [evaluation] = await evaluator.evaluate([{ masks: fullMasks(tinyNetwork) }]);
    await engine.close();
    console.log(evaluation.loss > 0 ? 'evaluated' : 'failed');
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  try {
    const [code] = (await withTimeout(once(child, 'exit'), 60_000, 'the exit of Node')) as [number];
    assert.is(code, 0, output);
    assert.match(output, /^evaluated$/m);
  } finally {
    child.kill('SIGKILL');
  }
});

test.run();
