/** Aborts, closed evaluators and engines, and several evaluators at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Candidate } from '../../../src/search/contract.ts';
import { assertRejects } from '../../helpers/assert/rejects.ts';
import { evaluateAll } from '../../helpers/search/evaluations.ts';
import { withTimeout } from '../../helpers/gpu.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { series, tiny, testOn, type Backend } from './backend.ts';

const images = randomImages(tinyNetwork, 131, 'lifecycle');
/** Arguments of this runtime before a program as text. */
const EVALUATE = process.versions['deno']
  ? ['eval', '--quiet', '--node-modules-dir=manual', '--ext=ts', '--allow-all', '--deny-ffi']
  : ['--import', 'tsx', '--input-type=module', '--eval'];
const pause = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

export function testLifecycle(backend: Backend): void {
  const { name, long } = backend;
  const model = randomModel(long.network, 'long');
  const manyImages = randomImages(long.network, long.images, 'long');
  const longBatch = Array.from({ length: long.candidates }, (_, i) => ({
    masks: randomMasks(long.network, 0.9, `long ${i}`),
  }));

  testOn(backend, 'an aborted evaluation rejects, and the next is right', async (engine) => {
    const evaluator = await engine.evaluator(tiny, images);
    const expected = await evaluateAll(evaluator, series(6));
    const aborted = evaluator.evaluate(series(8), { signal: AbortSignal.abort() });
    await assertRejects(aborted, 'aborted', /aborted/);
    assert.equal(await evaluateAll(evaluator, series(6)), expected);
  });

  if (backend.abortsInTheMiddle) testAborts(backend, { model, images: manyImages, longBatch });

  testOn(
    backend,
    'closing an evaluator waits for the batch in progress and refuses others',
    async (engine) => {
      const evaluator = await engine.evaluator(tiny, images);
      const other = await engine.evaluator(tiny, images);
      const inProgress = evaluator.evaluate(series(20));
      await pause();
      const refused = assertRejects(evaluator.evaluate(series(20)), 'closed', /evaluator was closed/);
      await withTimeout(evaluator.close(), 10_000, 'closing');
      const evaluations = await inProgress;
      await refused;
      for (const batch of [series(1), []]) await assertRejects(evaluator.evaluate(batch), 'closed');
      await evaluator.close();
      assert.equal(await evaluateAll(other, series(20)), evaluations, 'the engine goes on');
    },
  );

  test(`${name}: closing the engine ends the batch in progress and refuses all later ones`, async () => {
    const engine = await backend.open();
    const evaluator = await engine.evaluator(model, manyImages);
    const inProgress = evaluator.evaluate(longBatch);
    const ended = backend.finishesOnClose
      ? inProgress
      : assertRejects(inProgress, 'closed', /engine was closed/);
    const behind = assertRejects(evaluator.evaluate(longBatch), 'closed');
    // Until the batch is on the device.
    await pause(5);
    await withTimeout(engine.close(), 30_000, 'closing');
    await ended;
    await behind;
    for (const batch of [longBatch, []]) await assertRejects(evaluator.evaluate(batch), 'closed');
    await assertRejects(engine.evaluator(model, manyImages), 'closed');
    await withTimeout(engine.close(), 10_000, 'closing again');
    await withTimeout(evaluator.close(), 10_000, 'closing the evaluator');
  });

  testOn(backend, 'two evaluators on one engine are right when they are called at once', async (engine) => {
    // Of different sizes, so that one of them uses fewer workers.
    const evaluators = [
      await engine.evaluator(tiny, images),
      await engine.evaluator(randomModel(tinyNetwork, 'other'), randomImages(tinyNetwork, 30, 'second')),
    ];
    const all = (evaluator: (typeof evaluators)[0]) => evaluateAll(evaluator, series(12), 12);
    const apart = [await all(evaluators[0]!), await all(evaluators[1]!)];
    const together = await Promise.all([...evaluators, ...evaluators].map(all));
    assert.equal(together, [...apart, ...apart]);
  });

  test(`${name}: the process exits by itself after the engine is closed`, async () => {
    const script = `
      ${backend.program}
      import { fullMasks, randomImages, randomModel, tinyNetwork } from './test/helpers/data/models.ts';
      const evaluator = await engine.evaluator(randomModel(tinyNetwork, 'm'), randomImages(tinyNetwork, 50, 'i'));
      const [{ loss }] = await evaluator.evaluate([{ masks: fullMasks(tinyNetwork) }]);
      await engine.close();
      console.log(loss > 0 ? 'closed' : loss);`;
    const child = spawn(process.execPath, [...EVALUATE, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    try {
      const [code] = (await withTimeout(once(child, 'close'), 60_000, 'the exit')) as [number | null];
      assert.equal([code, output], [0, 'closed\n']);
    } finally {
      child.kill('SIGKILL');
    }
  });
}

interface LongTask {
  readonly model: Model;
  readonly images: ImageSet;
  readonly longBatch: readonly Candidate[];
}

function testAborts(backend: Backend, { model, images: manyImages, longBatch }: LongTask): void {
  const inLast = (current: Candidate, others: readonly Candidate[]) =>
    others.map(({ masks }) => ({ masks: current.masks.with(4, masks[4]!) }));

  testOn(backend, 'a batch can be aborted in its middle, and later ones are right', async (engine) => {
    const evaluator = await engine.evaluator(model, manyImages);
    const fresh = await engine.evaluator(model, manyImages);
    // They differ in the last layer only, so that cached activations are used before and after.
    const next = inLast(longBatch[0]!, longBatch.slice(1, 5));
    const expected = await evaluateAll(fresh, next);
    await evaluateAll(evaluator, next.slice(0, 2));
    const aborter = new AbortController();
    const start = performance.now();
    const aborted = evaluator.evaluate(longBatch, { signal: aborter.signal });
    setTimeout(() => aborter.abort(), 30);
    await assertRejects(aborted, 'aborted');
    assert.ok(evaluator.work.forwardPasses < 2 + longBatch.length, 'it was not in the middle');
    assert.ok(performance.now() - start < 2000, 'the abort waited for the batch');
    assert.equal(await evaluateAll(evaluator, next), expected);

    // While the shared prefix of a batch is being cached: a partial cache must not be used afterwards.
    const sharing = inLast(longBatch[5]!, longBatch.slice(6, 9));
    const caching = new AbortController();
    const call = evaluator.evaluate(sharing, { signal: caching.signal });
    setTimeout(() => caching.abort(), 1);
    await assertRejects(call, 'aborted');
    assert.equal(await evaluateAll(evaluator, sharing), await evaluateAll(fresh, sharing));
  });
}
