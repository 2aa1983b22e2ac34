import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  baselineOrder,
  BASELINES,
  masksAt,
  zerosAt,
  type Baseline,
  type PruningOrder,
} from '../../../../src/baselines/index.ts';
import { COMPARE_FILES } from '../../../../src/compare/files.ts';
import type { PaperComparison } from '../../../../src/report/comparison/comparison.ts';
import type { PruneResult } from '../../../../src/report/run/result.ts';
import type { Score, Evaluation } from '../../../../src/search/contract.ts';
import { BASELINE_NAMES } from '../../../../src/report/text/words.ts';
import { loadData, loadModel, openEngine } from '../../../../src/node.ts';
import { sparsityOf, type Masks } from '../../../../src/core/mask.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { assertRuns, inFolder, listing, run, testRefusals } from '../../../helpers/cli.ts';
import { digitsFolder, withDigits } from '../files.ts';

const dir = await digitsFolder();
// Closed even where a test fails, which its threads would keep from ending.
const engine = await openEngine({ device: 'wasm', threads: 1 });
test.after(() => engine.close());

/** The caps are far above the loss of any model, however few the images. */
const small = '--data digits --device wasm --threads 1 --loss-to-warmup 50';
const short = '--iterations 3 --generations 2 --population-size 5 --seeds 2';

const ended = await assertRuns(`compare ${small} ${short} --out found --json`, { cwd: dir });
const comparison = JSON.parse(ended.stdout) as PaperComparison;

test('leaves three files and nothing else, and prints compare.json', async () => {
  const found = join(dir, 'found');
  assert.equal(await listing(found), [...COMPARE_FILES].sort());
  assert.is(ended.stdout, await readFile(join(found, 'compare.json'), 'utf8'));
  const announced = /^Comparing on 40 images of the search split on the processor .*, as asked for\.\n/;
  assert.match(ended.stderr, announced);
  assert.match(ended.stderr, /\nSA, seed 1, search 1 of 4 {2}conv1 step \d+\/3 {2}accepted \d+ /);
  assert.match(ended.stderr, /\ngenetic algorithm, seed 2: /);
  assert.not.match(ended.stderr, 'reference');
});

test('both searches ran with every seed, each as prune runs it', async () => {
  const { runs, seeds, heldOut, splits } = comparison;
  assert.equal(seeds, ['1', '2']);
  assert.is(heldOut, true);
  const shown = splits.map(({ splitSeed, model, images }) => [splitSeed, model, images]);
  assert.equal(shown, [['data', 'the bundled model', { tuning: 40, validation: 0, test: 30 }]]);
  const searches = runs.map(({ method, seed }) => `${method} ${seed}`);
  assert.equal(searches, ['sa 1', 'sa 2', 'ga 1', 'ga 2']);
  assert.is(new Set(runs.map(({ digest }) => digest)).size, 4);
  for (const [method, own] of [
    ['sa', '--iterations 3'],
    ['ga', '--generations 2 --population-size 5'],
  ] as const) {
    const out = `pruned-${method}`;
    const args = `prune --preset paper --method ${method} --seed 2 ${small} ${own} --out ${out} --json`;
    const single = await assertRuns(args, { cwd: dir });
    const result = JSON.parse(single.stdout) as PruneResult;
    const compared = runs.find((one) => one.method === method && one.seed === '2')!;
    assert.is(compared.digest, result.digest);
    assert.equal(compared.final, result.final);
    assert.equal(compared.test, result.test!.pruned);
    assert.is(compared.tradeOff, result.tradeOff);
    assert.equal(compared.work, result.work);
    assert.equal(compared.parameters, result.parameters);
    const kept = result.layers.map((layer) => layer.kept);
    assert.equal(compared.kept, kept);
    assert.equal(splits[0].unpruned, { tuning: result.unpruned, test: result.test!.unpruned });
    // The columns are the author's, so that what reads his files reads ours.
    const [columns, ...rows] = (await readFile(join(dir, out, 'history.csv'), 'utf8')).trim().split('\n');
    const step = method === 'sa' ? 'temperature' : 'generation';
    assert.is(columns, `layer,${step},mutation_rate,cost,metrics,loss,sparsity`);
    assert.is(rows.length, compared.history.length);
    if (method === 'ga') {
      assert.is(rows.length, 5 * 2);
      // Initial individuals and children, which come in pairs: a place is left for one, and two are bred.
      assert.is(compared.work.plainMacs, 416_520 * 40 * 5 * (5 + 2 * 4));
    }
  }
});

test('every baseline stands at every sparsity, and beside every run with as many zeros', () => {
  const { splits, runs } = comparison;
  const [{ curves }] = splits;
  assert.equal([...BASELINES], [...BASELINE_NAMES]);
  assert.is(curves.length, 4 * 18);
  for (const name of BASELINE_NAMES) {
    const ofName = curves.filter(({ baseline }) => baseline === name);
    ofName.forEach(({ target, sparsity }, i) => {
      assert.is(target, (10 + 5 * i) / 100);
      assert.ok(Math.abs(sparsity.global - target) <= 0.51 / 61_470, `${name} at ${target}`);
    });
    assert.ok(ofName[0]!.test!.accuracy > ofName.at(-1)!.test!.accuracy, name);
    for (const { matched, final } of runs) {
      const point = matched.find(({ baseline }) => baseline === name)!;
      assert.is(point.target, final.sparsity.global);
      assert.ok(Math.abs(point.sparsity.global - final.sparsity.global) < 1e-12);
    }
  }
  assert.ok(runs.every(({ matched }) => matched.length === 4));
});

const WEIGHTS = 61_470;

test('matched points and points of curves are what the library says of these masks', async () => {
  const model = await loadModel();
  const splits = await loadData(join(dir, 'digits'), model);
  const scorer = async (images: typeof splits.search) => {
    const evaluator = await engine.evaluator(model, images);
    return async (masks: Masks): Promise<Score> => {
      const [{ loss, accuracy }] = (await evaluator.evaluate([{ masks }])) as readonly [
        Extract<Evaluation, { exceeded: false }>,
      ];
      return { loss, accuracy };
    };
  };
  const [onSearch, onTest] = [await scorer(splits.search), await scorer(splits.test)];
  const orderOf = (name: Baseline, seed: string) =>
    baselineOrder(name, model, { images: splits.search, random: randomStream(seed, 'baseline', name) });
  const orders = new Map<string, PruningOrder>();
  for (const name of BASELINES) {
    for (const seed of comparison.seeds) orders.set(`${name} ${seed}`, await orderOf(name, seed));
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanScore = (scores: readonly Score[]): Score => ({
    loss: mean(scores.map(({ loss }) => loss)),
    accuracy: mean(scores.map(({ accuracy }) => accuracy!)),
  });

  for (const { seed, kept, zeros, matched } of comparison.runs) {
    assert.is(zeros, WEIGHTS - kept.reduce((sum, count) => sum + count, 0));
    for (const name of BASELINES) {
      const masks = masksAt(orders.get(`${name} ${seed}`)!, zeros);
      const point = matched.find(({ baseline }) => baseline === name)!;
      const { meanLayer, global } = sparsityOf(masks);
      assert.equal(point.sparsity, { meanLayer, global }, name);
      assert.equal(point.tuning, await onSearch(masks), name);
      assert.equal(point.test, await onTest(masks), name);
    }
  }
  for (const target of [0.3, 0.55, 0.8]) {
    for (const name of BASELINES) {
      const point = comparison.splits[0].curves.find(
        (one) => one.baseline === name && one.target === target,
      )!;
      // Of the random masks one for each seed; the others have no seed.
      const seeds = name === 'random' ? comparison.seeds : ['1'];
      const masks = seeds
        .map((seed) => orders.get(`${name} ${seed}`)!)
        .map((order) => masksAt(order, zerosAt(order, target)));
      const sparsities = masks.map(sparsityOf);
      assert.equal(point.sparsity, {
        meanLayer: mean(sparsities.map(({ meanLayer }) => meanLayer)),
        global: mean(sparsities.map(({ global }) => global)),
      });
      const scores = async (score: typeof onSearch) => {
        const found: Score[] = [];
        for (const one of masks) found.push(await score(one));
        return meanScore(found);
      };
      assert.equal(point.tuning, await scores(onSearch), name);
      assert.equal(point.test, await scores(onTest), name);
    }
  }
});

test('caps, work and time are those of the comparison', () => {
  const { caps, evaluationWork, seconds, runs } = comparison;
  assert.equal(caps, [50 / 8, 150 / 8, 300 / 8, 350 / 8, 50]);
  // The unpruned network, 4 runs with 4 baselines each, 18 points of 3 curves and of one for each of 2 seeds; on both splits.
  assert.is(evaluationWork.candidates, 2 * (1 + 4 * 5 + 18 * 5));
  const searching = runs.reduce((sum, run) => sum + run.seconds, 0);
  assert.ok(seconds > searching && seconds < ended.seconds, `${seconds} s of ${ended.seconds} s`);
});

test('a search on the test images leaves no test figures', async () => {
  const args = `compare ${small} ${short} --seeds 1 --split test --out seen --json`;
  const { stdout } = await assertRuns(args, { cwd: dir });
  const result = JSON.parse(stdout) as PaperComparison;
  const [{ images, unpruned }] = result.splits;
  assert.equal([result.heldOut, images], [false, { tuning: 30, validation: 0, test: 0 }]);
  assert.not.match(stdout, /"test": \{/);
  assert.is(result.evaluationWork.candidates, 1 + 2 * 5 + 18 * 4);
  for (const { tradeOff, final } of result.runs) {
    assert.is(tradeOff, (final.sparsity.meanLayer * final.accuracy) / unpruned.tuning.accuracy);
  }
});

test('for people it prints a table and where the report is', async () => {
  const { stdout } = await assertRuns(`compare ${small} ${short} --seeds 1 --out told`, { cwd: dir });
  for (const name of ['unpruned', 'SA', 'GA', ...BASELINE_NAMES]) assert.match(stdout, name);
  assert.match(stdout, /\n\nIndented: baselines, which need no search, at the same global sparsity/);
  assert.match(stdout, /\nReport {2}told\/compare\.html\n$/);
  assert.ok(stdout.split('\n').every((line) => line.length <= 110));
});

test('compares on the images asked for, and searches as prune does', async () => {
  const search = async (cwd: string) => {
    const args =
      '--data digits --images 300 --device wasm --threads 1 --loss-to-warmup 1.5 --iterations 20 --json';
    const compared = await assertRuns(`compare --seeds 1 --generations 1 --out both ${args}`, { cwd });
    assert.match(compared.stderr, /^Comparing on 300 images of the search split /);
    const { splits, runs } = JSON.parse(compared.stdout) as PaperComparison;
    assert.is(splits[0].images.tuning, 300);
    const pruned = await assertRuns(`prune --preset paper --out one ${args}`, { cwd });
    const result = JSON.parse(pruned.stdout) as PruneResult;
    assert.is(runs[0]!.digest, result.digest);
    // Without limits on the loss more images would be evaluated.
    assert.equal(runs[0]!.work, result.work);
  };
  await withDigits(search, { training: 1600 });
});

test('layers that are not searched are pruned by the baselines all the same, and it says so', async () => {
  const args = `compare ${small} ${short} --seeds 1 --layers out --out partial`;
  const { stdout } = await assertRuns(args, { cwd: dir });
  assert.match(stdout, /\nThe searches pruned out alone, the others all layers\.\n/);
  const { runs } = JSON.parse(
    await readFile(join(dir, 'partial', 'compare.json'), 'utf8'),
  ) as PaperComparison;
  assert.ok(runs.every(({ final }) => final.sparsity.perLayer.slice(0, -1).every((share) => share === 0)));
  const uniform = runs[0]!.matched.find(({ baseline }) => baseline === 'magnitude-uniform')!;
  assert.ok(Math.abs(uniform.sparsity.meanLayer - uniform.sparsity.global) < 0.01);
});

test('the reference is said to be slow, with what it has to do; SIGINT ends it in one line', () =>
  inFolder(async (cwd) => {
    const signals = [{ after: /\bconv1 step \d+\/\d+/ }];
    const ended = await run('compare --device reference --seeds 1 --out found --json', { cwd, signals });
    assert.is(ended.code, 130, ended.stderr);
    assert.is(ended.stdout, '');
    assert.match(
      ended.stderr,
      / it evaluates 83 masks on 500 images of the search split and 2000 images of the test split\./,
    );
    // Nothing after it, not even that a search had ended.
    assert.match(ended.stderr, /\nInterrupted: nothing is written\. Interrupt again to end at once\.\n$/);
    assert.equal(await listing(cwd), []);
  }));

testRefusals({ command: 'compare', base: '--images 20' }, [
  ['--seeds 0', /--seeds is 0 but must be a whole number from 1/],
  ['--seeds 1.5', /--seeds is 1.5 but/],
  ['--seeds a', /--seeds is 'a' but must be a whole number from 1 to 1000; pass one such as 3\./],
  ['--seeds 1001', /--seeds is 1001 but must be a whole number from 1 to 1000;/],
  ['--seeds 1e9', /--seeds is 1e9 but must be a whole number from 1 to 1000;/],
  ['--population-size 1e9', /--population-size is 1e9 but must be a whole number from 1 to 10000;/],
  ['--seed 1', /--seed is not an option/],
  ['--mutation-rate 2', /--mutation-rate is 2 but must be between 0 and 1/],
  ['--elite-size 12', /--elite-size is 12 but/],
  ['--tournament-size 13', /--tournament-size is 13 but/],
  ['--iterations 0', /--iterations is 0 but/],
  ['--images 2001', /--images is 2001 but/],
]);

test.run();
