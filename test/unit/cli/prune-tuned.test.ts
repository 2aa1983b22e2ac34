/** `masksearch prune` with preset tuned and weights that stay as they are: its files, and that their contents are true. */
import { RUN_FILES } from '../../../src/pruning/files/run-files.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateEach } from '../../../src/pruning/evaluation/masks.ts';
import { holdBack, takeImages } from '../../../src/data/dataset.ts';
import { frontFromSafetensors, masksFromSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { deadOutputs } from '../../../src/network/dead-outputs.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { loadMnist, loadModel, openEngine } from '../../../src/node.ts';
import { frontCsv } from '../../../src/report/run/front-csv.ts';
import type { PruneResult } from '../../../src/report/run/result.ts';
import type { Score } from '../../../src/search/contract.ts';
import { countKept, fullMasks, sparsityOf, type Masks } from '../../../src/core/mask.ts';
import { assertSameMasks } from '../../helpers/search/drive-search.ts';
import {
  assertRefusedHere,
  assertRuns,
  assertRunsHere,
  inFolder,
  listing,
  type CommandLine,
} from '../../helpers/cli.ts';
import { without } from '../report/run/fake-result.ts';
import { digitsFolder, PAPER_FILES, TUNED_FILES, readResult, readRows } from './files.ts';

const WEIGHTS = 61_470;
const MACS = 416_520;

const dir = await digitsFolder();
const small = 'prune --data digits --device wasm --threads 1 --repair none';
const read = (out: string) => readResult(join(dir, out));

/** The result of `prune` on the small data folder. */
async function pruned(out: string, args: CommandLine): Promise<PruneResult> {
  const more = typeof args === 'string' ? args.split(' ') : args;
  await assertRunsHere([...small.split(' '), '--out', out, ...more], { cwd: dir });
  return read(out);
}

// The run that most tests look at, on the bundled digits, as a user starts it.
const first = await assertRuns(
  'prune --images 44 --evaluations 250 --max-accuracy-drop 3 --repair none --device wasm --json --threads 1 --out found',
  { cwd: dir },
);
const found = join(dir, 'found');
const result = await read('found');

const model = await loadModel();
const { layers } = problemOf(model.network);
const splits = await loadMnist();
const held = holdBack(takeImages(splits.search, 44));
const engine = await openEngine({ device: 'wasm', threads: 1 });
test.after(() => engine.close());

const masksOf = async (file: string) => masksFromSafetensors(await readFile(file), layers);
const frontOf = async (folder: string, count: number) =>
  frontFromSafetensors(await readFile(join(folder, 'front.safetensors')), layers, count);
const zerosOf = (masks: Masks) => masks.reduce((sum, mask) => sum + mask.length - countKept(mask), 0);

test('leaves seven files and nothing else, and prints result.json', async () => {
  assert.equal(await listing(found), TUNED_FILES);
  assert.equal(
    [...RUN_FILES].filter((name) => name !== 'pruned.onnx' && name !== 'front-weights.safetensors').sort(),
    TUNED_FILES,
  );
  assert.is(first.stdout, await readFile(join(found, 'result.json'), 'utf8'));
  assert.match(first.stderr, /^Searching with 44 images of the search split on the processor /);
  assert.match(first.stderr, /\n\w+ {2}\d+\/250 evaluations {2}accepted \d+ .* pruned {2}/);
  assert.not.match(first.stderr, /NaN|undefined|masksearch: /);
});

test('result.json has every field', () => {
  const { method, preset, model: name, seed, completed, split, heldOut, images, validation } = result;
  assert.equal(
    { method, preset, name, seed, completed, split, heldOut, images, of: validation!.images },
    {
      ...{ method: 'sa', preset: 'tuned', name: 'the bundled model', seed: '1', completed: true },
      ...{ split: 'search', heldOut: true, images: 35, of: 9 },
    },
  );
  assert.equal(result.parameters, {
    evaluations: 250,
    importance: 'magnitude',
    maxAccuracyDrop: 3,
    layers: 'conv1,conv2,fc1,fc2,out',
  });
  const scores = [result.unpruned, result.final, validation!.unpruned, validation!.pruned];
  for (const { loss, accuracy } of [...scores, result.test!.unpruned, result.test!.pruned]) {
    assert.ok(loss > 0 && accuracy! >= 0.5 && accuracy! <= 1, `${loss} ${accuracy}`);
  }
  assert.is(result.final.sparsity.global > 0.05, true);
  assert.match(result.digest, /^[0-9a-f]{64}$/);
  assert.is(
    result.tradeOff,
    (result.final.sparsity.meanLayer * result.test!.pruned.accuracy!) / result.test!.unpruned.accuracy!,
  );
});

test('the plain work is that of every candidate on the set of images that it was evaluated on', () => {
  const { work } = result;
  assert.ok(work.candidates >= 250 && work.candidates <= 260, `${work.candidates}`);
  // 35 images for each of the proposals, 9 for each validation.
  const lost = 35 * 250 - work.plainMacs / MACS;
  const validations = lost / (35 - 9);
  const isPossible = Number.isInteger(validations) && validations >= 10 && validations <= 66;
  assert.ok(isPossible, `${validations} validations`);
  assert.is(work.plainMacs, MACS * (35 * (250 - validations) + 9 * validations));
  assert.ok(work.macs > MACS * 35 && work.macs < work.plainMacs);
  assert.ok(work.imagesEvaluated <= work.plainMacs / MACS);
});

test('history.csv has two columns more, and leads to the result', async () => {
  const [header, ...texts] = await readRows(join(found, 'history.csv'));
  const names = 'layer,temperature,mutation_rate,cost,metrics,loss,sparsity,evaluation,global_sparsity';
  assert.is(header!.join(), names);
  const rows = texts.map((row) => row.map(Number));
  assert.ok(rows.length >= 10 && rows.every((row) => row.length === 9 && row.every(Number.isFinite)));
  const evaluations = rows.map((row) => row[7]!);
  assert.ok(evaluations.every((evaluation, i) => evaluation > (evaluations[i - 1] ?? 1) && evaluation < 250));
  const { loss, accuracy, sparsity } = result.final;
  const last = [accuracy, loss, sparsity.meanLayer, sparsity.global].join();
  assert.ok(rows.some((row) => [row[4], row[5], row[6], row[8]].join() === last));
});

test('front.csv, front.safetensors and result.json have the same points, by rising sparsity', async () => {
  const { front } = result;
  assert.ok(front!.length >= 2 && front!.length <= 42, `${front!.length} points`);
  assert.is(await readFile(join(found, 'front.csv'), 'utf8'), frontCsv(front!));
  const all = await frontOf(found, front!.length);
  front!.forEach(({ zeros, sparsity }, i) => {
    assert.is(zerosOf(all[i]!), zeros);
    assert.equal(sparsityOf(all[i]!), sparsity);
    assert.ok(i === 0 || front![i - 1]!.sparsity.global <= sparsity.global);
  });
  // No other point than the final one may be both sparser and of lower loss than another.
  const others = front!.filter(({ final }) => !final);
  others.forEach(({ tuning }, i) => assert.ok(i === 0 || others[i - 1]!.tuning.loss <= tuning.loss));
});

test('one point of the front is the result', async () => {
  const finals = result.front!.flatMap(({ final }, i) => (final ? [i] : []));
  assert.is(finals.length, 1);
  const point = result.front![finals[0]!]!;
  assert.equal(point.tuning, { loss: result.final.loss, accuracy: result.final.accuracy });
  assert.equal([point.validation, point.test], [result.validation!.pruned, result.test!.pruned]);
  assert.equal(point.sparsity, result.final.sparsity);
  const all = await frontOf(found, result.front!.length);
  assertSameMasks(all[finals[0]!]!, await masksOf(join(found, 'masks.safetensors')));
});

test('the losses of every point of the front are those of an evaluation, bit for bit', async () => {
  const all = await frontOf(found, result.front!.length);
  const [ofTuning, ofValidation, ofTest] = await Promise.all(
    [held.tuning, held.validation, splits.test].map((images) => evaluateEach(engine, model, images, all)),
  );
  const scores = all.map((_, i) => [ofTuning![i], ofValidation![i], ofTest![i]]);
  result.front!.forEach(({ tuning, validation, test }, i) =>
    assert.equal([tuning, validation, test], scores[i], `point ${i}`),
  );
});

test('the scores of the unpruned network and of the result are those of an evaluation, on each set of images', async () => {
  const masks = await masksOf(join(found, 'masks.safetensors'));
  const full = fullMasks(layers);
  const { unpruned, final, validation, test: evaluated } = result;
  for (const [images, before, after] of [
    [held.tuning, unpruned, { loss: final.loss, accuracy: final.accuracy }],
    [held.validation, validation!.unpruned, validation!.pruned],
    [splits.test, evaluated!.unpruned, evaluated!.pruned],
  ] as [typeof held.tuning, Score, Score][]) {
    assert.equal(await evaluateEach(engine, model, images, [full, masks]), [before, after]);
  }
});

test('dead outputs are those of the final masks', async () => {
  const masks = await masksOf(join(found, 'masks.safetensors'));
  assert.equal(result.deadOutputs, JSON.parse(JSON.stringify(deadOutputs(model.network, masks))));
  const units = result.deadOutputs!.map(({ layer, units }) => `${layer} ${units}`);
  assert.equal(units, ['conv1 6', 'conv2 16', 'fc1 120', 'fc2 84', 'out 10']);
});

test('the report has the front', async () => {
  const html = await readFile(join(found, 'report.html'), 'utf8');
  assert.match(html, '<h2>Sparsity against loss</h2>');
  assert.match(html, `All ${result.front!.length} states`);
  assert.not.match(html, /\bNaN\b|\bundefined\b/);
});

test('the summary has the validation images and how to pick', async () => {
  const args = `${small} --evaluations 300 --max-accuracy-drop 5 --out`.split(' ');
  const { stdout } = await assertRunsHere([...args, 'my runs/a'], { cwd: dir });
  const { front: { length: points } = [], digest } = await read('my runs/a');
  assert.ok(points > 1);
  assert.match(stdout, /^accuracy, tuning \(32 images\) .* %$/m);
  assert.match(stdout, /^accuracy, validation \(8 images\) .* %$/m);
  const front = new RegExp(`^Front +${points} points, for masksearch pick my runs/a --at …$`, 'm');
  assert.match(stdout, front);
  assert.ok(stdout.includes(digest));
});

test('the same seed gives the same result, whatever the threads; another one another', async () => {
  const one = await pruned('one', '--evaluations 120');
  const two = await pruned('two', '--evaluations 120 --threads 2 --seed 1');
  const same = (told: PruneResult) => ({ ...without(told, 'seconds', 'device'), work: told.work.plainMacs });
  assert.equal(same(two), same(one));
  for (const file of TUNED_FILES.filter((name) => name !== 'result.json' && name !== 'report.html')) {
    assert.ok((await readFile(join(dir, 'one', file))).equals(await readFile(join(dir, 'two', file))), file);
  }
  const other = await pruned('two', '--evaluations 120 --seed 2');
  assert.is.not(other.digest, one.digest);
});

test('--disable changes no result, and the result has the names', async () => {
  const args = ['--evaluations', '60', '--seed', 'disable'];
  const all = await pruned('all optimizations', args);
  const disable = ['--disable', 'speculation, skip-pruned,loss-limits'];
  const some = await pruned('some optimizations', [...args, ...disable]);
  assert.is(some.digest, all.digest);
  assert.equal([some.final, some.test], [all.final, all.test]);
  assert.is(all.parameters['disable'], undefined);
  assert.is(some.parameters['disable'], 'skip-pruned,loss-limits,speculation');
  assert.ok(all.work.skippedMacs > 0);
  assert.is(some.work.skippedMacs, 0);
});

for (const [share, zeros, importance, more] of [
  ['0.5', 30_735, 'magnitude', ''],
  ['0.123', 7561, 'magnitude', ''],
  ['0.97', 59_626, 'none', ' --importance none'],
  ['0.3', 18_441, 'wanda', ' --importance wanda --layers fc1,out'],
] as const) {
  test(`--target-sparsity ${share}${more} is met exactly`, async () => {
    const args = `--target-sparsity ${share} --evaluations 60${more}`;
    const { final, parameters, front } = await pruned('target', args);
    assert.is(zeros, Math.round(Number(share) * WEIGHTS));
    assert.is(zerosOf(await masksOf(join(dir, 'target', 'masks.safetensors'))), zeros);
    assert.is(final.sparsity.global, zeros / WEIGHTS);
    assert.is(parameters['targetSparsity'], Number(share));
    assert.is(parameters['maxAccuracyDrop'], undefined);
    assert.is(parameters['importance'], importance);
    assert.is(front!.find((point) => point.final)!.zeros, zeros);
  });
}

test('--max-loss is not exceeded on the validation images, and is the goal reported', async () => {
  const { validation, parameters, final } = await pruned('loss', '--max-loss 1.5 --evaluations 120');
  assert.ok(validation!.unpruned.loss < 1.5 && validation!.pruned.loss <= 1.5, `${validation!.pruned.loss}`);
  assert.ok(final.sparsity.global > 0.1);
  assert.equal([parameters['maxLoss'], parameters['maxAccuracyDrop']], [1.5, undefined]);
});

test('a goal below the loss of the unpruned network is refused, with both losses', () =>
  assertRefusedHere(
    `${small} --max-loss 0.001 --evaluations 20 --out none`,
    /--max-loss is 0\.001, but the unpruned network has a loss of 1\.\d+ on the validation images; .*--max-loss/,
    { cwd: dir, announced: true },
  ));

test('without a goal, the accuracy may drop by one point, and that is reported', async () => {
  const { parameters } = await pruned('goal', '--evaluations 20');
  assert.equal(parameters, {
    maxAccuracyDrop: 1,
    evaluations: 20,
    importance: 'magnitude',
    layers: 'conv1,conv2,fc1,fc2,out',
  });
});

test('--layers leaves all other layers alone', async () => {
  const args = ['--layers', ' out, fc1 ', '--evaluations', '60'];
  const { layers: some, parameters } = await pruned('layers', args);
  const isPruned = some.map(({ weights, kept }) => kept < weights);
  assert.equal(isPruned, [false, false, true, false, true]);
  assert.is(parameters['layers'], 'fc1,out');
});

test('--seconds ends a search by the clock, and the result has no number of evaluations', async () => {
  const timed = await pruned('timed', '--seconds 2');
  assert.ok(timed.seconds >= 1.9 && timed.seconds < 6, `${timed.seconds} s`);
  assert.is(timed.completed, true);
  assert.equal([timed.parameters['seconds'], timed.parameters['evaluations']], [2, undefined]);
  assert.ok(timed.work.candidates > 50 && timed.final.sparsity.global > 0);
});

test('--patience ends a search that finds nothing better any more', async () => {
  const long = await pruned('patience', '--evaluations 2000 --patience 100 --layers conv1');
  assert.is(long.completed, true);
  assert.is(long.parameters['patience'], 100);
  assert.ok(long.work.candidates >= 100 && long.work.candidates < 1900, `${long.work.candidates}`);
});

test('a search that has seen the test images has no test figures, not even of its front', async () => {
  const seen = await pruned('all', '--split all --evaluations 40');
  const { test: evaluated, heldOut, images, validation, front } = seen;
  assert.equal([evaluated, heldOut, images, validation!.images], [undefined, false, 184, 46]);
  assert.ok(front!.every((point) => point.test === undefined));
  const [, row] = await readRows(join(dir, 'all', 'front.csv'));
  assert.match(row!.join(), /,,,[01]$/);
});

test('the reference can search, too', async () => {
  const args = '--device reference --evaluations 40 --images 10';
  const { device, front, images } = await pruned('reference', args);
  assert.equal([device.kind, images], ['reference', 8]);
  assert.ok(front!.length >= 1);
});

test('a run of the article’s search removes the front of an earlier run, and the other way round', () =>
  inFolder(async (cwd) => {
    const data = ['--data', join(dir, 'digits'), '--out', 'found'];
    const into = async (args: string) => {
      await assertRunsHere(['prune', ...data, ...args.split(' ')], { cwd });
      return listing(join(cwd, 'found'));
    };
    const paper = '--preset paper --iterations 1 --loss-to-warmup 50 --layers out --device wasm --threads 1';
    const tuned = '--evaluations 20 --device wasm --threads 1 --repair none';
    assert.equal(await into(tuned), TUNED_FILES);
    assert.equal(await into(paper), PAPER_FILES);
    assert.equal(await into(tuned), TUNED_FILES);
  }));

test.run();
