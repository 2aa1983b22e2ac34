/** The search that repairs: what it promises, on WebAssembly with a small network. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, countPruned, isKept, maskToBytes, sparsityOf } from '../../../../src/core/mask.ts';
import { openEngine } from '../../../../src/node.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import type { Model } from '../../../../src/network/model.ts';
import { parseRunOptions } from '../../../../src/pruning/options/run.ts';
import { runSearch } from '../../../../src/pruning/search/run-search.ts';
import type { SearchRun } from '../../../../src/pruning/search/contract.ts';
import { searchTask } from '../../../../src/pruning/task.ts';
import { evaluateStates } from '../../../../src/pruning/evaluation/masks.ts';
import { randomImages, randomModel, tinyNetwork } from '../../../helpers/data/models.ts';
import { classify } from '../../../../src/engine/reference/classify.ts';
import { assertRejects } from '../../../helpers/assert/rejects.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const model = randomModel(tinyNetwork, 'repaired search');
const { layers } = problemOf(tinyNetwork);

/** Images with the classes that the network gives them, so that it is always right. */
function labelled(count: number, seed: string) {
  const images = randomImages(tinyNetwork, count, seed);
  const labels = classify(model, images).map((outputs) => outputs.indexOf(Math.max(...outputs)));
  return { ...images, labels: Uint16Array.from(labels) };
}

const splits = { train: labelled(120, 'train'), search: labelled(60, 'search'), test: labelled(40, 'test') };

async function runOn(
  texts: Readonly<Record<string, string>>,
  {
    threads = 1,
    of = model,
    signal,
    onProgress = () => {},
  }: {
    readonly threads?: number;
    readonly of?: Model;
    readonly signal?: AbortSignal;
    readonly onProgress?: (proposals: number) => void;
  } = {},
): Promise<SearchRun> {
  const engine = await openEngine({ device: 'wasm', threads });
  try {
    const task = searchTask(parseRunOptions({ evaluations: '150', ...texts }), splits, of, engine);
    return await runSearch(engine, of, task, {
      modelName: 'a model',
      signal,
      onProgress: ({ proposals }) => onProgress(proposals),
    });
  } finally {
    await engine.close();
  }
}

const GOAL = { targetSparsity: '0.6' };

test('a target is met exactly, and all that is reported is of the network with its weights', async () => {
  const { result, validation, targets, repair } = await runOn(GOAL);
  const { best, unpruned, progress } = result;
  assert.equal(
    [targets, repair!.repair, repair!.calibration!.count, repair!.judge!.count],
    ['teacher', 'least-squares', 60, 60],
  );
  const weights = layers.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.is(countPruned(best.masks), Math.round(0.6 * weights));
  assert.is(countPruned(unpruned.masks), 0);
  assert.ok(progress.proposals <= 150 && progress.proposals > 140, `${progress.proposals} evaluations`);
  layers.forEach(({ weight }, layer) =>
    best.tensors!.get(weight!)!.forEach((value, i) => isKept(best.masks[layer]!, i) || assert.is(value, 0)),
  );
  const engine = await openEngine({ device: 'wasm', threads: 1 });
  const states = [{ masks: best.masks, tensors: best.tensors }, { masks: best.masks }];
  const [own, frozen] = await evaluateStates(engine, model, splits.search, states);
  await engine.close();
  assert.equal(validation!.best, own);
  assert.ok(own!.loss < frozen!.loss, `${own!.loss} repaired, ${frozen!.loss} frozen`);
  assert.is(validation!.images.count, 60);
});

test('threads, limits of the loss and speculation change nothing', async () => {
  const digest = async (...args: Parameters<typeof runOn>) => {
    const { result, validation } = await runOn(...args);
    return [result.digest, validation!.best.loss, result.progress.proposals];
  };
  const expected = await digest(GOAL);
  assert.equal(await digest(GOAL, { threads: 2 }), expected);
  assert.equal(await digest({ ...GOAL, disable: 'loss-limits,speculation,reuse,prefix-cache' }), expected);
  assert.not.equal(await digest({ ...GOAL, seed: '2' }), expected);
  assert.not.equal(await digest({ ...GOAL, targets: 'labels' }), expected);
});

test('a population finds what it finds on any number of threads, with and without what saves work', async () => {
  const population = { ...GOAL, method: 'ga', preset: 'tuned', evaluations: '400', populationSize: '16' };
  const found = async (...args: Parameters<typeof runOn>) => {
    const { result, work } = await runOn(...args);
    return { zeros: countPruned(result.best.masks), digest: result.digest, rounds: work.rounds };
  };
  const expected = await found(population);
  const alone = await found({ ...GOAL, evaluations: '400' });
  assert.is(expected.zeros, alone.zeros);
  assert.not.equal(expected.digest, alone.digest);
  assert.ok(
    3 * expected.rounds < alone.rounds,
    `${expected.rounds} rounds, one after the other ${alone.rounds}`,
  );
  const { digest } = expected;
  assert.is((await found(population, { threads: 2 })).digest, digest);
  assert.is((await found({ ...population, disable: 'loss-limits,reuse,prefix-cache' })).digest, digest);
  assert.is.not((await found({ ...population, seed: '2' })).digest, digest);
});

test('the whole front: it grows, and the result is chosen by the goal', async () => {
  const texts = { method: 'ga', preset: 'tuned', pareto: 'true', evaluations: '600', maxLossRise: '20' };
  const { result, validation } = await runOn(texts);
  const { unpruned, best, front, hypervolume } = validation!;
  assert.ok(best.loss <= 1.2 * unpruned.loss, `${unpruned.loss} to ${best.loss}`);
  assert.ok(result.best.sparsity.global > 0);
  assert.ok(front.length > 5, `${front.length} points`);
  front.slice(1).forEach(({ loss, sparsity }, i) => {
    assert.ok(sparsity.global > front[i]!.sparsity.global && loss > front[i]!.loss);
  });
  const values = hypervolume!.points.map(({ value }) => value);
  assert.ok(values.length > 8, `${values.length} points`);
  assert.equal(
    values,
    [...values].sort((a, b) => a - b),
  );
  assert.ok(values[0]! > 0 && values.at(-1)! > values[0]! && values.at(-1)! < 1);
  assert.is((await runOn(texts, { threads: 2 })).result.digest, result.digest);
});

for (const texts of [
  {},
  { method: 'ga', preset: 'tuned' },
  { repair: 'none' },
  { repair: 'none', method: 'ga', preset: 'tuned' },
])
  test(`layers keep what their limits say: ${JSON.stringify(texts)}`, async () => {
    const [first, second] = layers as [(typeof layers)[number], (typeof layers)[number]];
    const limits = { maxSparsity: `${first.name}=0.1,${second.name}=0.5`, minKept: '20' };
    const { result } = await runOn({ ...texts, ...limits, targetSparsity: '0.6' });
    const { masks, sparsity } = result.best;
    assert.ok(sparsity.perLayer[0]! <= 0.1 && sparsity.perLayer[1]! <= 0.5, sparsity.perLayer.join());
    masks.forEach((mask) => assert.ok(countKept(mask) >= Math.min(20, mask.length)));
    const weights = layers.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
    assert.is(countPruned(masks), Math.round(0.6 * weights));
  });

test('the loss stays below the limit on the validation images', async () => {
  const { validation, result } = await runOn({ maxLossRise: '20' });
  const { unpruned, best } = validation!;
  assert.ok(countPruned(result.best.masks) > 0);
  assert.ok(best.loss <= 1.2 * unpruned.loss, `${unpruned.loss} to ${best.loss}`);
});

test('layers that are not searched, and weights that were 0, stay as they are', async () => {
  const weight = layers[1]!.weight!;
  const values = model.tensors.get(weight)!.slice();
  values.fill(0, 0, 40);
  const withZeros = { ...model, tensors: new Map([...model.tensors, [weight, values]]) };
  const { result } = await runOn({ layers: layers[1]!.name, maxLossRise: '30' }, { of: withZeros });
  const { masks } = result.best;
  masks.forEach((mask, layer) => layer === 1 || assert.is(countPruned([mask]), 0));
  assert.equal(new Set(maskToBytes(masks[1]!).subarray(0, 40)), new Set([0]));
  assert.ok(countPruned(masks) > 40);
});

test('layers to keep are those that are not searched', () => {
  const { spec } = searchTask(
    parseRunOptions({ keepLayers: `${layers[0]!.name},${layers[3]!.name}` }),
    splits,
    model,
  );
  assert.equal(spec.parameters.layers, [layers[1]!.name, layers[2]!.name]);
});

test('biases alone', async () => {
  const { result } = await runOn({ ...GOAL, repair: 'bias' });
  layers.forEach(({ weight }, layer) =>
    result.best.tensors!.get(weight!)!.forEach((value, i) => {
      if (isKept(result.best.masks[layer]!, i)) assert.is(value, model.tensors.get(weight!)![i]);
    }),
  );
});

test('an abort leaves what was found', async () => {
  const aborter = new AbortController();
  const { result } = await runOn(GOAL, {
    signal: aborter.signal,
    onProgress: (proposals) => proposals > 60 && aborter.abort(),
  });
  assert.is(result.completed, false);
  assert.ok(result.progress.proposals < 150);
  assert.ok(sparsityOf(result.best.masks).global > 0);
  const before = AbortSignal.abort();
  await assertRejects(runOn(GOAL, { signal: before }), 'aborted');
});

test('options that a search does not have are refused', async () => {
  const task = (texts: Readonly<Record<string, string>>) => searchTask(parseRunOptions(texts), splits, model);
  for (const [texts, expected] of [
    [{ repair: 'least-squares', preset: 'paper' }, /repair is least-squares.*none with preset paper/],
    [{ repair: 'bias', method: 'ga' }, /repair is bias.*none with preset paper/],
    [{ ridge: '1', repair: 'none' }, /ridge has no effect with repair none/],
    [{ calibration: '9', preset: 'paper' }, /calibration has no effect/],
    [{ importance: 'wanda' }, /importance has no effect where weights are repaired/],
    [{ keepLayers: 'none' }, /keepLayers is none but must be among conv1/],
    [{ keepLayers: 'conv1', layers: 'out' }, /layers and keepLayers are both given/],
    [{ keepLayers: layers.map(({ name }) => name).join(',') }, /keepLayers is .* fewer than all layers/],
    [{ maxSparsity: 'other=0.5' }, /maxSparsity is other but must be among conv1/],
    [
      { maxSparsity: '0.5', targetSparsity: '0.6' },
      /targetSparsity is 0.6 but must be at most 0.4\d*: .*limit/,
    ],
    [{ minKept: '1.5' }, /minKept is 1.5 for conv1 but must be a whole number/],
    [{ minKept: '3', preset: 'paper' }, /minKept has no effect on preset paper/],
    [{ calibration: '121' }, /calibration is 121.*at most 120/],
  ] as const)
    await assertBadInput(() => task(texts), expected);
  assert.is(task({ repair: 'none', importance: 'wanda' }).repair, undefined);
});

test.run();
