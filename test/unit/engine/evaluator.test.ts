import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BatchPlan } from '../../../src/engine/plan/prefix-cache.ts';
import { referenceEngine, referenceEvaluator } from '../../../src/engine/reference/reference.ts';
import type { EvaluatorOptions, Job, JobResult, NetworkRunner } from '../../../src/engine/backend.ts';
import { EngineEvaluator } from '../../../src/engine/evaluator.ts';
import type { Optimizations } from '../../../src/engine/optimizations.ts';
import { takeImages } from '../../../src/data/dataset.ts';
import { assertBadInput } from '../../helpers/bad-input.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/models.ts';

const model = randomModel(tinyNetwork, 'model');
const images = randomImages(tinyNetwork, 9, 'images');

/** Records its plans and jobs, and fails on demand. Every image has a loss of 0.1 nat; chunks have two images. */
class FakeRunner implements NetworkRunner {
  readonly images = 10;
  readonly maxBatch: number;
  readonly uploadedBytes = 0;
  readonly skipsPruned = true;
  readonly parallel = false;
  readonly plans: BatchPlan[] = [];
  readonly jobs: Job[] = [];
  reorders = 0;
  failing = false;

  constructor(maxBatch: number) {
    this.maxBatch = maxBatch;
  }

  reorder(): Promise<void> {
    this.reorders++;
    return Promise.resolve();
  }

  run(plan: BatchPlan, jobs: readonly Job[]): Promise<readonly JobResult[]> {
    this.plans.push(plan);
    this.jobs.push(...jobs);
    if (this.failing) return Promise.reject(new Error('broken'));
    return Promise.resolve(
      jobs.map(({ sumLimit }) => {
        let images = 0;
        const sum = { units: 0, correct: 0 };
        while (images < 10 && sum.units <= sumLimit) {
          images += 2;
          sum.correct += 1;
          sum.units = Math.round((images / 10) * 2 ** 20);
        }
        return { sum, images };
      }),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

test('after a failed batch no prefix is taken from the cache', async () => {
  const runner = new FakeRunner(10);
  const evaluator = new EngineEvaluator(tinyNetwork, runner);
  const current = fullMasks(tinyNetwork);
  const inLast = (seed: string) => ({ masks: current.with(3, randomMasks(tinyNetwork, 0.5, seed)[3]!) });
  await evaluator.evaluate([inLast('a')]);
  await evaluator.evaluate([inLast('b')]);
  await evaluator.evaluate([inLast('c')]);
  assert.is(runner.plans.at(-1)!.start, 3, 'the prefix is cached');
  runner.failing = true;
  await evaluator.evaluate([inLast('d')]).then(
    () => assert.unreachable(),
    () => undefined,
  );
  runner.failing = false;
  await evaluator.evaluate([inLast('e')]);
  assert.is(runner.plans.at(-1)!.start, 0);
  assert.is(runner.plans.at(-1)!.extend, undefined);
});

test('a batch beyond the limit is split, and every candidate is counted once', async () => {
  const runner = new FakeRunner(4);
  const evaluator = new EngineEvaluator(tinyNetwork, runner);
  const candidates = Array.from({ length: 10 }, (_, i) => ({ masks: randomMasks(tinyNetwork, 0.5, `${i}`) }));
  const evaluations = await evaluator.evaluate(candidates);
  assert.equal(evaluations, Array(10).fill({ exceeded: false, loss: 0.1, accuracy: 0.5 }));
  assert.is(runner.plans.length, 3);
  const { candidates: counted, imagesEvaluated, rounds } = evaluator.work;
  assert.equal({ counted, imagesEvaluated, rounds }, { counted: 10, imagesEvaluated: 100, rounds: 1 });
});

test('optimizations save work, which is counted, and each can be disabled', async () => {
  const masks = (seed: string) => fullMasks(tinyNetwork).with(3, randomMasks(tinyNetwork, 0.5, seed)[3]!);
  const evaluate = async (optimizations: EvaluatorOptions['optimizations']) => {
    const runner = new FakeRunner(10);
    const evaluator = new EngineEvaluator(tinyNetwork, runner, { optimizations });
    const evaluations = [];
    for (const candidate of [
      { masks: masks('a') },
      { masks: masks('a'), lossLimit: 0.1 },
      { masks: masks('a'), lossLimit: 0.09 },
      { masks: masks('b'), lossLimit: 0.05 },
      { masks: masks('c'), lossLimit: -Infinity },
      { masks: masks('b'), lossLimit: 0.2 },
    ]) {
      evaluations.push(...(await evaluator.evaluate([candidate])));
    }
    return { evaluations, runner, work: evaluator.work };
  };
  const full = { exceeded: false, loss: 0.1, accuracy: 0.5 };
  const exceeded = { exceeded: true };
  const expected = [full, full, exceeded, exceeded, exceeded, full];
  const all = await evaluate({});
  assert.equal(all.evaluations, expected);
  // a runs over all images; b stops after 6 of 10, when its sum is above 0.5 nat; b runs again, over all images.
  assert.equal(all.work.imagesEvaluated, 10 + 6 + 10);
  assert.equal([all.work.candidates, all.work.forwardPasses, all.work.rounds], [6, 3, 6]);
  assert.is(all.runner.reorders, 2, 'before b, twice; not before a, which has no limit');
  assert.ok(all.work.skippedMacs > 0 && all.work.skippedMacs < all.work.macs);

  const without = async (name: keyof Optimizations) => {
    const { evaluations, runner, work } = await evaluate({ [name]: false });
    assert.equal(evaluations, expected, name);
    return { runner, work };
  };
  assert.is((await without('reuse')).work.imagesEvaluated, 10 + 10 + 10 + 6 + 10);
  assert.is((await without('zeroForward')).work.forwardPasses, 4);
  // Then the first evaluation of b runs over all images, and the second reuses it.
  assert.is((await without('earlyRejection')).work.imagesEvaluated, 10 + 10);
  assert.is((await without('highestLossFirst')).runner.reorders, 0);
  assert.ok((await without('prefixCache')).runner.plans.every(({ start }) => start === 0));
  assert.ok(all.runner.plans.some(({ start }) => start > 0));
});

test('a loss limit of NaN is refused', async () => {
  const evaluator = referenceEvaluator(model, images);
  const candidate = { masks: fullMasks(tinyNetwork), lossLimit: NaN };
  await assertBadInput(() => evaluator.evaluate([candidate]), /lossLimit is NaN/);
});

test('models and images that do not fit are refused', async () => {
  const parameters = (change: (layers: (typeof model.parameters)[number][]) => void) => {
    const changed = model.parameters.map((layer) => ({ ...layer }));
    change(changed);
    return { ...model, parameters: changed };
  };
  const bad = (layer: object) => parameters((layers) => (layers[1] = { ...layers[1]!, ...layer }));
  for (const [wrong, message] of [
    [parameters((layers) => layers.pop()), /parameters for 3 layers/],
    [bad({ weight: new Float32Array(3) }), /conv2 has 3 weights/],
    [bad({ bias: new Float32Array(6) }), /conv2 has 6 biases/],
    [bad({ bias: new Float32Array(5).fill(NaN) }), /conv2 has a parameter of NaN/],
    [bad({ bias: new Float32Array(5).fill(-(2 ** 51)) }), /conv2 has a parameter of -2251799813685248/],
    [{ ...model, normalization: { mean: 0, std: 0 } }, /std is 0/],
    [{ ...model, normalization: { mean: NaN, std: 1 } }, /mean is NaN/],
  ] as const) {
    await assertBadInput(() => referenceEvaluator(wrong, images), message);
  }
  for (const [wrong, message] of [
    [{ ...images, count: 0 }, /0 images/],
    [{ ...images, count: 2.5 }, /2.5 images/],
    [{ ...images, count: 10 }, /576 pixels and 9 labels for 10 images/],
    [{ ...images, height: 4 }, /1 x 4 x 8/],
    [{ ...images, labels: new Uint8Array(9).fill(4) }, /label of image 0 is 4/],
  ] as const) {
    await assertBadInput(() => referenceEvaluator(model, wrong), message);
  }
  for (const count of [0, -1, 1.5, 10, NaN])
    await assertBadInput(() => takeImages(images, count), /count is/);
});

test('masks with too few or too many words, or bits beyond the last weight, are refused', async () => {
  const evaluator = referenceEvaluator(model, images);
  const masks = fullMasks(tinyNetwork);
  const { length, words } = masks[0]!;
  for (const wrong of [words.slice(1), Uint32Array.of(...words, 0), words.with(-1, 0xffffffff)]) {
    const candidate = { masks: masks.with(0, { length, words: wrong }) };
    await assertBadInput(() => evaluator.evaluate([candidate]), /the mask of conv1 has \d words/);
  }
  await assertBadInput(() => evaluator.evaluate([{ masks: masks.slice(1) }]), /3 masks for 4/);
});

test('the reference engine closes its evaluators', async () => {
  const engine = referenceEngine();
  const evaluator = await engine.evaluator(model, images);
  await engine.close();
  await engine.close();
  for (const call of [
    () => evaluator.evaluate([{ masks: fullMasks(tinyNetwork) }]),
    () => evaluator.evaluate([]),
    () => engine.evaluator(model, images),
  ]) {
    const code = await call().then(
      () => 'resolved',
      (error: { code: string }) => error.code,
    );
    assert.is(code, 'closed');
  }
});

test.run();
