import { RUN_FILES } from '../../../src/pruning/files/run-files.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PruneResult } from '../../../src/report/run/result.ts';
import { assertRuns, inFolder, listing, run } from '../../helpers/cli.ts';
import { PAPER_FILES, readRows, readTensors, withDigits } from './files.ts';

const ITERATIONS = 100_000;
/** Takes hours. */
const prune = `prune --preset paper --iterations ${ITERATIONS} --device reference --loss-to-warmup 50 --out found`;
/** The reference evaluates these for seconds. */
const LONG_TEST = { test: 800 };
const progress = /\bconv1 step \d+\/\d+/;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends a search with what it has found`, () =>
    withDigits(async (cwd) => {
      const ended = await run(`${prune} --data digits --json`, {
        cwd,
        signals: [{ after: progress, delay: 2000, signal }],
      });
      assert.is(ended.code, 130, ended.stderr);
      assert.ok(ended.seconds < 10, `took ${ended.seconds.toFixed(1)} s`);
      assert.match(ended.stderr, /\nInterrupted: .*\. Interrupt again to end at once\.\n/);
      assert.not.match(ended.stderr, /masksearch: |\n {4}at /);

      const text = await readFile(join(cwd, 'found', 'result.json'), 'utf8');
      assert.is(ended.stdout, text);
      const result = JSON.parse(text) as PruneResult;
      assert.is(result.completed, false);
      assert.equal(await listing(join(cwd, 'found')), PAPER_FILES);

      // The history is that of the steps that were taken, and the masks are the best found in them.
      const [, ...texts] = await readRows(join(cwd, 'found', 'history.csv'));
      assert.ok(texts.length >= 1 && texts.length < ITERATIONS, `${texts.length} steps`);
      const rows = texts.map((row) => row.map(Number));
      assert.ok(rows.every(([layer]) => layer === 0));
      assert.ok(rows.some(([, , , cost]) => cost === result.final.cost));
      const kept = (await readTensors(join(cwd, 'found', 'masks.safetensors'))).get('conv1.weight')!.data;
      assert.is([...kept].filter((bit) => bit === 1).length, result.layers[0]!.kept);
      assert.ok(result.layers.slice(1).every(({ weights, kept }) => weights === kept));
      assert.ok(result.layers[0]!.kept < 150);
    }));
}

test('SIGINT ends a tuned search with a result and a front', () =>
  withDigits(async (cwd) => {
    const args = 'prune --evaluations 1000000 --max-accuracy-drop 5 --data digits --device reference';
    const ended = await run(`${args} --out found --json`, {
      cwd,
      signals: [{ after: /\n\w+ {2}\d+\/1000000 evaluations/, delay: 1500 }],
    });
    assert.is(ended.code, 130, ended.stderr);
    assert.ok(ended.seconds < 10, `took ${ended.seconds.toFixed(1)} s`);
    assert.match(ended.stderr, /\nInterrupted: .*\. Interrupt again to end at once\.\n/);
    assert.not.match(ended.stderr, /masksearch: |\n {4}at /);
    assert.equal(await listing(join(cwd, 'found')), [...RUN_FILES].sort());

    const text = await readFile(join(cwd, 'found', 'result.json'), 'utf8');
    assert.is(ended.stdout, text);
    const result = JSON.parse(text) as PruneResult;
    assert.equal([result.completed, result.preset], [false, 'tuned']);
    assert.ok(result.work.candidates < 1_000_000);
    assert.is(result.front!.filter(({ final }) => final).length, 1);
    const masks = await readTensors(join(cwd, 'found', 'masks.safetensors'));
    for (const { name, kept } of result.layers) {
      assert.is([...masks.get(`${name}.weight`)!.data].filter((bit) => bit === 1).length, kept);
    }
    // The front can be picked from.
    const picked = await assertRuns('pick found --at loss=1000 --out picked --json', { cwd });
    const { zeros } = JSON.parse(picked.stdout) as { zeros: number };
    assert.is(zeros, result.front!.at(-1)!.zeros);
  }));

test('the summary of an interrupted search says that it was', () =>
  withDigits(async (cwd) => {
    const { code, stdout } = await run(`${prune} --data digits`, { cwd, signals: [{ after: progress }] });
    assert.is(code, 130);
    assert.match(stdout, /interrupted/);
    assert.match(stdout, /found\/report\.html/);
  }));

test('a second SIGINT ends a search at once', () =>
  inFolder(async (cwd) => {
    // The reference evaluates the bundled test images for seconds, during which the second signal comes.
    const ended = await run(`${prune} --images 20 --json`, {
      cwd,
      signals: [{ after: progress }, { after: /Interrupted/, delay: 300 }],
    });
    assert.is(ended.code, 130, ended.stderr);
    // Evaluating the test images would take longer, even on an idle machine.
    assert.ok(ended.seconds < 3, `took ${ended.seconds.toFixed(1)} s`);
    assert.is(ended.stdout, '');
    assert.not.match(ended.stderr, /\n {4}at /);
    // The masks are kept, without an evaluation.
    const kept = ['history.csv', 'masks.safetensors', 'pruned.safetensors'];
    assert.equal(await listing(join(cwd, 'found')), kept);
  }));

test('SIGINT after the search, while the result is evaluated, loses nothing', () =>
  withDigits(async (cwd) => {
    // A search of a second, then seconds on the test images.
    const args =
      'prune --preset paper --data digits --iterations 1 --images 20 --device reference --out found';
    const ended = await run(`${args} --layers out --loss-to-warmup 50 --json`, {
      cwd,
      signals: [{ after: /\bout step \d+\/\d+/, delay: 1500 }],
    });
    assert.ok([0, 130].includes(ended.code), ended.stderr);
    assert.equal(await listing(join(cwd, 'found')), PAPER_FILES);
    assert.is(ended.stdout, await readFile(join(cwd, 'found', 'result.json'), 'utf8'));
  }, LONG_TEST));

test('SIGINT during training ends it and writes nothing', () =>
  withDigits(async (cwd) => {
    const args = 'train --data digits --epochs 100000 --out model.safetensors --json';
    const ended = await run(args, { cwd, signals: [{ after: /\bepoch 1\/100000/, delay: 500 }] });
    assert.is(ended.code, 130, ended.stderr);
    assert.ok(ended.seconds < 5, `took ${ended.seconds.toFixed(1)} s`);
    assert.is(ended.stdout, '');
    assert.match(ended.stderr, /\nInterrupted\. Interrupt again to end at once\.\n/);
    assert.match(ended.stderr, /\nmasksearch: [^\n]*stopped in epoch \d+ of 100000; [^\n]*\.\n$/);
    assert.not.match(ended.stderr, /\n {4}at /);
    assert.ok((await listing(cwd)).every((path) => path.startsWith('digits')));
  }));

test.run();
