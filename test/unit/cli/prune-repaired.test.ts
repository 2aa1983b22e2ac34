/** `masksearch prune` as it is by default: weights that stay are fitted, and all figures are of the files that it leaves. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PruneResult } from '../../../src/report/run/result.ts';
import type { Score } from '../../../src/search/contract.ts';
import {
  assertRuns,
  assertRunsHere,
  inFolder,
  jsonOf,
  listing,
  assertRefusedHere,
} from '../../helpers/cli.ts';
import { digitsFolder, readResult, readTensors, TUNED_FILES } from './files.ts';

const dir = await digitsFolder();
const prune = 'prune --data digits --device wasm --evaluations 150 --max-loss-rise 40 --repair least-squares';
const ended = await assertRuns(`${prune} --threads 1 --out found`, { cwd: dir });
const result = await readResult(join(dir, 'found'));

const evaluated = async (args: string): Promise<Score> => {
  const { loss, accuracy } = await jsonOf<Score>(`evaluate ${args} --data digits --device wasm --json`, {
    cwd: dir,
  });
  return { loss, accuracy };
};

test('figures are those of the pruned model that was written, and masks alone are another network', async () => {
  assert.equal(await listing(join(dir, 'found')), [...TUNED_FILES, 'front-weights.safetensors'].sort());
  assert.ok(result.final.sparsity.global > 0.2, `${result.final.sparsity.global}`);
  assert.equal(await evaluated('--model found/pruned.safetensors'), result.test!.pruned);
  assert.equal(await evaluated('--masks found/masks.safetensors'), result.test!.frozen);
  assert.not.equal(result.test!.frozen, result.test!.pruned);
  const pruned = await readTensors(join(dir, 'found/pruned.safetensors'));
  const zeros = result.layers.reduce((sum, { weights, kept }) => sum + weights - kept, 0);
  const stored = result.layers.map(({ name }) => pruned.get(`${name}.weight`)!.data as Float32Array);
  const found = stored.reduce((sum, values) => sum + values.filter((value) => value === 0).length, 0);
  assert.is(found, zeros);
});

test('the result, the summary and the report say how weights were repaired', async () => {
  const { repair, parameters } = result;
  assert.equal(
    [repair!.repair, repair!.split, parameters['repair']],
    ['least-squares', 'train', 'least-squares'],
  );
  const note =
    /The weights that stay were fitted by least squares on \d+ training images\. Masks alone are not enough: without these weights the accuracy is [\d.]+ % on the test images\./;
  assert.match(ended.stdout, note);
  assert.match((await readFile(join(dir, 'found/report.html'), 'utf8')).replace(/\s+/g, ' '), note);
  assert.not.ok('importance' in parameters);
});

test('pick takes the very weights of a point', async () => {
  const front = result.front!;
  assert.ok(front.length > 3);
  for (const at of ['sparsity=0.5', 'loss=100']) {
    const { point } = await jsonOf<{ point: number }>(`pick found --at ${at} --out picked --json`, {
      cwd: dir,
    });
    assert.equal(await evaluated('--model picked/pruned.safetensors'), front[point]!.test);
  }
});

test('masks say that they need repair', async () => {
  const { stderr } = await assertRunsHere(
    'evaluate --masks found/masks.safetensors --data digits --device wasm',
    { cwd: dir },
  );
  assert.match(stderr, /repair/);
});

test('any number of threads finds the same', () =>
  inFolder(async (cwd) => {
    const args = `${prune.replace('digits', join(dir, 'digits'))} --threads 3 --out again`;
    await assertRunsHere(args.split(' '), { cwd });
    const again: PruneResult = await readResult(join(cwd, 'again'));
    assert.equal([again.digest, again.test], [result.digest, result.test]);
    for (const name of ['pruned.safetensors', 'front-weights.safetensors', 'front.csv'])
      assert.ok(
        (await readFile(join(cwd, 'again', name))).equals(await readFile(join(dir, 'found', name))),
        name,
      );
  }));

test('options without effect are refused', async () => {
  await assertRefusedHere(
    'prune --preset paper --repair bias',
    /--repair is bias but must be none with preset paper/,
    {
      cwd: dir,
    },
  );
  for (const [args, expected] of [
    [
      '--importance wanda',
      /--importance has no effect where weights are repaired; leave it out, or add --repair none/,
    ],
  ] as const)
    await assertRefusedHere(`${prune} --out wrong ${args}`, expected, { cwd: dir });
});

test.run();
