import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { baselineOrder, masksAt, zerosAt, type Baseline } from '../../../../src/baselines/index.ts';
import { takeImages } from '../../../../src/data/dataset.ts';
import { COMPARE_FILES } from '../../../../src/compare/files.ts';
import {
  BUNDLED_MODEL,
  BUNDLED_SPLIT_SEEDS,
  bundledModelOf,
  loadMnist,
  loadModel,
  openEngine,
} from '../../../../src/node.ts';
import type { TunedComparison } from '../../../../src/report/comparison/comparison.ts';
import type { PruneResult } from '../../../../src/report/run/result.ts';
import type { Score } from '../../../../src/search/contract.ts';
import { fullMasks, sparsityOf, type Masks } from '../../../../src/core/mask.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { assertRuns, inFolder, listing, run, testRefusals } from '../../../helpers/cli.ts';
import { digitsFolder } from '../files.ts';

const dir = await digitsFolder();
// Closed even where a test fails, which its threads would keep from ending.
const engine = await openEngine({ device: 'wasm', threads: 1 });
test.after(() => engine.close());

const small = '--images 40 --evaluations 60 --device wasm --threads 1 --repair none';
const compare = `compare --preset tuned ${small} --calibration 60`;
const frozen = `${compare} --baselines frozen`;

const ended = await assertRuns(`${frozen} --seeds 2 --split-seeds 1,2 --out found --json`, {
  cwd: dir,
  timeout: 300,
});
const comparison = JSON.parse(ended.stdout) as TunedComparison;

const WEIGHTS = 61_470;

/** One whose weights are ranked soon. */
const smaller = fileURLToPath(new URL('../../../../models/mnist-dscnn.safetensors', import.meta.url));

test('leaves three files and nothing else, and prints compare.json', async () => {
  const found = join(dir, 'found');
  assert.equal(await listing(found), [...COMPARE_FILES].sort());
  assert.is(ended.stdout, await readFile(join(found, 'compare.json'), 'utf8'));
  assert.match(await readFile(join(found, 'compare.csv'), 'utf8'), /^kind,split_seed,method,seed,/);
  assert.match(await readFile(join(found, 'compare.html'), 'utf8'), /of the weights pruned; test\s+accuracy/);
  const announced = /^Comparing on 40 images of the search split on the processor .*, as asked for\.\n/;
  assert.match(ended.stderr, announced);
  assert.match(ended.stderr, /\nsplit 1, seed 1, search 1 of 4 {2}\S+ {2}\d+\/60 evaluations /);
  assert.match(ended.stderr, /\nsplit 2, seed 1, search 3 of 4: /);
  assert.match(ended.stderr, /\nsplit 2, seed 2, search 4 of 4: \d/);
});

test('every seed ran on every split, with its model and settings', () => {
  const { preset, seeds, splits, runs, split, heldOut } = comparison;
  assert.equal([preset, split, seeds, heldOut], ['tuned', 'search', ['1', '2'], true]);
  for (const { method, parameters } of runs) {
    assert.is(method, 'sa');
    assert.equal(parameters, {
      maxAccuracyDrop: 1,
      evaluations: 60,
      importance: 'magnitude',
      layers: 'conv1,conv2,fc1,fc2,out',
    });
  }
  const seedsOf = runs.map(({ splitSeed, seed }) => `${splitSeed} ${seed}`);
  assert.equal(seedsOf, ['1 1', '1 2', '2 1', '2 2']);
  assert.is(new Set(runs.map(({ digest }) => digest)).size, 4);
  assert.equal(
    splits.map(({ splitSeed, model, images }) => [splitSeed, model, images]),
    ['1', '2'].map((seed) => [
      seed,
      `the bundled model of split ${seed}`,
      { tuning: 32, validation: 8, test: 2000, calibration: 60 },
    ]),
  );
  // As models/README.md has them.
  const accuracies = splits.map(({ unpruned }) => unpruned.test.accuracy.toFixed(4));
  assert.equal(accuracies, ['0.9755', '0.9655']);
});

test('each run is that of prune', async () => {
  const args = `prune ${small} --split-seed 2 --seed 2 --out pruned --json --model`;
  const single = await assertRuns([...args.split(' '), bundledModelOf('2')], { cwd: dir });
  const result = JSON.parse(single.stdout) as PruneResult;
  const found = comparison.runs[3]!;
  assert.is(found.digest, result.digest);
  assert.equal(found.final, result.final);
  assert.equal(found.test, result.test!.pruned);
  assert.is(found.tradeOff, result.tradeOff);
  assert.equal(found.work, result.work);
  assert.ok(found.work.plainMacs > 0);
  assert.equal(found.validation, result.validation!.pruned);
  const kept = result.layers.map((layer) => layer.kept);
  assert.equal(found.kept, kept);
  assert.equal(comparison.splits[1]!.unpruned, {
    tuning: result.unpruned,
    validation: result.validation!.unpruned,
    test: result.test!.unpruned,
  });
});

test('what is told of a run belongs together', () => {
  for (const { zeros, kept, final, validationPoints, front, work } of comparison.runs) {
    assert.is(zeros, WEIGHTS - kept.reduce((sum, count) => sum + count, 0));
    assert.ok(zeros > 0);
    assert.ok(Math.abs(final.sparsity.global - zeros / WEIGHTS) < 1e-12);
    // The last step may need more than what is left.
    assert.ok(work.candidates > 50 && work.candidates <= 60, `${work.candidates}`);
    assert.ok(validationPoints.length > 0);
    assert.ok(validationPoints.every(({ evaluations }) => evaluations >= 1 && evaluations <= 60));
    assert.ok(front.length >= 1 && front.length <= 12, `${front.length}`);
    const sparsities = front.map(({ sparsity }) => sparsity.global);
    const sorted = [...sparsities].sort((a, b) => a - b);
    assert.equal(sparsities, sorted);
  }
  // Per split: the unpruned network, 2 runs with 5 frozen baselines each, fronts, 18 points of 4 curves and of one for each seed.
  const fronts = comparison.runs.reduce((sum, { front }) => sum + front.length, 0);
  assert.is(comparison.evaluationWork.candidates, 2 * (1 + 2 * (1 + 5) + 18 * 6) + fronts);
});

test('baselines have as many zeros as the run, and stand at every sparsity, on the test images', async () => {
  const model = await loadModel(bundledModelOf('2'));
  const { search, test: images } = await loadMnist({ splitSeed: '2' });
  const searched = takeImages(search, 40);
  const evaluator = await engine.evaluator(model, images);
  const score = async (masks: Masks): Promise<Score> => {
    const [evaluation] = await evaluator.evaluate([{ masks }]);
    assert.ok(evaluation && !evaluation.exceeded);
    const { loss, accuracy } = evaluation as Score;
    return { loss, accuracy };
  };
  const orderOf = (name: Baseline, seed: string) =>
    baselineOrder(name, model, { images: searched, random: randomStream(seed, 'baseline', name) });
  const runs = comparison.runs.filter(({ splitSeed }) => splitSeed === '2');
  const { curves, unpruned } = comparison.splits[1]!;
  assert.equal(unpruned.test, await score(fullMasks(problemOf(model.network).layers)));
  assert.is(curves.length, 5 * 18);
  for (const name of ['random', 'magnitude-uniform', 'magnitude-global'] as const) {
    for (const { seed, zeros, matched, final } of runs) {
      const masks = masksAt(await orderOf(name, seed), zeros);
      const point = matched.find(({ baseline }) => baseline === name)!;
      assert.equal(point.test, await score(masks), `${name}, seed ${seed}`);
      const { meanLayer, global } = sparsityOf(masks);
      assert.equal(point.sparsity, { meanLayer, global });
      assert.is(point.target, final.sparsity.global);
    }
    const ofName = curves.filter(({ baseline }) => baseline === name);
    ofName.forEach(({ target }, i) => assert.is(target, (10 + 5 * i) / 100));
    assert.is(ofName.length, 18);
    const point = ofName.find(({ target }) => target === 0.6)!;
    // Of the random masks one for each seed; the others have no seed.
    const scores: Score[] = [];
    for (const seed of name === 'random' ? ['1', '2'] : ['1']) {
      const order = await orderOf(name, seed);
      const masks = masksAt(order, zerosAt(order, 0.6));
      scores.push(await score(masks));
      assert.is(point.sparsity.global, sparsityOf(masks).global);
    }
    for (const measure of ['accuracy', 'loss'] as const) {
      const sum = scores.reduce((total, one) => total + one[measure]!, 0);
      assert.is(point.test[measure], sum / scores.length, `${measure}, ${name}`);
    }
  }
});

test('a target is met exactly in every run; for people there are tables and where the report is', async () => {
  const args = `${frozen} --data digits --seeds 2 --target-sparsity 0.5 --out told --model`;
  const { stdout } = await assertRuns([...args.split(' '), smaller], { cwd: dir });
  const { runs, splits } = await written('told');
  assert.ok(runs.every(({ zeros, final }) => final.sparsity.global === 0.5 && zeros > 1000));
  const { parameters } = runs[0]!;
  assert.equal([parameters['targetSparsity'], parameters['maxAccuracyDrop']], [0.5, undefined]);
  assert.is(splits.length, 1);
  assert.equal([splits[0]!.splitSeed, splits[0]!.model], ['data', smaller]);
  assert.match(stdout, /^ +test +test +test +magnitude\nsplit +seed +sparsity %/);
  assert.match(stdout, /\ndata +1 +50\.00 +100\.00 /);
  const mean = /\nMean of 2 runs on 1 split ± sample standard deviation: sparsity 50\.00 ± 0\.00 %,\n/;
  assert.match(stdout, mean);
  assert.match(stdout.replaceAll('\n', ' '), /interval is taken over the 2 seeds \(Student’s t/);
  assert.match(stdout, /\nsearch minus +points +95 % interval\n/);
  assert.match(stdout, /\nweights +drop +sparsity % +by +evaluations +runs\nfrozen +0\.5 /);
  assert.match(stdout, /\nReport {2}told\/compare\.html\n$/);
  assert.ok(stdout.split('\n').every((line) => line.length <= 110));
});

test('a folder of images is one split, and a model of one’s own goes with one', async () => {
  const base =
    'compare --preset tuned --evaluations 40 --calibration 20 --baselines frozen --repair none --device wasm --threads 1 --seeds 1 --json';
  const folderArgs = `${base} --data digits --layers pw4.conv,out --out data --model`;
  const folder = await assertRuns([...folderArgs.split(' '), smaller], { cwd: dir });
  const ofFolder = JSON.parse(folder.stdout) as TunedComparison;
  const shown = ofFolder.splits.map(({ splitSeed, model, images }) => [splitSeed, model, images]);
  assert.equal(shown, [['data', smaller, { tuning: 32, validation: 8, test: 30, calibration: 20 }]]);
  assert.is(ofFolder.runs[0]!.parameters['layers'], 'pw4.conv,out');
  assert.equal(ofFolder.runs[0]!.final.sparsity.perLayer.slice(0, 2), [0, 0]);
  const model = bundledModelOf('3');
  const args = `${base} --images 40 --split-seeds 3 --out own --model`;
  const own = await assertRuns([...args.split(' '), model], { cwd: dir });
  const [split] = (JSON.parse(own.stdout) as TunedComparison).splits;
  assert.equal([split!.splitSeed, split!.model], ['3', model]);
  assert.is(split!.unpruned.test.accuracy.toFixed(4), '0.9665');
});

test('every split of the package has a model of its own', async () => {
  assert.equal([...BUNDLED_SPLIT_SEEDS], ['0', '1', '2', '3', '4']);
  assert.is(bundledModelOf('0'), BUNDLED_MODEL);
  const paths = BUNDLED_SPLIT_SEEDS.map(bundledModelOf);
  assert.is(new Set(paths).size, 5);
  for (const path of paths) await loadModel(path);
  assert.throws(
    () => bundledModelOf('5'),
    (error: Error) => /^splitSeed is 5 but must be one of 0, 1, 2, 3, 4/.test(error.message),
  );
});

test('SIGINT ends it in one line and leaves nothing', () =>
  inFolder(async (cwd) => {
    const args = 'compare --preset tuned --device wasm --seeds 1 --out none --json';
    const stopped = await run(args, { cwd, signals: [{ after: /\d+\/3000 evaluations/ }] });
    assert.is(stopped.code, 130, stopped.stderr);
    assert.is(stopped.stdout, '');
    assert.match(stopped.stderr, /\nInterrupted: nothing is written\. Interrupt again to end at once\.\n$/);
    assert.equal(await listing(cwd), []);
  }));

testRefusals('compare', [
  [
    '--max-loss 1',
    /^masksearch: --max-loss has no effect on preset paper; leave it out, or use --preset tuned\./,
  ],
  ['--evaluations 60 --preset paper', /--evaluations has no effect on preset paper;/],
  ['--importance wanda', /--importance has no effect on preset paper;/],
  ['--split-seeds 1', /--split-seeds has no effect on preset paper;/],
  ['--calibration 10', /--calibration has no effect on preset paper;/],
  ['--random-search', /--random-search has no effect on preset paper;/],
  ['--baselines frozen', /--baselines has no effect on preset paper;/],
]);

testRefusals('compare --preset tuned', [
  ['--iterations 3', /--iterations has no effect on preset tuned; leave it out, or use --preset paper\./],
  ['--generations 3', /--generations has no effect on preset tuned;/],
  ['--loss-to-warmup 3', /--loss-to-warmup has no effect on preset tuned;/],
  ['--seconds 3', /--seconds is not an option/],
  ['--split-seed 1', /--split-seed has no effect on preset tuned; use --split-seeds\./],
  ['--split-seeds 1,1', /--split-seeds is 1 twice but must be different seeds/],
  ['--split-seeds ,', /--split-seeds is empty but must be different seeds/],
  ['--split-seeds 1,5', /--split-seeds is 5 but must be among 0, 1, 2, 3, 4, which the package has/],
  ['--calibration 6001', /--calibration is 6001 but must be at most 6000/],
  ['--baselines none', /--baselines is none but must be one of all, frozen/],
  ['--calibration 0', /--calibration is 0 but must be/],

  [
    [...'--split-seeds 1,2 --model'.split(' '), bundledModelOf('0')],
    /--split-seeds names 2 splits, but --model is one network/,
  ],
  ['--split-seeds 1 --data digits', /--split-seeds has no effect on --data, whose folder is one/],
  ['--split test', /--split is test but must be search or train/],
  ['--split all', /--split is all but must be search or train/],
  ['--images 4', /--images is 4 but must be at least 5/],
  ['--images 2001', /--images is 2001 but must be at most 2000/],
  ['--evaluations 9', /--evaluations is 9 but must be a whole number from 10/],
  ['--layers nope', /--layers is nope but/],
  ['--max-loss 1 --target-sparsity 0.5', /--max-loss and --target-sparsity are both given/],
]);

async function written(out: string): Promise<TunedComparison> {
  return JSON.parse(await readFile(join(dir, out, 'compare.json'), 'utf8')) as TunedComparison;
}

test.run();
