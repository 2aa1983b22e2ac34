/** `masksearch pick`: another point of a run's front. */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import {
  frontFromSafetensors,
  frontToSafetensors,
  masksFromSafetensors,
  masksToSafetensors,
} from '../../../src/formats/safetensors/masks.ts';
import { modelFromSafetensors, modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { BUNDLED_MODEL, loadModel } from '../../../src/node.ts';
import type { FrontPoint } from '../../../src/report/run/result.ts';
import {
  assertRefusedHere,
  assertRuns,
  assertRunsHere,
  inFolder,
  jsonOf,
  listing,
  runHere,
  testRefusals,
} from '../../helpers/cli.ts';
import type { Score } from '../../../src/search/contract.ts';
import { assertSameMasks } from '../../helpers/search/drive-search.ts';
import { asVersion1 } from '../pruning/files/version-1.ts';
import { changedModel, digitsFolder, readResult, readTensors } from './files.ts';

/** What is written without --export. */
const PICKED_FILES = ['masks.safetensors', 'pruned.safetensors'];

const dir = await digitsFolder();

const prune = 'prune --data digits --device wasm --threads 1 --repair none';
// A high loss gives a front with many points.
await assertRunsHere(`${prune} --evaluations 300 --max-loss 1.6 --importance none --out found`, { cwd: dir });

const model = await loadModel();
const { layers } = problemOf(model.network);
const result = await readResult(join(dir, 'found'));
const front = result.front!;
const bytes = await readFile(join(dir, 'found', 'front.safetensors'));
const masks = frontFromSafetensors(bytes, layers, front.length);

type Picked = FrontPoint & { point: number; out: string; run: string };

/** What `pick --at … --json` takes of a run in `cwd`. */
const pickedIn = (cwd: string, at: string, run = 'found') =>
  jsonOf<Picked>(`pick ${run} --at ${at} --out picked --json`, { cwd });
const picked = (at: string) => pickedIn(dir, at);

/** `action` in a folder with a copy of the run. */
const withCopy = (action: (cwd: string) => Promise<void>) =>
  inFolder(async (cwd) => {
    await cp(join(dir, 'found'), join(cwd, 'found'), { recursive: true });
    await action(cwd);
  });

test('the front has enough to choose from', () => {
  assert.ok(front.length >= 5, `${front.length} points`);
  assert.ok(front.some(({ final }) => !final));
});

test('masks and pruned model are those of the point, and nothing else is written', async () => {
  for (const [i, { sparsity }] of front.entries()) {
    const taken = await picked(`sparsity=${sparsity.global}`);
    const point = front[taken.point]!;
    assert.ok(taken.point >= i || point.sparsity.global === sparsity.global);
    assert.equal(await listing(join(dir, 'picked')), PICKED_FILES);
    const read = masksFromSafetensors(await readFile(join(dir, 'picked', 'masks.safetensors')), layers);
    assertSameMasks(read, masks[taken.point]!);
    const bytes = modelToSafetensors(applyMasks(model, masks[taken.point]!));
    assert.is(Buffer.compare(await readFile(join(dir, 'picked', 'pruned.safetensors')), bytes), 0);
    const weights = await readTensors(BUNDLED_MODEL);
    const product = await readTensors(join(dir, 'picked', 'pruned.safetensors'));
    const bits = await readTensors(join(dir, 'picked', 'masks.safetensors'));
    for (const [name, { data }] of weights) {
      const mask = bits.get(name)?.data;
      const expected = Float32Array.from(data, (value, at) => (mask?.[at] === 0 ? 0 : value));
      assert.equal(product.get(name)!.data, expected, name);
    }
  }
});

test('--json is the point as result.json has it, with its number, the run and the folder', async () => {
  const { run: from, point, out, ...rest } = await picked('sparsity=0');
  assert.equal([from, out], ['found', 'picked']);
  assert.equal(rest, front[point]!);
  const { stderr } = await runHere('pick found --at sparsity=0 --out picked --json', { cwd: dir });
  assert.is(stderr, '');
});

test('sparsity=S takes the lowest validation loss of those at least as sparse', async () => {
  const sparsities = front.map(({ sparsity }) => sparsity.global);
  for (const least of [0, ...sparsities, ...sparsities.slice(1).map((s, i) => (s + sparsities[i]!) / 2)]) {
    const { validation, sparsity } = await picked(`sparsity=${least.toFixed(17)}`);
    const allowed = front.filter((point) => point.sparsity.global >= Number(least.toFixed(17)));
    assert.ok(sparsity.global >= Number(least.toFixed(17)));
    assert.is(validation.loss, Math.min(...allowed.map((point) => point.validation.loss)));
  }
});

test('loss=L takes the sparsest of at most that validation loss', async () => {
  const losses = front.map(({ validation }) => validation.loss).sort((a, b) => a - b);
  for (const most of [...losses, 1000]) {
    const { validation, sparsity } = await picked(`loss=${most}`);
    assert.ok(validation.loss <= most);
    const allowed = front.filter((point) => point.validation.loss <= most);
    assert.is(sparsity.global, Math.max(...allowed.map((point) => point.sparsity.global)));
  }
});

test('drop=P takes the sparsest that loses at most so many points of accuracy on the validation images', () =>
  withCopy(async (cwd) => {
    // Drops of -0.5, 0, 1.5 and 0.4 points, then 7; as differences of fractions they are not exactly these.
    const accuracies = [0.975, 0.97, 0.955, 0.966];
    const changed = {
      ...result,
      validation: { ...result.validation!, unpruned: { ...result.validation!.unpruned, accuracy: 0.97 } },
      front: front.map((point, i) => ({
        ...point,
        validation: { ...point.validation, accuracy: accuracies[i] ?? 0.9 },
      })),
    };
    await writeFile(join(cwd, 'found', 'result.json'), JSON.stringify(changed));
    assert.ok(0.97 - 0.955 > 0.015);
    const assertPicks = async (points: Readonly<Record<string, number>>) => {
      for (const [at, point] of Object.entries(points)) assert.is((await pickedIn(cwd, at)).point, point, at);
    };
    const last = front.length - 1;
    await assertPicks({ 'drop=0': 1, 'drop=0.39': 1, 'drop=0.4': 3, 'drop=1.5': 3, 'drop=6.99': 3 });
    await assertPicks({ 'drop=7': last, 'drop=100': last });
    // If all sparser points lose more, a point is taken at exactly its own drop.
    changed.front.splice(3);
    const masksLeft = frontToSafetensors(masks.slice(0, 3), layers);
    await writeFile(join(cwd, 'found', 'front.safetensors'), masksLeft);
    await writeFile(join(cwd, 'found', 'result.json'), JSON.stringify(changed));
    await assertPicks({ 'drop=1.49': 1, 'drop=1.5': 2 });
  }));

test('a limit out of reach is answered with what can be picked, in its own unit', () =>
  withCopy(async (cwd) => {
    const accuracies = [0.955, 0.9535, 0.94];
    const losses = [0.20001, 0.25, 0.3];
    const { unpruned } = result.validation!;
    const changed = {
      ...result,
      validation: { ...result.validation!, unpruned: { ...unpruned, accuracy: 0.97, loss: 0.16 } },
      front: front.slice(0, 3).map((point, i) => ({
        ...point,
        sparsity: { ...point.sparsity, global: [0.1, 0.2, 0.56789][i] },
        validation: { ...point.validation, accuracy: accuracies[i], loss: losses[i] },
      })),
    };
    await writeFile(join(cwd, 'found', 'result.json'), JSON.stringify(changed));
    await writeFile(join(cwd, 'found', 'front.safetensors'), frontToSafetensors(masks.slice(0, 3), layers));
    const cases = {
      'drop=1': ['drops on the validation images go from 1.50 to 3.00 points', 'drop=1.50'],
      'rise=2': ['rises go from 25.01 to 87.50 %', 'rise=25.01'],
      'loss=0.1': ['validation losses go from 0.2001 to 0.3000', 'loss=0.2001'],
      'sparsity=0.9': ['as fractions sparsities go up to 0.5678', 'sparsity=0.5678'],
    } as const;
    for (const [at, [reached, least]] of Object.entries(cases)) {
      const said = `--at is ${at} but must be a point that the front reaches; ${reached}.`;
      const { stderr, code } = await runHere(`pick found --at ${at} --out picked`, { cwd });
      assert.equal([code, stderr], [2, `masksearch: ${said}\n`]);
      const { point } = await pickedIn(cwd, least);
      assert.is(point, at.startsWith('sparsity') ? 2 : 0, least);
    }
  }));

test('for people it prints the point beside the unpruned network', async () => {
  const { stdout } = await assertRunsHere('pick found --at loss=1000 --out told', { cwd: dir });
  const point = front.at(-1)!;
  const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;
  const lines = stdout.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
  const { validation, unpruned, test: tested } = result;
  assert.equal(lines.slice(0, 8), [
    'unpruned pruned',
    `accuracy, validation ${percent(validation!.unpruned.accuracy!)} ${percent(point.validation.accuracy!)}`,
    `loss, validation ${validation!.unpruned.loss.toFixed(4)} ${point.validation.loss.toFixed(4)}`,
    `loss, tuning ${unpruned.loss.toFixed(4)} ${point.tuning.loss.toFixed(4)}`,
    `accuracy, test ${percent(tested!.unpruned.accuracy!)} ${percent(point.test!.accuracy!)}`,
    `loss, test ${tested!.unpruned.loss.toFixed(4)} ${point.test!.loss.toFixed(4)}`,
    `sparsity, of all weights 0.00 % ${percent(point.sparsity.global)}`,
    `sparsity, mean over layers 0.00 % ${percent(point.sparsity.meanLayer)}`,
  ]);
  assert.is(lines[9], `Point ${front.length - 1} in front.csv, of ${front.length}; wrote told`);
});

test('pick reads a run of version 0.1 like one of this version', () =>
  inFolder(async (cwd) => {
    await cp(join(dir, 'found'), join(cwd, 'old'), { recursive: true });
    await writeFile(join(cwd, 'old', 'result.json'), JSON.stringify(asVersion1(result)));
    for (const at of ['sparsity=0', 'loss=1000', 'drop=100']) {
      const { run: from, ...expected } = await picked(at);
      assert.is(from, 'found');
      assert.equal(await pickedIn(cwd, at, 'old'), { run: 'old', ...expected });
      for (const file of PICKED_FILES) {
        const [old, now] = await Promise.all([cwd, dir].map((one) => readFile(join(one, 'picked', file))));
        assert.ok(old!.equals(now!), file);
      }
    }
    const told = await assertRunsHere('pick old --at loss=1000 --out picked', { cwd });
    assert.match(told.stdout, /^loss, validation +\d\.\d{4} +\d\.\d{4}$/m);
  }));

test('without --out it gets a folder of its own under runs/, and evaluate takes what it wrote', () =>
  inFolder(async (cwd) => {
    const ended = await assertRuns(['pick', join(dir, 'found'), '--at', 'sparsity=0'], { cwd });
    const [, folder] = /; wrote (runs\/[\w-]+-pick)\n$/.exec(ended.stdout)!;
    assert.equal(await listing(join(cwd, folder!)), PICKED_FILES);
    const masked = `evaluate --masks ${folder}/masks.safetensors --device wasm --json --data`;
    const { loss, accuracy } = await jsonOf<Score>([...masked.split(' '), join(dir, 'digits')], { cwd });
    const best = front.reduce((one, other) => (other.validation.loss < one.validation.loss ? other : one));
    assert.equal({ loss, accuracy }, best.test);
  }));

test('a run of another model needs that model', () =>
  inFolder(async (cwd) => {
    const own = modelFromSafetensors(
      await changedModel((tensors) => {
        const { data, ...tensor } = tensors.get('out.bias')!;
        tensors.set('out.bias', { ...tensor, data: Float32Array.from(data, (value) => value + 0.25) });
      }),
    );
    await writeFile(join(cwd, 'own.safetensors'), modelToSafetensors(own));
    const search =
      'prune --evaluations 30 --repair none --device wasm --model own.safetensors --out found --data';
    await assertRunsHere([...search.split(' '), join(dir, 'digits')], { cwd });
    // The model is found by the path that the run was given.
    await assertRunsHere('pick found --at sparsity=0 --out picked', { cwd });
    const pruned = await readTensors(join(cwd, 'picked', 'pruned.safetensors'));
    assert.equal(pruned.get('out.bias')!.data, own.tensors.get('out.bias'));

    const pick = 'pick found --at sparsity=0 --out other';
    await assertRefusedHere(
      [...pick.split(' '), '--model', BUNDLED_MODEL],
      /is not the model that was pruned in found; pass that one as --model, with the same --mean, --std, --scale and --task/,
      { cwd },
    );
    const renormalized = /own\.safetensors is not the model that was pruned in/;
    await assertRefusedHere(`${pick} --mean 0.5`, renormalized, { cwd });
    await rm(join(cwd, 'own.safetensors'));
    await assertRefusedHere(pick, /model file own\.safetensors does not exist/, { cwd });
    await writeFile(join(cwd, 'moved.safetensors'), modelToSafetensors(own));
    await assertRunsHere(`${pick} --model moved.safetensors`, { cwd });
  }));

testRefusals({ command: 'pick', cwd: dir }, [
  [[], /no run was named before the options; pass the folder of a run of prune first/],
  ['--at sparsity=0.5', /no run was named before the options; pass the folder/],
  [
    'found',
    /--at is not given but must be sparsity=S, loss=L, drop=P or rise=P; pass one such as sparsity=0\.8/,
  ],
  ['found --at', /--at has no value/],
  ['found --at 0.5', /--at is 0\.5 but must be sparsity=S, loss=L, drop=P or rise=P/],
  ['found --at sparsity=-1', /--at is sparsity=-1 but must be/],
  ['found --at sparsity=', /--at is sparsity= but must be/],
  ['found --at accuracy=1', /--at is accuracy=1 but must be/],
  ['found --at loss=1e-3', /--at is loss=1e-3 but must be/],
  [['found', '--at', 'sparsity=0.5 '], /--at is sparsity=0\.5 {2}?but must be/],
  [
    'found --at sparsity=80',
    /--at is sparsity=80 but must be a point that the front reaches; as fractions sparsities go up to 0\.\d{4}/,
  ],
  [
    'found --at loss=0.0001',
    /--at is loss=0\.0001 but must be .*; validation losses go from \d\.\d{4} to \d\.\d{4}/,
  ],
  ['found --at sparsity=0 stray', /'stray' is not an option/],
  ['found --at sparsity=0 --device wasm', /--device is not an option/],
  [
    'none --at sparsity=0',
    /result file none\/result\.json does not exist; name the folder of a run of prune/,
  ],
  ['digits --at sparsity=0', /result file digits\/result\.json does not exist/],
  // With another normalisation it is another model.
  [
    'found --at sparsity=0 --mean 0.5 --out picked',
    /the bundled model is not the model that was pruned in found; pass that one as --model/,
  ],
  ['found --at sparsity=0 --out found', /output folder found holds \S+, which is not of an earlier pick/],
]);

test('a run of the article’s search has nothing to pick from', async () => {
  const paper = '--preset paper --iterations 1 --loss-to-warmup 50 --layers out --out paper';
  await assertRunsHere(`${prune} ${paper}`, { cwd: dir });
  const pick = 'pick paper --at sparsity=0 --out new';
  await assertRefusedHere(pick, /the run in paper has no front; name a run of preset tuned/, { cwd: dir });
});

test('refuses files that do not belong together', () =>
  withCopy(async (cwd) => {
    const pick = 'pick found --at sparsity=0 --out picked';
    const file = join(cwd, 'found', 'front.safetensors');
    await writeFile(file, frontToSafetensors(masks.slice(1), layers));
    await assertRefusedHere(pick, /front\.safetensors: .*no tensor/, { cwd });
    await writeFile(file, masksToSafetensors(masks[0]!, layers));
    await assertRefusedHere(pick, /front\.safetensors: .*tensor "\w+\.weight"/, { cwd });
    await rm(file);
    await assertRefusedHere(pick, /front\.safetensors does not exist/, { cwd });
    await writeFile(join(cwd, 'found', 'result.json'), '{"front": [');
    const noJson = /found\/result\.json: it is no JSON; name the folder of a run of prune/;
    await assertRefusedHere(pick, noJson, { cwd });
  }));

test.run();
