/** `masksearch pick`: another point of a run's front. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PICK_FILES } from '../../../src/cli/output-folder.ts';
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
import type { FrontPoint, PruneResult } from '../../../src/report/run/result.ts';
import { assertDone, assertRefusedHere, inFolder, listing, run, runHere } from '../../helpers/cli.ts';
import { assertSameMasks } from '../../helpers/search/drive-search.ts';
import { asVersion1 } from '../pruning/files/version-1.ts';
import { changedModel, readTensors, writeDigits } from './files.ts';

const dir = mkdtempSync(join(tmpdir(), 'masksearch-pick-'));
await writeDigits(join(dir, 'digits'));
test.after(() => rmSync(dir, { recursive: true }));

const small = ['--data', 'digits', '--device', 'wasm', '--threads', '1'];
// A high loss gives a front with many points.
const tuned = ['--evaluations', '300', '--max-loss', '1.6', '--importance', 'none'];
assertDone(await runHere(['prune', ...small, ...tuned, '--out', 'found'], { cwd: dir }));

const model = await loadModel();
const { layers } = problemOf(model.network);
const resultFile = join(dir, 'found', 'result.json');
const result = JSON.parse(await readFile(resultFile, 'utf8')) as PruneResult;
const front = result.front!;
const masks = frontFromSafetensors(
  await readFile(join(dir, 'found', 'front.safetensors')),
  layers,
  front.length,
);

/** The output of `pick --at … --json`. */
async function picked(
  at: string,
  ...args: string[]
): Promise<FrontPoint & { point: number; out: string; run: string }> {
  const ended = await runHere(['pick', 'found', '--at', at, '--out', 'picked', '--json', ...args], {
    cwd: dir,
  });
  assertDone(ended);
  assert.is(ended.stderr, '');
  return JSON.parse(ended.stdout) as FrontPoint & { point: number; out: string; run: string };
}

test('the front has enough to choose from', () => {
  assert.ok(front.length >= 5, `${front.length} points`);
  assert.ok(front.some(({ final }) => !final));
});

test('masks and pruned model are those of the point, and nothing else is written', async () => {
  for (const [i, { sparsity }] of front.entries()) {
    const taken = await picked(`sparsity=${sparsity.global}`);
    const point = front[taken.point]!;
    assert.ok(taken.point >= i || point.sparsity.global === sparsity.global);
    assert.equal(await listing(join(dir, 'picked')), [...PICK_FILES].sort());
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
  inFolder(async (cwd) => {
    await cp(join(dir, 'found'), join(cwd, 'found'), { recursive: true });
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
    const last = front.length - 1;
    for (const [most, expected] of [
      ['0', 1],
      ['0.39', 1],
      ['0.4', 3],
      ['1.5', 3],
      ['6.99', 3],
      ['7', last],
      ['100', last],
    ] as const) {
      const ended = await runHere(['pick', 'found', '--at', `drop=${most}`, '--out', 'picked', '--json'], {
        cwd,
      });
      assertDone(ended);
      assert.is((JSON.parse(ended.stdout) as { point: number }).point, expected, `drop=${most}`);
    }
    // If all sparser points lose more, a point is taken at exactly its own drop.
    changed.front.splice(3);
    const masksLeft = frontToSafetensors(masks.slice(0, 3), layers);
    await writeFile(join(cwd, 'found', 'front.safetensors'), masksLeft);
    await writeFile(join(cwd, 'found', 'result.json'), JSON.stringify(changed));
    for (const [most, expected] of [
      ['1.49', 1],
      ['1.5', 2],
    ] as const) {
      const ended = await runHere(['pick', 'found', '--at', `drop=${most}`, '--out', 'picked', '--json'], {
        cwd,
      });
      assertDone(ended);
      assert.is((JSON.parse(ended.stdout) as { point: number }).point, expected, `drop=${most}`);
    }
  }));

test('for people it prints the point beside the unpruned network', async () => {
  const ended = await runHere(['pick', 'found', '--at', 'loss=1000', '--out', 'told'], { cwd: dir });
  assertDone(ended);
  const point = front.at(-1)!;
  const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;
  const lines = ended.stdout.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
  const { validation, unpruned, test: tested } = result;
  assert.equal(lines.slice(0, 8), [
    'unpruned pruned',
    `accuracy, validation ${percent(validation!.unpruned.accuracy)} ${percent(point.validation.accuracy)}`,
    `loss, validation ${validation!.unpruned.loss.toFixed(4)} ${point.validation.loss.toFixed(4)}`,
    `loss, tuning ${unpruned.loss.toFixed(4)} ${point.tuning.loss.toFixed(4)}`,
    `accuracy, test ${percent(tested!.unpruned.accuracy)} ${percent(point.test!.accuracy)}`,
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
      const ended = await runHere(['pick', 'old', '--at', at, '--out', 'picked', '--json'], { cwd });
      assertDone(ended);
      assert.equal(JSON.parse(ended.stdout), { run: 'old', ...expected });
      for (const file of PICK_FILES) {
        assert.ok(
          (await readFile(join(cwd, 'picked', file))).equals(await readFile(join(dir, 'picked', file))),
        );
      }
    }
    const told = await runHere(['pick', 'old', '--at', 'loss=1000', '--out', 'picked'], { cwd });
    assert.match(told.stdout, /^loss, validation +\d\.\d{4} +\d\.\d{4}$/m);
  }));

test('without --out it gets a folder of its own under runs/, and evaluate takes what it wrote', () =>
  inFolder(async (cwd) => {
    const ended = await run(['pick', join(dir, 'found'), '--at', 'sparsity=0'], { cwd });
    assertDone(ended);
    const [, folder] = /; wrote (runs\/[\w-]+-pick)\n$/.exec(ended.stdout)!;
    assert.equal(await listing(join(cwd, folder!)), [...PICK_FILES].sort());
    const masked = [
      'evaluate',
      '--data',
      join(dir, 'digits'),
      '--masks',
      join(folder!, 'masks.safetensors'),
      '--json',
    ];
    const told = await runHere([...masked, '--device', 'wasm'], { cwd });
    assertDone(told);
    const { loss, accuracy } = JSON.parse(told.stdout) as { loss: number; accuracy: number };
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
    const search = ['prune', '--data', join(dir, 'digits'), '--evaluations', '30', '--device', 'wasm'];
    assertDone(await runHere([...search, '--model', 'own.safetensors', '--out', 'found'], { cwd }));
    // The model is found by the path that the run was given.
    assertDone(await runHere(['pick', 'found', '--at', 'sparsity=0', '--out', 'picked'], { cwd }));
    const pruned = await readTensors(join(cwd, 'picked', 'pruned.safetensors'));
    assert.equal(pruned.get('out.bias')!.data, own.tensors.get('out.bias'));

    const pick = ['pick', 'found', '--at', 'sparsity=0', '--out', 'other'];
    await assertRefusedHere(
      [...pick, '--model', BUNDLED_MODEL],
      /is not the model that was pruned in found; pass that one as --model, with the same --activation/,
      { cwd },
    );
    await assertRefusedHere(
      [...pick, '--mean', '0.5'],
      /own\.safetensors is not the model that was pruned in/,
      { cwd },
    );
    await rm(join(cwd, 'own.safetensors'));
    await assertRefusedHere(pick, /model file own\.safetensors does not exist/, { cwd });
    await writeFile(join(cwd, 'moved.safetensors'), modelToSafetensors(own));
    assertDone(await runHere([...pick, '--model', 'moved.safetensors'], { cwd }));
  }));

test('the bundled model with another activation is another model', () =>
  inFolder(async (cwd) => {
    await cp(join(dir, 'found'), join(cwd, 'found'), { recursive: true });
    await assertRefusedHere(
      ['pick', 'found', '--at', 'sparsity=0', '--activation', 'relu', '--out', 'picked'],
      /the bundled model is not the model that was pruned in found; pass that one as --model/,
      { cwd },
    );
  }));

for (const [args, pattern] of [
  [[], /no run was named before the options; pass the folder of a run of prune first/],
  [['--at', 'sparsity=0.5'], /no run was named before the options; pass the folder/],
  [['found'], /--at is not given but must be sparsity=S, loss=L or drop=P; pass one such as sparsity=0\.8/],
  [['found', '--at'], /--at has no value/],
  [['found', '--at', '0.5'], /--at is 0\.5 but must be sparsity=S, loss=L or drop=P/],
  [['found', '--at', 'sparsity=-1'], /--at is sparsity=-1 but must be/],
  [['found', '--at', 'sparsity='], /--at is sparsity= but must be/],
  [['found', '--at', 'accuracy=1'], /--at is accuracy=1 but must be/],
  [['found', '--at', 'loss=1e-3'], /--at is loss=1e-3 but must be/],
  [['found', '--at', 'sparsity=0.5 '], /--at is sparsity=0\.5 {2}?but must be/],
  [
    ['found', '--at', 'sparsity=80'],
    /--at is sparsity=80 but must be a point that the front reaches; as fractions sparsities go up to 0\.\d{4}/,
  ],
  [
    ['found', '--at', 'loss=0.0001'],
    /--at is loss=0\.0001 but must be .*; .* losses from \d\.\d{4} to \d\.\d{4}/,
  ],
  [['found', '--at', 'sparsity=0', 'stray'], /'stray' is not an option/],
  [['found', '--at', 'sparsity=0', '--device', 'wasm'], /--device is not an option/],
  [
    ['none', '--at', 'sparsity=0'],
    /result file none\/result\.json does not exist; name the folder of a run of prune/,
  ],
  [['digits', '--at', 'sparsity=0'], /result file digits\/result\.json does not exist/],
] as const) {
  test(`refuses pick ${args.join(' ')}`, () =>
    assertRefusedHere(['pick', ...args, '--out', 'new'], pattern, { cwd: dir }));
}

test('a run of the article’s search has nothing to pick from', async () => {
  const paper = ['--preset', 'paper', '--iterations', '1', '--loss-to-warmup', '50', '--layers', 'out'];
  assertDone(await runHere(['prune', ...small, ...paper, '--out', 'paper'], { cwd: dir }));
  await assertRefusedHere(
    ['pick', 'paper', '--at', 'sparsity=0', '--out', 'new'],
    /the run in paper has no front; name a run of preset tuned/,
    { cwd: dir },
  );
});

test('refuses to write over a run', () =>
  assertRefusedHere(
    ['pick', 'found', '--at', 'sparsity=0', '--out', 'found'],
    /output folder found holds \S+, which is not of an earlier pick/,
    {
      cwd: dir,
    },
  ));

test('refuses files that do not belong together', () =>
  inFolder(async (cwd) => {
    const pick = ['pick', 'found', '--at', 'sparsity=0', '--out', 'picked'];
    const file = join(cwd, 'found', 'front.safetensors');
    await cp(join(dir, 'found'), join(cwd, 'found'), { recursive: true });
    await writeFile(file, frontToSafetensors(masks.slice(1), layers));
    await assertRefusedHere(pick, /front\.safetensors: .*no tensor/, { cwd });
    await writeFile(file, masksToSafetensors(masks[0]!, layers));
    await assertRefusedHere(pick, /front\.safetensors: .*tensor "\w+\.weight"/, { cwd });
    await rm(file);
    await assertRefusedHere(pick, /front\.safetensors does not exist/, { cwd });
    await writeFile(join(cwd, 'found', 'result.json'), '{"front": [');
    await assertRefusedHere(pick, /found\/result\.json: it is no JSON; name the folder of a run of prune/, {
      cwd,
    });
  }));

test.run();
