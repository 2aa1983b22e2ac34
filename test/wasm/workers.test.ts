/** The memory of workers does not grow; and when a worker fails in any way, every call is rejected and none hangs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Engine } from '../../src/engine/backend.ts';
import { WORKER_SOURCE } from '../../src/engine/wasm/generated/worker.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { memoryLayout } from '../../src/engine/wasm/layout.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import type { SpawnWorker, WorkerHandle } from '../../src/engine/wasm/threads/pool.ts';
import type { Reply, Request } from '../../src/engine/wasm/threads/protocol.ts';
import { fuse } from '../../src/network/fuse.ts';
import { lenet5 } from '../../src/network/lenet5.ts';
import { openEngine } from '../../src/node.ts';
import { series, tiny, withEngine } from '../backends/suite/backend.ts';
import { assertRejects } from '../helpers/assert/rejects.ts';
import { assertBadInput } from '../helpers/assert/bad-input.ts';
import { evaluateAll, evaluateFull } from '../helpers/search/evaluations.ts';
import { withTimeout } from '../helpers/gpu.ts';
import { randomImages, randomMasks, tinyNetwork } from '../helpers/data/models.ts';

const images = randomImages(tinyNetwork, 131, 'workers');
const masksOf = (seed: number) => randomMasks(tinyNetwork, 0.7, `${seed}`);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of this process with all its workers, in MiB. */
function mebibytes(): number {
  collectGarbage();
  return process.memoryUsage().rss / 2 ** 20;
}

/** Starts workers that also call `listener`, the text of a function, with every message. */
function spawnWith(listener: string): SpawnWorker {
  const source = `${WORKER_SOURCE};require('node:worker_threads').parentPort.on('message', ${listener});`;
  return (events) => {
    const worker = new Worker(source, { eval: true, execArgv: [] });
    worker.on('message', (reply: Reply) => events.reply(reply));
    worker.on('error', (error) => events.died(String(error)));
    worker.on('exit', (code) => events.died(`exit code ${code}`));
    return { post: (request) => worker.postMessage(request), terminate: () => void worker.terminate() };
  };
}

/** Starts workers whose requests go through `post`; `index` counts the workers. */
function spawnPosting(
  post: (worker: WorkerHandle, request: Request, index: number) => void,
  spawn: SpawnWorker = spawnNodeWorker,
): SpawnWorker {
  let workers = 0;
  return (events) => {
    const worker = spawn(events);
    const index = workers++;
    return { ...worker, post: (request) => post(worker, request, index) };
  };
}

/** Runs `action` on an engine with two workers. */
const withWorkers = (shared: boolean, spawn: SpawnWorker, action: (engine: Engine) => Promise<void>) =>
  withEngine({ name: 'WebAssembly', open: () => wasmEngine({ threads: 2, shared, spawn }) }, action);

for (const shared of [true, false]) {
  const what = shared ? 'shared memory' : 'copied memory';

  test(`${what}: hundreds of batches use no more than a few`, async () => {
    await withWorkers(shared, spawnNodeWorker, async (engine) => {
      const evaluator = await engine.evaluator(tiny, images);
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

  test(`${what}: closed evaluators free theirs`, async () => {
    // Some 4 MiB of pixels.
    const manyImages = randomImages(tinyNetwork, 60_000, 'many');
    // Collects garbage whenever an evaluator is closed.
    const spawn = spawnWith(`({ type }) => { if (type === 'close') setTimeout(gc); }`);
    await withWorkers(shared, spawn, async (engine) => {
      const openAndClose = async (count: number) => {
        for (let i = 0; i < count; i++) {
          await (await engine.evaluator(tiny, manyImages)).close();
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

/** What happens to a worker when it is sent a pass. */
const mishaps: Readonly<Record<string, (worker: WorkerHandle, request: Request) => void>> = {
  'ended between two calls': (worker, request) => {
    worker.terminate();
    worker.post(request);
  },
  'ends in the middle of a pass': (worker, request) => {
    worker.post(request);
    worker.terminate();
  },
  'fails at a message': (worker, request) => {
    worker.post({ ...request, id: -1 });
    worker.post(request);
  },
  'answers something else': (worker, { id }) => worker.post({ type: 'read', id, offset: 0, length: 4 }),
  'throws an exception that nothing catches': (worker, request) =>
    worker.post(Object.assign({ planted: true }, request)),
};
const throwing = `({ planted }) => { if (planted) throw new Error('planted'); }`;

for (const [name, mishap] of Object.entries(mishaps)) {
  test(`a worker that ${name}: every call fails, none hangs`, async () => {
    for (const shared of [true, false]) {
      for (const faulty of [0, 1]) {
        let armed = false;
        const spawn = spawnPosting((worker, request, index) => {
          if (armed && index === faulty && request.type === 'pass') mishap(worker, request);
          else worker.post(request);
        }, spawnWith(throwing));
        await withWorkers(shared, spawn, async (engine) => {
          const evaluator = await engine.evaluator(tiny, images);
          const other = await engine.evaluator(tiny, images);
          await evaluateAll(evaluator, series(3));
          armed = true;
          const pending = [evaluator.evaluate(series(12).slice(4)), evaluator.evaluate(series(9).slice(4))];
          for (const call of pending) call.catch(() => undefined);
          const fails = (call: Promise<unknown>, which: string) =>
            assertRejects(call, 'device-lost', /./, `worker ${faulty}, shared: ${shared}, ${which}`);
          for (const call of pending) await fails(call, 'pending');
          await fails(evaluator.evaluate(series(12).slice(4)), 'later');
          await fails(other.evaluate(series(1)), 'another evaluator');
          await fails(engine.evaluator(tiny, images), 'a new evaluator');
          await withTimeout(evaluator.close(), 10_000, 'closing');
        });
      }
    }
  });
}

test('an engine whose workers cannot be started is lost', async () => {
  for (const shared of [true, false]) {
    for (const when of ['at once', 'soon']) {
      const spawnDead: SpawnWorker = (events) => {
        if (when === 'at once') events.died('no memory');
        else queueMicrotask(() => events.died('no memory'));
        return { post: () => undefined, terminate: () => undefined };
      };
      await withWorkers(shared, spawnDead, async (engine) => {
        for (const attempt of ['first', 'second']) {
          await assertRejects(
            engine.evaluator(tiny, images),
            'device-lost',
            /./,
            `${when}, ${attempt} attempt`,
          );
        }
      });
    }
  }
});

test('memory that cannot be allocated is a limit, and the engine goes on', async () => {
  let isShort = true;
  const spawnShort = spawnPosting((worker, request) => {
    // More pages than any memory has.
    const layout = request.type === 'open' && isShort && { ...request.layout, pages: 70_000 };
    worker.post(layout ? { ...request, layout } : request);
  });
  await withWorkers(false, spawnShort, async (engine) => {
    await assertRejects(engine.evaluator(tiny, images), 'limit-exceeded');
    isShort = false;
    assert.ok((await evaluateFull(await engine.evaluator(tiny, images), masksOf(0))).loss > 0);
  });
});

test('more memory than 32-bit addresses reach is refused', async () => {
  const layout = (count: number, workers = 1) => {
    const input = [1, 28, 28] as const;
    const sizes = { images: count, input, workers, firstBlock: 0, blockStride: 1 };
    return Promise.resolve().then(() => memoryLayout(fuse(lenet5()), sizes));
  };
  assert.ok((await layout(10_000, 64)).pages * 65_536 < 2 ** 32);
  const message = /need \d+ bytes of WebAssembly memory, at most 4294967296/;
  for (const absurd of [layout(10_000_000), layout(100, 100_000)]) {
    await assertRejects(absurd, 'limit-exceeded', message);
  }
});

test('a number of threads that is not a positive integer, or far too large, is refused', async () => {
  for (const threads of [0, -1, 1.5, NaN, 1025]) {
    await assertBadInput(
      () => openEngine({ device: 'wasm', threads }),
      /threads is (0|-1|1\.5|NaN|1025) but must be a whole number from 1 to 1024/,
    );
  }
});

test.run();
