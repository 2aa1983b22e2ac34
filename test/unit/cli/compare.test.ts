import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COMPARE_FILES } from '../../../src/cli/output-folder.ts';
import { BASELINE_NAMES, type Comparison } from '../../../src/report/comparison.ts';
import { BASELINES } from '../../../src/baselines/index.ts';
import type { PruneResult } from '../../../src/report/result.ts';
import { assertDone, assertRefusedHere, inFolder, listing, NO_SOFTWARE_GPU, run } from '../../helpers/cli.ts';
import { writeDigits } from './files.ts';

// 40 images to search with and 30 to test on.
const dir = mkdtempSync(join(tmpdir(), 'masksearch-compare-'));
const digits = join(dir, 'digits');
await writeDigits(digits);
test.after(() => rmSync(dir, { recursive: true }));

/** The caps are far above the loss of any model, however few the images. */
const small = ['--data', digits, '--device', 'wasm', '--threads', '1', '--loss-to-warmup', '50'];
const short = ['--iterations', '3', '--generations', '2', '--population-size', '5', '--seeds', '2'];
const env = NO_SOFTWARE_GPU;

const ended = await run(['compare', ...small, ...short, '--out', 'found', '--json'], { cwd: dir, env });
assertDone(ended);
const comparison = JSON.parse(ended.stdout) as Comparison;

test('leaves three files and nothing else, and prints compare.json', async () => {
  const found = join(dir, 'found');
  assert.equal(await listing(found), [...COMPARE_FILES].sort());
  assert.is(ended.stdout, await readFile(join(found, 'compare.json'), 'utf8'));
  assert.match(
    ended.stderr,
    /^Comparing on 40 images of the search split on the processor .*, as asked for\.\n/,
  );
  assert.match(ended.stderr, /\ngenetic algorithm, seed 2: /);
});

test('both searches ran with every seed, each as prune runs it', async () => {
  const { runs, seeds, heldOut, testImages } = comparison;
  assert.equal(seeds, ['1', '2']);
  assert.equal([heldOut, testImages], [true, 30]);
  assert.equal(
    runs.map(({ method, seed }) => `${method} ${seed}`),
    ['sa 1', 'sa 2', 'ga 1', 'ga 2'],
  );
  assert.is(new Set(runs.map(({ digest }) => digest)).size, 4);
  for (const [method, own] of [
    ['sa', ['--iterations', '3']],
    ['ga', ['--generations', '2', '--population-size', '5']],
  ] as const) {
    const out = `pruned-${method}`;
    const args = ['prune', '--method', method, '--seed', '2', ...small, ...own, '--out', out, '--json'];
    const single = await run(args, { cwd: dir, env });
    assertDone(single);
    const result = JSON.parse(single.stdout) as PruneResult;
    const compared = runs.find((one) => one.method === method && one.seed === '2')!;
    assert.is(compared.digest, result.digest);
    assert.equal(compared.final, result.final);
    assert.equal(compared.test, result.test!.pruned);
    assert.is(compared.tradeOff, result.tradeOff);
    assert.equal(compared.parameters, result.parameters);
    assert.equal(
      compared.kept,
      result.layers.map(({ kept }) => kept),
    );
    assert.equal(comparison.baseline, { search: result.baseline, test: result.test!.baseline });
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
  const { curves, matched, runs } = comparison;
  assert.equal([...BASELINES], [...BASELINE_NAMES]);
  assert.is(curves.length, 4 * 18);
  for (const name of BASELINE_NAMES) {
    const ofName = curves.filter(({ baseline }) => baseline === name);
    ofName.forEach(({ target, sparsity }, i) => {
      assert.is(target, (10 + 5 * i) / 100);
      assert.ok(Math.abs(sparsity.global - target) <= 0.51 / 61_470, `${name} at ${target}`);
    });
    assert.ok(ofName[0]!.test!.accuracy > ofName.at(-1)!.test!.accuracy, name);
    for (const { method, seed, final } of runs) {
      const point = matched.find(
        (one) => one.baseline === name && one.method === method && one.seed === seed,
      )!;
      assert.is(point.target, final.sparsity.global);
      assert.ok(Math.abs(point.sparsity.global - final.sparsity.global) < 1e-12);
    }
  }
  assert.is(matched.length, 4 * 4);
});

test('a search on the test images leaves no test figures', async () => {
  const args = ['compare', ...small, ...short, '--seeds', '1', '--split', 'test', '--out', 'seen', '--json'];
  const { stdout, ...seen } = await run(args, { cwd: dir, env });
  assertDone({ stdout, ...seen });
  const result = JSON.parse(stdout) as Comparison;
  assert.equal([result.heldOut, result.testImages, result.images], [false, 0, 30]);
  assert.not(stdout.includes('"test":'));
});

test('for people it prints a table and where the report is', async () => {
  const args = ['compare', ...small, ...short, '--seeds', '1', '--out', 'told'];
  const { stdout, ...told } = await run(args, { cwd: dir, env });
  assertDone({ stdout, ...told });
  for (const name of ['unpruned', 'SA', 'GA', ...BASELINE_NAMES]) assert.match(stdout, name);
  assert.match(stdout, /\nReport {2}told\/compare\.html\n$/);
  assert.ok(stdout.split('\n').every((line) => line.length <= 110));
});

for (const [args, pattern] of [
  [['--seeds', '0'], /--seeds is 0 but must be a whole number from 1/],
  [['--seeds', '1.5'], /--seeds is 1.5 but/],
  [['--seed', '1'], /--seed is not an option/],
  [['--mutation-rate', '2'], /--mutation-rate is 2 but must be between 0 and 1/],
  [['--elite-size', '12'], /--elite-size is 12 but/],
  [['--tournament-size', '13'], /--tournament-size is 13 but/],
  [['--iterations', '0'], /--iterations is 0 but/],
  [['--images', '2001'], /--images is 2001 but/],
] as const) {
  test(`refuses compare ${args.join(' ')}`, () =>
    inFolder((cwd) => assertRefusedHere(['compare', '--images', '20', ...args], pattern, { cwd })));
}

test.run();
