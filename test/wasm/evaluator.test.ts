import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../src/data/dataset.ts';
import type { Engine, EvaluatorOptions } from '../../src/engine/backend.ts';
import { lenet5, type Network } from '../../src/network/network.ts';
import { fuse } from '../../src/network/fuse.ts';
import { referenceEvaluator } from '../../src/engine/reference/reference.ts';
import { wasmEngine, type WasmEngineOptions } from '../../src/engine/wasm/wasm.ts';
import { memoryLayout } from '../../src/engine/wasm/layout.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import type { SpawnWorker, WorkerHandle } from '../../src/engine/wasm/threads/pool.ts';
import type { Request } from '../../src/engine/wasm/threads/protocol.ts';
import type { Activation } from '../../src/kernels/activation.ts';
import { loadMnist, loadModel, openEngine, takeImages } from '../../src/node.ts';
import type { Candidate, CountingEvaluator, Evaluation } from '../../src/search/contract.ts';
import { MasksearchError, type ErrorCode } from '../../src/core/error.ts';
import { sparsityOf, type Masks } from '../../src/core/mask.ts';
import { assertBadInput } from '../helpers/bad-input.ts';
import { evaluateAll, evaluateFull, expectation, NO_OPTIMIZATIONS } from '../helpers/evaluations.ts';
import { withTimeout } from '../helpers/gpu.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../helpers/models.ts';
import { generator } from '../helpers/numbers.ts';

const tiny = randomModel(tinyNetwork, 'tiny');

function open(options: Partial<WasmEngineOptions> = {}): Promise<Engine> {
  return wasmEngine({ threads: 2, shared: true, spawn: spawnNodeWorker, ...options });
}

async function withEngine(
  options: Partial<WasmEngineOptions>,
  action: (engine: Engine) => Promise<void>,
): Promise<void> {
  const engine = await open(options);
  try {
    await action(engine);
  } finally {
    await engine.close();
  }
}

async function assertRejects(promise: Promise<unknown>, code: ErrorCode, what: string = code): Promise<void> {
  const error = await withTimeout(
    promise.then(
      () => 'no error',
      (thrown: unknown) => thrown,
    ),
    10_000,
    what,
  );
  assert.instance(error, MasksearchError, `${what}: ${String(error)}`);
  assert.is((error as MasksearchError).code, code, `${what}: ${String(error)}`);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A search-like series: every candidate differs from the first in one layer, later layers later. */
function series(count: number): readonly Candidate[] {
  const current = randomMasks(tinyNetwork, 0.8, 'current');
  return Array.from({ length: count }, (_, i) => {
    const layer = Math.floor((i * current.length) / count);
    return { masks: current.with(layer, randomMasks(tinyNetwork, 0.5, `series ${i}`)[layer]!) };
  });
}

test('the trained network: losses agree with float64 to 1e-5, predictions wherever they are clear', async () => {
  const model = await loadModel();
  const images = takeImages((await loadMnist()).search, 256);
  const engine = await openEngine({ device: 'wasm', threads: 2 });
  const evaluator = await engine.evaluator(model, images);
  const reference = referenceEvaluator(model, images);
  const losses = new Set<number>();
  for (const sparsity of [0, 0.3, 0.6, 0.9]) {
    const masks = randomMasks(model.network, 1 - sparsity, `sparsity ${sparsity}`);
    const { loss } = await evaluateFull(evaluator, masks);
    const { loss: expected } = await evaluateFull(reference, masks);
    assert.ok(Math.abs(loss - expected) <= 1e-5 * expected, `${sparsity}: ${loss}, expected ${expected}`);
    losses.add(expected);

    // With the reference's predictions as labels, an accuracy of 1 means that all predictions are equal.
    const { predictions, unclear } = expectation(model, images, masks);
    const relabelled = await engine.evaluator(model, { ...images, labels: predictions });
    const { accuracy } = await evaluateFull(relabelled, masks);
    const different = Math.round((1 - accuracy) * images.count);
    assert.ok(different <= unclear, `${sparsity}: ${different} predictions differ, ${unclear} are unclear`);
    assert.ok(unclear < images.count / 10, `${sparsity}: the bound makes ${unclear} predictions unclear`);
    await relabelled.close();
  }
  assert.is(losses.size, 4, 'the masks make no difference');
  await engine.close();
});

function withActivation(activation: Activation): Network {
  const { input, layers } = tinyNetwork;
  const isInner = (i: number) => i < layers.length - 1;
  return {
    input,
    layers: layers.map((layer, i) =>
      'activation' in layer && isInner(i) ? { ...layer, activation } : layer,
    ),
  };
}

const networks: Readonly<Record<string, Network>> = {
  mixed: tinyNetwork,
  tanh: withActivation('tanh'),
  relu: withActivation('relu'),
  'dense only': {
    input: { channels: 1, height: 5, width: 7 },
    layers: [
      { kind: 'flatten' },
      { kind: 'dense', name: 'fc1', outputs: 9, activation: 'tanh' },
      { kind: 'dense', name: 'out', outputs: 3, activation: 'none' },
    ],
  },
  'odd widths': {
    input: { channels: 1, height: 9, width: 7 },
    layers: [
      { kind: 'conv2d', name: 'conv1', outChannels: 4, kernel: 3, padding: 0, activation: 'relu' },
      { kind: 'conv2d', name: 'conv2', outChannels: 3, kernel: 3, padding: 1, activation: 'sigmoid' },
      { kind: 'conv2d', name: 'conv3', outChannels: 5, kernel: 3, padding: 2, activation: 'tanh' },
      { kind: 'avgpool2d' },
      { kind: 'flatten' },
      { kind: 'dense', name: 'out', outputs: 5, activation: 'none' },
    ],
  },
};

for (const [name, network] of Object.entries(networks)) {
  test(`${name}: losses agree with float64 within the derived bound, whatever the number of images`, async () => {
    await withEngine({}, async (engine) => {
      const model = randomModel(network, name);
      for (const count of [1, 23, 24, 25, 49]) {
        const images = randomImages(network, count, `${name} ${count}`);
        const evaluator = await engine.evaluator(model, images);
        const losses = new Set<number>();
        for (const density of [1, 0.7, 0.3]) {
          const masks = randomMasks(network, density, `${name} ${density}`);
          const { loss, accuracy } = await evaluateFull(evaluator, masks);
          const expected = expectation(model, images, masks);
          const right = expected.predictions.filter((best, i) => best === images.labels[i]).length;
          const what = `${count} images, density ${density}`;
          // A bound that allows everything would show nothing.
          assert.ok(expected.bound < 1e-3 * expected.loss, `${what}: the bound is ${expected.bound}`);
          assert.ok(Math.abs(loss - expected.loss) <= expected.bound, `${what}: ${loss}, ${expected.loss}`);
          assert.ok(Math.abs(accuracy * count - right) <= expected.unclear + 1e-9, `${what}: ${accuracy}`);
          losses.add(loss);
        }
        assert.is(losses.size, 3, 'the masks make no difference');
        await evaluator.close();
      }
    });
  });
}

test('batch widths, threads and kinds of memory change no bit', async () => {
  const candidates = series(64);
  // Six blocks, the last not full.
  const images = randomImages(tinyNetwork, 131, 'bits');
  let expected: readonly Evaluation[] | undefined;
  for (const shared of [true, false]) {
    for (const threads of [1, 2, 5]) {
      await withEngine({ threads, shared }, async (engine) => {
        for (const width of [1, 7, 64]) {
          const evaluator = await engine.evaluator(tiny, images);
          const evaluations = await evaluateAll(evaluator, candidates, width);
          expected ??= evaluations;
          assert.equal(evaluations, expected, `width ${width}, ${threads} threads, shared: ${shared}`);
        }
      });
    }
  }
  const losses = new Set(expected!.map((evaluation) => JSON.stringify(evaluation)));
  assert.ok(losses.size > 32, 'the candidates make no difference');
});

test('lossLimit: exceeded if and only if the loss is above it', async () => {
  for (const shared of [true, false]) {
    await withEngine({ shared }, async (engine) => {
      const images = randomImages(tinyNetwork, 131, 'limit');
      const [{ masks }, other] = series(2) as [Candidate, Candidate];
      const { loss, accuracy } = await evaluateFull(await engine.evaluator(tiny, images), masks);
      const full = { exceeded: false, loss, accuracy };
      for (const [lossLimit, expected] of [
        [Infinity, full],
        [loss, full],
        [loss * (1 + 1e-12), full],
        [loss * (1 - 1e-12), { exceeded: true }],
        [loss / 2, { exceeded: true }],
        [0, { exceeded: true }],
        [-1, { exceeded: true }],
        [-Infinity, { exceeded: true }],
      ] as const) {
        // Never evaluated before, with the images in their first order; then in falling order of another's losses.
        const evaluator = await engine.evaluator(tiny, images);
        assert.equal(await evaluateAll(evaluator, [{ masks, lossLimit }]), [expected], `${lossLimit}`);
        const ordered = await engine.evaluator(tiny, images);
        await evaluateFull(ordered, other.masks);
        assert.equal(await evaluateAll(ordered, [{ masks, lossLimit }]), [expected], `${lossLimit}, ordered`);
        await evaluator.close();
        await ordered.close();
      }
    });
  }
});

test('a candidate that no loss saves needs no forward pass', async () => {
  await withEngine({}, async (engine) => {
    const images = randomImages(tinyNetwork, 49, 'zero-forward');
    const [{ masks }] = series(1) as [Candidate];
    const candidates = [{ masks, lossLimit: -Infinity }, { masks, lossLimit: -1e-300 }, { masks }];
    const evaluator = await engine.evaluator(tiny, images);
    const plain = await engine.evaluator(tiny, images, {
      optimizations: { zeroForward: false, reuse: false },
    });
    const evaluations = await evaluateAll(evaluator, candidates);
    assert.equal(evaluations, await evaluateAll(plain, candidates));
    assert.equal(
      evaluations.map(({ exceeded }) => exceeded),
      [true, true, false],
    );
    assert.equal([evaluator.work.candidates, evaluator.work.forwardPasses], [3, 1]);
    assert.equal([plain.work.candidates, plain.work.forwardPasses], [3, 3]);
  });
});

/**
 * Batches as an annealing asks for them that goes from layer to layer, and back: each stands on the current masks, which
 * change now and then. Limits are about the loss, and sometimes none or below all.
 */
async function layerwise(evaluator: CountingEvaluator, rounds: number): Promise<readonly Candidate[][]> {
  const random = generator('layer by layer');
  const batches: Candidate[][] = [];
  let current = fullMasks(tinyNetwork);
  const thinned = (layer: number, name: string): Masks => {
    const { length, words } = current[layer]!;
    const noise = randomMasks(tinyNetwork, 0.93, name)[layer]!.words;
    return current.with(layer, { length, words: words.map((word, i) => word & noise[i]!) });
  };
  for (let round = 0; round < rounds; round++) {
    const layer = [0, 1, 2, 3, 2, 3, 1, 0, 3][Math.floor(round / 12) % 9]!;
    if (sparsityOf(current).meanLayer > 0.6) current = fullMasks(tinyNetwork);
    const size = random.below(4) === 0 ? 1 + random.below(4) : 1;
    const batch: Candidate[] = [];
    for (let i = 0; i < size; i++) {
      const repeats = random.below(8) === 0;
      const masks = repeats ? current : thinned(layer, `${round} ${i}`);
      const { loss } = await evaluateFull(evaluator, masks);
      const limits = [
        undefined,
        -Infinity,
        loss,
        loss * (1 - 1e-9),
        loss * 0.95,
        loss * 0.7,
        loss * 0.4,
        loss * 1.1,
      ];
      batch.push({ masks, lossLimit: limits[random.below(limits.length)] });
    }
    batches.push(batch);
    if (random.below(4) === 0) current = batch.at(-1)!.masks;
  }
  return batches;
}

test('a layer-wise search is told the same with the work avoided as without', async () => {
  const images = randomImages(tinyNetwork, 179, 'layerwise');
  const batches = await layerwise(referenceEvaluator(tiny, images), 160);
  const candidates = batches.flat();
  for (const shared of [true, false]) {
    for (const threads of shared ? [1, 2, 5] : [2, 5]) {
      const what = `${threads} threads, shared: ${shared}`;
      /** Depths at which cached activations were put in another order. */
      const permuted = new Set<number>();
      const watched: SpawnWorker = (events) => {
        const worker = spawnNodeWorker(events);
        return {
          ...worker,
          post: (request) => {
            if (request.type === 'pass' && request.pass.kind === 'gather') permuted.add(request.pass.layer);
            worker.post(request);
          },
        };
      };
      await withEngine({ threads, shared, spawn: watched }, async (engine) => {
        const play = async (options?: EvaluatorOptions) => {
          const evaluator = await engine.evaluator(tiny, images, options);
          const evaluations: Evaluation[] = [];
          for (const batch of batches)
            evaluations.push(...(await evaluateAll(evaluator, batch, batch.length)));
          return { evaluations, work: evaluator.work };
        };
        const plain = await play({ optimizations: NO_OPTIMIZATIONS });
        assert.is(permuted.size, 0, what);
        const { evaluations, work } = await play();
        evaluations.forEach((evaluation, i) => {
          assert.equal(evaluation, plain.evaluations[i], `candidate ${i} of ${candidates.length}, ${what}`);
        });
        assert.is(plain.work.imagesEvaluated, candidates.length * images.count);
        assert.ok(work.forwardPasses < 0.9 * candidates.length, `${what}: ${work.forwardPasses} passes`);
        assert.ok(
          work.imagesEvaluated < 0.96 * work.forwardPasses * images.count,
          `${what}: few early stops`,
        );
        assert.ok(work.macs < 0.5 * plain.work.macs, `${what}: few multiply-accumulates saved`);
        assert.equal([...permuted].sort(), [1, 2, 3], what);
      });
    }
  }
});

/** Enough work that something can happen in the middle of it. */
const lenet = randomModel(lenet5(), 'lenet');
const lenetImages = randomImages(lenet.network, 1000, 'lenet');
const longBatch = Array.from({ length: 40 }, (_, i) => ({
  masks: randomMasks(lenet.network, 0.9, `long ${i}`),
}));

for (const shared of [true, false]) {
  const what = shared ? 'shared memory' : 'copied memory';

  test(`${what}: an abort in the middle of a batch, after which all is right again`, async () => {
    await withEngine({ shared }, async (engine) => {
      const evaluator = await engine.evaluator(lenet, lenetImages);
      const current = longBatch[0]!.masks;
      // The last layer only, so that a cache is in use before and after.
      const next = [1, 2, 3, 4].map((i) => current.with(4, longBatch[i]!.masks[4]!));
      const fresh = await engine.evaluator(lenet, lenetImages);
      const expected = await evaluateAll(
        fresh,
        next.map((masks) => ({ masks })),
      );
      for (const masks of next.slice(0, 2)) await evaluateFull(evaluator, masks);
      const aborter = new AbortController();
      const start = performance.now();
      const aborted = evaluator.evaluate(longBatch, { signal: aborter.signal });
      setTimeout(() => aborter.abort(), 30);
      await assertRejects(aborted, 'aborted');
      const passes = evaluator.work.forwardPasses;
      assert.ok(passes < 2 + longBatch.length, 'it was not in the middle');
      assert.ok(performance.now() - start < 2000, 'an abort that waits for the batch');
      assert.equal(
        await evaluateAll(
          evaluator,
          next.map((masks) => ({ masks })),
        ),
        expected,
      );

      // While the prefix that a batch shares is being cached: half of it must not be believed in afterwards.
      const prefix = longBatch[5]!.masks;
      const inLast = [6, 7, 8].map((i) => ({ masks: prefix.with(4, longBatch[i]!.masks[4]!) }));
      const caching = new AbortController();
      const call = evaluator.evaluate(inLast, { signal: caching.signal });
      setTimeout(() => caching.abort(), 1);
      await assertRejects(call, 'aborted');
      assert.equal(await evaluateAll(evaluator, inLast), await evaluateAll(fresh, inLast));

      await assertRejects(evaluator.evaluate(longBatch, { signal: AbortSignal.abort() }), 'aborted');
      assert.equal(
        await evaluateAll(
          evaluator,
          next.slice(2).map((masks) => ({ masks })),
        ),
        expected.slice(2),
      );
    });
  });

  test(`${what}: closing an evaluator waits for the batch in hand and refuses those behind it`, async () => {
    await withEngine({ shared }, async (engine) => {
      const images = randomImages(tinyNetwork, 49, 'closing');
      const evaluator = await engine.evaluator(tiny, images);
      const other = await engine.evaluator(tiny, images);
      const inHand = evaluator.evaluate(series(20));
      await pause(0);
      const behind = evaluator.evaluate(series(20));
      const refused = assertRejects(behind, 'closed');
      await withTimeout(evaluator.close(), 10_000, 'closing');
      const evaluations = await inHand;
      await refused;
      await assertRejects(evaluator.evaluate(series(1)), 'closed');
      await evaluator.close();
      assert.equal(evaluations, await evaluateAll(other, series(20)), 'the engine goes on');
    });
  });

  test(`${what}: closing the engine rejects the batch in hand and all later ones`, async () => {
    const engine = await open({ shared });
    const evaluator = await engine.evaluator(lenet, lenetImages);
    const inHand = assertRejects(evaluator.evaluate(longBatch), 'closed', 'in hand');
    const behind = assertRejects(evaluator.evaluate(longBatch), 'closed', 'behind');
    await pause(30);
    await withTimeout(engine.close(), 10_000, 'closing');
    await inHand;
    await behind;
    await assertRejects(evaluator.evaluate(longBatch), 'closed', 'later');
    await assertRejects(engine.evaluator(lenet, lenetImages), 'closed', 'a new evaluator');
    await withTimeout(engine.close(), 10_000, 'closing again');
    await withTimeout(evaluator.close(), 10_000, 'closing the evaluator');
  });

  test(`${what}: two evaluators on one engine, calls at once`, async () => {
    await withEngine({ shared, threads: 3 }, async (engine) => {
      // Of different sizes, so that one of them uses fewer of the workers.
      const evaluators = [
        await engine.evaluator(tiny, randomImages(tinyNetwork, 131, 'first')),
        await engine.evaluator(randomModel(tinyNetwork, 'other'), randomImages(tinyNetwork, 30, 'second')),
      ];
      const candidates = series(12);
      const apart = [];
      for (const evaluator of evaluators) apart.push(await evaluateAll(evaluator, candidates, 12));
      const both = [...evaluators, ...evaluators];
      const together = await Promise.all(both.map((evaluator) => evaluateAll(evaluator, candidates, 12)));
      assert.equal(together, [...apart, ...apart]);
    });
  });
}

test('a closed engine lets Node exit', async () => {
  const root = join(import.meta.dirname, '..', '..');
  const script = `
    import { loadModel, loadMnist, openEngine, problemOf, takeImages } from './src/node.ts';
    import { fullMasks } from './src/core/mask.ts';
    const model = await loadModel();
    const engine = await openEngine({ device: 'wasm', threads: 2 });
    const evaluator = await engine.evaluator(model, takeImages((await loadMnist()).search, 50));
    const [{ loss }] = await evaluator.evaluate([{ masks: fullMasks(problemOf(model.network).layers) }]);
    await engine.close();
    console.log(loss > 0 ? 'closed' : loss);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  try {
    const [code] = (await withTimeout(once(child, 'close'), 20_000, 'exiting')) as [number | null];
    assert.equal([code, output], [0, 'closed\n']);
  } finally {
    child.kill('SIGKILL');
  }
});

/** What can go wrong with a worker that is sent a pass. */
const mishaps: Readonly<Record<string, (worker: WorkerHandle, request: Request) => void>> = {
  'ends in the middle of a pass': (worker, request) => {
    worker.post(request);
    worker.terminate();
  },
  'fails at a message': (worker, request) => {
    worker.post({ ...request, id: -1 });
    worker.post(request);
  },
  'answers something else': (worker, { id }) => worker.post({ type: 'read', id, offset: 0, length: 4 }),
};

for (const [name, mishap] of Object.entries(mishaps)) {
  test(`a worker that ${name}: every call fails, none hangs`, async () => {
    for (const shared of [true, false]) {
      for (const faulty of [0, 1]) {
        let [workers, armed] = [0, false];
        const spawnFaulty: SpawnWorker = (events) => {
          const worker = spawnNodeWorker(events);
          const isFaulty = workers++ === faulty;
          const post = (request: Request) => {
            if (armed && isFaulty && request.type === 'pass') mishap(worker, request);
            else worker.post(request);
          };
          return { ...worker, post };
        };
        await withEngine({ shared, spawn: spawnFaulty }, async (engine) => {
          const images = randomImages(tinyNetwork, 131, 'faulty');
          const evaluator = await engine.evaluator(tiny, images);
          const other = await engine.evaluator(tiny, images);
          await evaluateAll(evaluator, series(3));
          armed = true;
          const what = `worker ${faulty}, shared: ${shared}`;
          const pending = [evaluator.evaluate(series(12).slice(4)), evaluator.evaluate(series(9).slice(4))];
          for (const call of pending) call.catch(() => undefined);
          for (const call of pending) await assertRejects(call, 'device-lost', `${what}, pending`);
          await assertRejects(evaluator.evaluate(series(12).slice(4)), 'device-lost', `${what}, later`);
          await assertRejects(other.evaluate(series(1)), 'device-lost', `${what}, another evaluator`);
          await assertRejects(engine.evaluator(tiny, images), 'device-lost', `${what}, a new evaluator`);
          await withTimeout(evaluator.close(), 10_000, 'closing');
        });
      }
    }
  });
}

test('workers that cannot be started', async () => {
  const images = randomImages(tinyNetwork, 131, 'none');
  for (const shared of [true, false]) {
    for (const when of ['at once', 'soon']) {
      const spawnDead: SpawnWorker = (events) => {
        if (when === 'at once') events.died('no memory');
        else queueMicrotask(() => events.died('no memory'));
        return { post: () => undefined, terminate: () => undefined };
      };
      await withEngine({ shared, spawn: spawnDead }, async (engine) => {
        for (const attempt of ['first', 'second']) {
          await assertRejects(engine.evaluator(tiny, images), 'device-lost', `${when}, ${attempt} attempt`);
        }
      });
    }
  }
});

test('more than 32-bit addresses reach is refused', () => {
  const layers = fuse(lenet5());
  const layout = (images: number, workers = 1) =>
    memoryLayout(layers, { images, height: 28, width: 28, workers, firstBlock: 0, blockStride: 1 });
  assert.ok(layout(10_000, 64).pages * 65_536 < 2 ** 32);
  for (const absurd of [() => layout(10_000_000), () => layout(100, 100_000)]) {
    try {
      absurd();
      assert.unreachable('nothing was thrown');
    } catch (error) {
      assert.instance(error, MasksearchError, String(error));
      assert.is((error as MasksearchError).code, 'limit-exceeded');
      assert.match(
        (error as MasksearchError).message,
        /need \d+ bytes of WebAssembly memory, at most 4294967296/,
      );
    }
  }
});

test('a number of threads that is none is refused', async () => {
  for (const threads of [0, -1, 1.5, NaN]) {
    await assertBadInput(() => openEngine({ device: 'wasm', threads }), /threads is (0|-1|1\.5|NaN) but/);
  }
});

test('images that do not fit the network are refused, and the engine goes on', async () => {
  await withEngine({}, async (engine) => {
    const images: ImageSet = randomImages(tinyNetwork, 10, 'images');
    await assertBadInput(() => engine.evaluator(tiny, { ...images, count: 0 }), /0 images/);
    await assertBadInput(() => engine.evaluator(lenet, images), /1 x 8 x 8/);
    await evaluateFull(await engine.evaluator(tiny, images), fullMasks(tinyNetwork));
  });
});

test.run();
