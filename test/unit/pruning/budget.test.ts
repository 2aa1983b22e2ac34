import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { repeatingCommand, budgetText } from '../../../src/cli/terminal/budget.ts';
import { datasetDigest } from '../../../src/data/digest.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import { conv2d, dense, flatten, NetworkBuilder, pool2d } from '../../../src/network/builder.ts';
import { loadMnist, loadModel, referenceEngine } from '../../../src/node.ts';
import { affordableSize, affordableTask, roundBelow, type BudgetSize } from '../../../src/pruning/budget.ts';
import type { RunValues } from '../../../src/pruning/options/run.ts';
import { searchTask } from '../../../src/pruning/task.ts';
import type { CountingEvaluator } from '../../../src/search/contract.ts';
import { randomModel } from '../../helpers/data/models.ts';

const model = await loadModel();
const splits = await loadMnist();

/** An engine on which a candidate takes so long; `calls` has the images of each. */
function slowEngine(secondsPerImage: number) {
  const calls: number[] = [];
  const evaluator: Engine['evaluator'] = (_, { count }) =>
    Promise.resolve({
      async evaluate() {
        calls.push(count);
        await new Promise((resolve) => setTimeout(resolve, 1000 * secondsPerImage * count));
        return [{ exceeded: false, loss: 1, accuracy: 0 }];
      },
      close: () => Promise.resolve(),
    } as unknown as CountingEvaluator);
  const { device } = referenceEngine();
  const calibrator = () => Promise.reject(new Error('not planted'));
  return {
    calls,
    engine: { device, evaluator, calibrator, close: () => Promise.resolve() } satisfies Engine,
  };
}

const affordable = (engine: Engine, values: RunValues) =>
  affordableTask(engine, model, searchTask(values, splits, model), values);

test('numbers are rounded down to 1, 2 or 5', () => {
  const rounded = {
    12_000: 10_000,
    10_000: 5000,
    5000: 2000,
    2000: 1000,
    1500: 1000,
    300: 200,
    201: 200,
    200: 100,
  };
  for (const [value, below] of Object.entries(rounded)) assert.is(roundBelow(Number(value)), below, value);
});

test('a search that takes about a minute or less is left as it is, a longer one is shortened in steps', () => {
  const whole = { images: 12_000, evaluations: 10_000 };
  const with60At = (size: BudgetSize) => (each: BudgetSize) =>
    (60 * each.images * each.evaluations) / (size.images * size.evaluations);
  assert.is(
    affordableSize(whole, () => 89),
    whole,
  );
  const sizes = [
    [5000, 10_000],
    [2000, 10_000],
    [2000, 5000],
    [1000, 5000],
    [1000, 2000],
    [500, 2000],
    [200, 1000],
    [200, 200],
  ];
  for (const [images, evaluations] of sizes) {
    const size = { images: images!, evaluations: evaluations! };
    assert.equal(affordableSize(whole, with60At(size)), size);
    // Timing that is off by a tenth changes nothing.
    assert.equal(
      affordableSize(whole, (each) => with60At(size)(each) * 0.91),
      size,
    );
  }
  assert.equal(
    affordableSize(whole, () => Infinity),
    { images: 200, evaluations: 200 },
  );
  assert.equal(
    affordableSize({ images: 150, evaluations: 10_000 }, () => Infinity),
    { images: 150, evaluations: 200 },
  );
});

test('the budget of LeNet-5 on the bundled digits depends on no clock', async () => {
  const { engine, calls } = slowEngine(1);
  assert.is((await affordable(engine, {})).budget, undefined);
  assert.equal(calls, []);
});

test('a budget that was given is kept, and so is that of the article', async () => {
  const { engine, calls } = slowEngine(1);
  for (const values of [
    { evaluations: 500 },
    { images: 9000 },
    { seconds: 3 },
    { preset: 'paper' },
  ] as const) {
    assert.is((await affordable(engine, { split: 'all', ...values })).budget, undefined);
  }
  assert.equal(calls, []);
});

test('pooling takes time too, though it multiplies nothing', async () => {
  const builder = new NetworkBuilder([1, 28, 28]);
  builder.add(pool2d('pool', { operation: 'max', kernel: 13, stride: 1, padding: 6 }));
  builder.add(flatten('flat'));
  builder.add(dense('out', { outputs: 10 }));
  const pooling = randomModel(builder.build(), 'pooling');
  const { engine, calls } = slowEngine(0);
  const task = searchTask({ split: 'all', repair: 'none' }, splits, pooling);
  await affordableTask(engine, pooling, task, {});
  assert.ok(calls.length > 0, 'nothing was timed');
});

test('every candidate that is timed is computed, though the first layer has one weight', async () => {
  const builder = new NetworkBuilder([1, 28, 28]);
  builder.add(conv2d('scale', { outChannels: 1, kernel: 1 }));
  builder.add(flatten('flat'));
  builder.add(dense('wide', { outputs: 600 }));
  builder.add(dense('out', { outputs: 10 }));
  const tiny = randomModel(builder.build(), 'one weight');
  const reference = referenceEngine();
  const passes: number[] = [];
  const engine: Engine = {
    ...reference,
    async evaluator(...args) {
      const evaluator = await reference.evaluator(...args);
      const close = evaluator.close.bind(evaluator);
      return Object.assign(evaluator, {
        close: () => (passes.push(evaluator.work.forwardPasses), close()),
      });
    },
  };
  await affordableTask(engine, tiny, searchTask({}, splits, tiny), {});
  assert.ok(passes.length > 0, 'nothing was timed');
  assert.ok(
    passes.every((count) => count === 3),
    `${passes.join()} forward passes`,
  );
});

test('a slow network gets the task that the same options would give', async () => {
  const { engine, calls } = slowEngine(0.002);
  const values: RunValues = { split: 'all', seed: 'x' };
  const { task, budget } = await affordable(engine, values);
  const { images, evaluations, instead, estimatedSeconds } = budget!;
  assert.equal(calls, [64, 64, 64]);
  assert.equal(
    { ...instead, estimatedSeconds: 0 },
    { images: 10_000, evaluations: 10_000, estimatedSeconds: 0 },
  );
  assert.ok(images < 10_000 && evaluations < 10_000 && estimatedSeconds <= 60, JSON.stringify(budget));
  const repeated = searchTask({ ...values, images, evaluations }, splits, model);
  assert.equal(
    { ...task, images: datasetDigest(task.images) },
    { ...repeated, images: datasetDigest(repeated.images) },
  );
  assert.is((await affordable(engine, { ...values, images, evaluations })).budget, undefined);
  assert.match(
    budgetText(budget!),
    /evaluations on .* images, about .*, instead of 10,000 evaluations on 10,000 images/,
  );
});

test('a command that repeats the run has its arguments and what was chosen', () => {
  const chosen = { images: 500, evaluations: 2000 };
  assert.is(
    repeatingCommand('prune', ['--model', "it's one.safetensors", '--seed', '7'], chosen),
    "masksearch prune --model 'it'\\''s one.safetensors' --seed 7 --evaluations 2000 --images 500",
  );
});

test.run();
