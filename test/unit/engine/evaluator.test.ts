import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BatchPlan } from '../../../src/engine/plan/prefix-cache.ts';
import type {
  EvaluatorOptions,
  Job,
  JobResult,
  NetworkRunner,
  OutputsResult,
} from '../../../src/engine/backend.ts';
import { EngineEvaluator } from '../../../src/engine/evaluator.ts';
import type { Optimizations } from '../../../src/engine/optimizations.ts';
import { fullMasks, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const tiny = randomModel(tinyNetwork, 'tiny');

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

  runOutputs(): Promise<OutputsResult> {
    return Promise.resolve({ sum: { units: 0, correct: 0 }, outputs: new Float32Array() });
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
  const evaluator = new EngineEvaluator(tiny, runner);
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
  const evaluator = new EngineEvaluator(tiny, runner);
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
    const evaluator = new EngineEvaluator(tiny, runner, { optimizations });
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

test('candidates of a state with changed tensors start at the layer that they change, and are reused', async () => {
  const runner = new FakeRunner(10);
  const evaluator = new EngineEvaluator(tiny, runner);
  const masks = fullMasks(tinyNetwork);
  const value = (name: string, to: number) => new Map([[name, tiny.tensors.get(name)!.with(0, to)]]);
  const state = [value('conv1.weight', 1), undefined, value('fc1.bias', 1), undefined];
  const inLast = (to: number) => ({ masks, tensors: state.with(3, value('out.weight', to)) });
  for (const to of [1, 2, 3]) await evaluator.evaluate([inLast(to)]);
  assert.is(runner.plans.at(-1)!.start, 3);
  assert.equal(
    runner.jobs.at(-1)!.parameters!.map((one) => one && [one.weight?.[0], one.bias?.[0]]),
    [[1, undefined], undefined, [undefined, 1], [3, undefined]],
  );
  const again = inLast(4);
  await evaluator.evaluate([again]);
  const { forwardPasses } = evaluator.work;
  await evaluator.evaluate([{ ...again, tensors: again.tensors.map((one) => one && new Map(one)) }]);
  assert.is(evaluator.work.forwardPasses, forwardPasses, 'equal arrays are known');
  await evaluator.evaluate([{ masks }]);
  assert.is(evaluator.work.forwardPasses, forwardPasses + 1, 'the model is not');
  assert.is(runner.plans.at(-1)!.start, 0);
  assert.is(runner.jobs.at(-1)!.parameters, undefined);
});

test.run();
