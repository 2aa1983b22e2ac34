import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { takeImages } from '../../../src/data/dataset.ts';
import { loadMnist, loadModel } from '../../../src/node.ts';
import { DEFAULTS } from '../../../src/pruning/options/defaults.ts';
import { parseRunOptions } from '../../../src/pruning/options/run.ts';
import { ALL_RUN_OPTIMIZATIONS } from '../../../src/pruning/search/optimizations.ts';
import { searchTask, tuningImages, unseenImages } from '../../../src/pruning/task.ts';
import { SIMULATED_ANNEALING_PAPER, TUNED_DEFAULTS } from '../../../src/search/index.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const model = await loadModel();
const splits = await loadMnist();
const task = (texts: Readonly<Record<string, string>>) => searchTask(parseRunOptions(texts), splits, model);

test('a task has its images, and those that it leaves', () => {
  const tuned = task({ images: '50' });
  assert.is(tuned.images.count, 50);
  assert.is(tuningImages(tuned).count, 40, 'the others are to choose by');
  assert.is(unseenImages(tuned, splits), splits.test);
  const paper = task({ images: '50', preset: 'paper' });
  assert.is(tuningImages(paper).count, 50);
  assert.is(unseenImages(task({ images: '50', split: 'test' }), splits), undefined);
  assert.is(unseenImages(task({ images: '50', split: 'all' }), splits), undefined);
});

test('what is not given has the defaults, of which only the importance is not that of the library', () => {
  const { spec, split, targets, optimizations } = task({ repair: 'none' });
  assert.equal(spec, {
    method: 'sa',
    preset: 'tuned',
    parameters: { ...TUNED_DEFAULTS, importance: 'magnitude' },
  });
  assert.equal([split, targets], ['search', 'labels']);
  assert.is(task({ targets: 'teacher' }).targets, 'teacher');
  assert.equal(optimizations, ALL_RUN_OPTIMIZATIONS);
  assert.is(task({ method: 'ga' }).spec.preset, 'paper');
  assert.equal(task({ preset: 'paper' }).spec.parameters, SIMULATED_ANNEALING_PAPER);
  const { mutationRate, lossToWarmup, maxLossPenalty, seed } = DEFAULTS.annealing;
  const { genetic, tuned } = DEFAULTS;
  assert.equal(
    [genetic.mutationRate, genetic.lossToWarmup, genetic.maxLossPenalty, genetic.seed, tuned.seed],
    [mutationRate, lossToWarmup, maxLossPenalty, seed, seed],
    'one help text states the default of several searches',
  );
});

test('what is given is in the parameters, and what is disabled in the task', () => {
  const { spec, optimizations } = task({ seconds: '5', seed: 'x', layers: 'out', disable: 'loss-limits' });
  const { seconds, seed, layers, evaluations } = spec.parameters as unknown as Record<string, unknown>;
  assert.equal([seconds, seed, layers, evaluations], [5, 'x', ['out'], Infinity]);
  assert.equal(optimizations, { ...ALL_RUN_OPTIMIZATIONS, lossLimits: false });
});

test('a wrong option is found before there is a device', async () => {
  await assertBadInput(() => task({ images: '2001' }), /images is 2001/);
  await assertBadInput(() => task({ images: '4' }), /^images is 4 but must be at least 5/);
  const few = { ...splits, search: takeImages(splits.search, 1) };
  await assertBadInput(
    () => searchTask({}, few, model),
    /^the search split has 1 image, at least 5 are needed, of which one is held back for validation$/,
  );
  await assertBadInput(() => task({ iterations: '3' }), /iterations has no effect/);
  await assertBadInput(() => task({ targetSparsity: '1' }), /targetSparsity is 1/);
});

test.run();
