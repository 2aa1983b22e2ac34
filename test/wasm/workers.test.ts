/** What workers hold: it stays the same while they work, and what they cannot have is an error of its own. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Engine } from '../../src/engine/backend.ts';
import { WORKER_SOURCE } from '../../src/engine/wasm/generated/worker.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import type { SpawnWorker } from '../../src/engine/wasm/threads/pool.ts';
import type { Reply } from '../../src/engine/wasm/threads/protocol.ts';
import { MasksearchError } from '../../src/core/error.ts';
import { evaluateFull } from '../helpers/evaluations.ts';
import { withTimeout } from '../helpers/gpu.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../helpers/models.ts';

const model = randomModel(tinyNetwork, 'workers');
const images = randomImages(tinyNetwork, 131, 'workers');
/** Some 4 MiB of pixels. */
const manyImages = randomImages(tinyNetwork, 60_000, 'many');
const masksOf = (seed: number) => randomMasks(tinyNetwork, 0.7, `${seed}`);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of this process with all its workers, in MiB. */
function mebibytes(): number {
  collectGarbage();
  return process.memoryUsage().rss / 2 ** 20;
}

/** Starts workers that call `listener`, the text of a function, with every message too. */
function spawnWith(listener: string): SpawnWorker {
  const source = `${WORKER_SOURCE};require('node:worker_threads').parentPort.on('message', ${listener});`;
  return (events) => {
    const worker = new Worker(source, { eval: true, execArgv: [] });
    worker.on('message', (reply: Reply) => events.reply(reply));
    worker.on('error', (error) => events.died(String(error)));
    return {
      post: (request) => worker.postMessage(request),
      terminate: () => void worker.terminate(),
    };
  };
}

async function withEngine(
  options: { shared: boolean; spawn?: SpawnWorker },
  action: (engine: Engine) => Promise<void>,
): Promise<void> {
  const engine = await wasmEngine({ threads: 2, spawn: spawnNodeWorker, ...options });
  try {
    await action(engine);
  } finally {
    await engine.close();
  }
}

/** The code of the error that a promise is rejected with, within seconds. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await withTimeout(promise, 10_000, 'a rejection');
  } catch (error) {
    if (error instanceof MasksearchError) return error.code;
    throw error;
  }
  return 'none';
}

for (const shared of [true, false]) {
  const what = shared ? 'shared memory' : 'copied memory';

  test(`${what}: hundreds of batches take no more of it than a few`, async () => {
    await withEngine({ shared }, async (engine) => {
      const evaluator = await engine.evaluator(model, images);
      const evaluateSome = async (count: number) => {
        for (let i = 0; i < count; i++) {
          const batch = [0, 1, 2, 3].map((k) => ({ masks: masksOf(i * 4 + k), lossLimit: 0.5 + k }));
          await evaluator.evaluate(batch);
        }
      };
      await evaluateSome(100);
      const before = mebibytes();
      await evaluateSome(400);
      const grown = mebibytes() - before;
      assert.ok(grown < 24, `${grown} MiB more`);
    });
  });

  test(`${what}: closed evaluators give theirs back`, async () => {
    // Engines collect garbage when they like; here when an evaluator is closed.
    const spawn = spawnWith(`({ type }) => { if (type === 'close') setTimeout(gc); }`);
    await withEngine({ shared, spawn }, async (engine) => {
      const openAndClose = async (count: number) => {
        for (let i = 0; i < count; i++) {
          const evaluator = await engine.evaluator(model, manyImages);
          await evaluator.close();
          collectGarbage();
        }
        // Until the workers have closed the last, and collected.
        await new Promise((resolve) => setTimeout(resolve, 300));
      };
      await openAndClose(4);
      const before = mebibytes();
      await openAndClose(16);
      const grown = mebibytes() - before;
      assert.ok(grown < 32, `${grown} MiB more`);
    });
  });
}

test('memory that cannot be had is a limit, and the engine goes on', async () => {
  let isShort = true;
  const spawnShort: SpawnWorker = (events) => {
    const worker = spawnNodeWorker(events);
    return {
      ...worker,
      post: (request) => {
        // More pages than any memory has.
        const layout = request.type === 'open' && isShort && { ...request.layout, pages: 70_000 };
        worker.post(layout ? { ...request, layout } : request);
      },
    };
  };
  await withEngine({ shared: false, spawn: spawnShort }, async (engine) => {
    assert.is(await codeOf(engine.evaluator(model, images)), 'limit-exceeded');
    isShort = false;
    const evaluator = await engine.evaluator(model, images);
    assert.ok((await evaluateFull(evaluator, masksOf(0))).loss > 0);
  });
});

test('an exception that nothing catches in a worker ends the engine, not the process', async () => {
  const throwing = `({ type }) => {
    globalThis.passes = (globalThis.passes ?? 0) + (type === 'pass');
    if (globalThis.passes === 4) throw new Error('planted');
  }`;
  for (const shared of [true, false]) {
    await withEngine({ shared, spawn: spawnWith(throwing) }, async (engine) => {
      const evaluator = await engine.evaluator(model, images);
      const codes: string[] = [];
      for (let i = 0; i < 5; i++) codes.push(await codeOf(evaluateFull(evaluator, masksOf(i))));
      assert.equal(codes, ['none', 'none', 'none', 'device-lost', 'device-lost']);
    });
  }
});

test('a worker that ends between two calls is missed by the next', async () => {
  for (const shared of [true, false]) {
    const terminate: (() => void)[] = [];
    const spawn: SpawnWorker = (events) => {
      const worker = spawnNodeWorker(events);
      terminate.push(() => worker.terminate());
      return worker;
    };
    await withEngine({ shared, spawn }, async (engine) => {
      const evaluator = await engine.evaluator(model, images);
      await evaluateFull(evaluator, masksOf(0));
      terminate[1]!();
      assert.is(await codeOf(evaluateFull(evaluator, masksOf(1))), 'device-lost');
      assert.is(await codeOf(engine.evaluator(model, images)), 'device-lost');
    });
  }
});

test.run();
