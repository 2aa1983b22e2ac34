/** `masksearch prune --targets teacher`: what it compares with, what it writes, and what stays by labels. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holdBack, takeImages, type ImageSet } from '../../../src/data/dataset.ts';
import { withTeacherTargets } from '../../../src/engine/teacher.ts';
import { masksFromSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { loadMnist, loadModel, openEngine } from '../../../src/node.ts';
import { evaluateEach } from '../../../src/pruning/evaluation/masks.ts';
import type { PruneResult } from '../../../src/report/run/result.ts';
import { fullMasks } from '../../../src/core/mask.ts';
import { assertRefusedHere, assertRunsHere } from '../../helpers/cli.ts';
import { digitsFolder, idxFiles, readResult } from './files.ts';

const cwd = await digitsFolder();

async function pruned(
  out: string,
  options: string,
  search = '--evaluations 250',
): Promise<{ result: PruneResult; stdout: string }> {
  const command = `prune --images 60 ${search} --repair none --device wasm ${options} --out ${out}`;
  const { stdout } = await assertRunsHere(command, { cwd });
  return { result: await readResult(join(cwd, out)), stdout };
}

const model = await loadModel();
const { layers } = problemOf(model.network);
const splits = await loadMnist();
const engine = await openEngine({ device: 'wasm', threads: 2 });
test.after(() => engine.close());

const { result, stdout } = await pruned('taught', '--targets teacher --threads 1');

test('losses on tuning and validation images are against the teacher, test figures and accuracies by labels', async () => {
  const masks = [
    fullMasks(layers),
    masksFromSafetensors(await readFile(join(cwd, 'taught/masks.safetensors')), layers),
  ];
  const scoresOn = (images: ImageSet) => evaluateEach(engine, model, images, masks);
  const images = takeImages(splits.search, 60);
  const { tuning, validation } = holdBack(await withTeacherTargets(engine, model, images));
  assert.equal(await scoresOn(tuning), [result.unpruned, scoreOf(result.final)]);
  const { unpruned, pruned: after } = result.validation!;
  assert.equal(await scoresOn(validation), [unpruned, after]);
  assert.equal(await scoresOn(splits.test), [result.test!.unpruned, result.test!.pruned]);
  const byLabels = await scoresOn(holdBack(images).tuning);
  assert.equal(
    byLabels.map(({ accuracy }) => accuracy),
    [result.unpruned.accuracy, result.final.accuracy],
  );
  assert.ok(Math.abs(byLabels[0]!.loss - result.unpruned.loss) > 0.001);
  assert.ok(result.final.sparsity.global > 0.1);
  const [final] = result.front!.filter((point) => point.final);
  assert.equal([final!.validation, final!.test], [after, result.test!.pruned]);
});

const scoreOf = ({ loss, accuracy }: PruneResult['final']) => ({ loss, accuracy });

test('the result says so, and labels leave no trace', async () => {
  assert.is(result.parameters['targets'], 'teacher');
  const note =
    /Losses on tuning and validation images are against the probabilities of the unpruned network, those on test images against the labels\./;
  assert.match(stdout, note);
  assert.match(await readFile(join(cwd, 'taught/report.html'), 'utf8'), note);
  const labelled = await pruned('labelled', '--targets labels --threads 1');
  const usual = await pruned('usual', '--threads 2');
  assert.equal(
    [labelled.result.digest, labelled.result.parameters],
    [usual.result.digest, usual.result.parameters],
  );
  assert.not('targets' in usual.result.parameters);
  assert.not.match(usual.stdout, /Targets/);
  assert.is.not(usual.result.digest, result.digest);
  assert.equal(usual.result.data, result.data, 'the same data');
});

test('the digest does not depend on threads or optimizations', async () => {
  const disable =
    'prefix-cache,reuse,zero-forward,early-rejection,highest-loss-first,skip-pruned,loss-limits,speculation';
  for (const [out, options] of [
    ['threads', '--threads 3'],
    ['plain', `--threads 2 --disable ${disable}`],
  ] as const) {
    const other = await pruned(out, `--targets teacher ${options}`);
    assert.is(other.result.digest, result.digest, options);
    assert.equal(other.result.validation, result.validation);
  }
});

test("the article's search takes it too", async () => {
  const { result: paper, stdout: text } = await pruned(
    'paper',
    '--targets teacher --threads 1',
    '--preset paper --iterations 5',
  );
  assert.is(paper.parameters['targets'], 'teacher');
  assert.match(text, /Losses on the images of the search are against/);
});

test('a largest loss below the entropy of the teacher is refused', () =>
  assertRefusedHere(
    'prune --images 60 --evaluations 250 --device wasm --targets teacher --max-loss 0.001 --out refused',
    /--max-loss is 0\.001, but the unpruned network has a loss of 0\.0\d+/,
    { cwd, announced: true },
  ));

test('a teacher needs no labels: those of the unpruned network take their place', async () => {
  await mkdir(join(cwd, 'images'));
  const files = Object.entries(await idxFiles()).filter(([name]) => name.includes('images'));
  for (const [name, bytes] of files) await writeFile(join(cwd, 'images', name), bytes);
  const command =
    'prune --data images --evaluations 100 --repair none --device wasm --threads 1 --out unlabelled';
  const { stderr } = await assertRunsHere(`${command} --targets teacher`, { cwd });
  assert.match(stderr, /The images have no labels: accuracies are shares of images on which .* agrees/);
  const own = await readResult(join(cwd, 'unlabelled'));
  assert.equal([own.unpruned.accuracy, own.test!.unpruned.accuracy], [1, 1]);
  assert.ok(own.final.sparsity.global > 0.1 && own.test!.pruned.accuracy! > 0.8);
  assert.ok(own.data!.notes!.some((note) => note.includes('no labels')));
  await assertRefusedHere(command, /no train labels beside it; add them, or prune without/, { cwd });
});

test.run();
