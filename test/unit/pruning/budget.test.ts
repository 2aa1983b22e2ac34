import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { repeatingCommand, budgetText } from '../../../src/cli/terminal/budget.ts';
import { datasetDigest } from '../../../src/data/digest.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import { conv2d, dense, flatten, NetworkBuilder, pool2d } from '../../../src/network/builder.ts';
import type { Model } from '../../../src/network/model.ts';
import { loadMnist, loadModel, referenceEngine } from '../../../src/node.ts';
import { affordableSize, affordableTask, roundBelow, type BudgetSize } from '../../../src/pruning/budget.ts';
import type { RunValues } from '../../../src/pruning/options/run.ts';
import type { SearchTask } from '../../../src/pruning/search/contract.ts';
import type { ResultBudget } from '../../../src/report/run/result.ts';
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

const affordable = (engine: Engine, values: RunValues, of: Model = model) =>
  affordableTask(engine, of, searchTask(values, splits, of), values);

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

/** A task whose images are told by their digests. */
const comparable = ({ images, repair, ...task }: SearchTask) => ({
  ...task,
  images: datasetDigest(images),
  ...(repair && {
    repair: {
      ...repair,
      calibration: repair.calibration && datasetDigest(repair.calibration),
      judge: repair.judge && datasetDigest(repair.judge),
    },
  }),
});

/** More to compute than LeNet-5, so that its searches on 2,000 images are timed too. */
function wideModel(): Model {
  const builder = new NetworkBuilder([1, 28, 28]);
  builder.add(conv2d('a', { outChannels: 16, kernel: 5 }));
  builder.add(conv2d('b', { outChannels: 16, kernel: 5 }));
  builder.add(pool2d('pool', { operation: 'max', kernel: 2 }));
  builder.add(flatten('flat'));
  builder.add(dense('out', { outputs: 10 }));
  return randomModel(builder.build(), 'wide');
}

const wide = wideModel();

for (const [what, of, secondsPerImage, given, expected] of [
  [
    'that does not repair',
    model,
    0.002,
    { split: 'all', repair: 'none' },
    { evaluations: 10_000, images: 10_000 },
  ],
  [
    'without a training split',
    model,
    0.002,
    { split: 'all' },
    { evaluations: 3000, images: 10_000, calibration: 160 },
  ],
  ['with few calibration images', wide, 0.002, {}, { evaluations: 3000, images: 2000, calibration: 500 }],
  [
    'that repairs all the same',
    wide,
    0.007,
    { repair: 'bias' },
    { evaluations: 3000, images: 2000, calibration: 200 },
  ],
  ['too slow to repair', wide, 0.007, {}, { evaluations: 10_000, images: 2000, repair: 'none' }],
] as const) {
  test(`a slow network gets the task that the same options would give: ${what}`, async () => {
    const { engine } = slowEngine(secondsPerImage);
    const values: RunValues = { seed: 'x', ...given };
    const { task, budget } = await affordable(engine, values, of);
    const { images, evaluations, calibration, repair, instead, estimatedSeconds } = budget!;
    const { evaluations: usual, images: all, ...rest } = expected as typeof expected & ResultBudget;
    assert.equal([instead.images, instead.evaluations], [all, usual]);
    assert.equal([calibration, repair], [rest.calibration, rest.repair]);
    assert.ok(images <= all && evaluations < usual && estimatedSeconds <= 60, JSON.stringify(budget));
    const chosen = { images, evaluations, ...(calibration && { calibration }), ...(repair && { repair }) };
    const repeated = { ...values, ...chosen };
    assert.equal(comparable(task), comparable(searchTask(repeated, splits, of)));
    assert.is((await affordable(engine, repeated, of)).budget, undefined);
    const said = budgetText(budget!);
    assert.match(
      said,
      /evaluations on .* images, about .*, instead of (10|3),000 evaluations on (10|2),000 images/,
    );
    assert.is(/weights are fitted on \d+ images/.test(said), calibration !== undefined);
    assert.is(/weights stay as they are, since repairing/.test(said), repair === 'none');
    const command = repeatingCommand('prune', [], chosen);
    for (const [name, value] of Object.entries(chosen))
      assert.ok(command.includes(`--${name} ${value}`), command);
  });
}

test('a command that repeats the run has its arguments and what was chosen', () => {
  const chosen = { images: 500, evaluations: 2000 };
  assert.is(
    repeatingCommand('prune', ['--model', "it's one.safetensors", '--seed', '7'], chosen),
    "masksearch prune --model 'it'\\''s one.safetensors' --seed 7 --evaluations 2000 --images 500",
  );
});

test.run();
