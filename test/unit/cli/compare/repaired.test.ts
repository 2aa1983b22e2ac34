/** `masksearch compare` with what repairs: baselines and searches. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TunedComparison } from '../../../../src/report/comparison/comparison.ts';
import type { PruneResult } from '../../../../src/report/run/result.ts';
import { TUNED_BASELINE_NAMES } from '../../../../src/report/text/words.ts';
import { assertRuns, inFolder } from '../../../helpers/cli.ts';
import { sample } from '../../../helpers/sample.ts';
import { digitsFolder } from '../files.ts';

const dir = await digitsFolder();
const compare =
  'compare --preset tuned --images 40 --evaluations 60 --device wasm --threads 1 --repair none --calibration 60';

const written = async (out: string) =>
  JSON.parse(await readFile(join(dir, out, 'compare.json'), 'utf8')) as TunedComparison;

// Minutes of processor time.
for (const seeds of sample(['1', ''], 2, 1).filter(Boolean)) {
  test('repaired baselines are in the tables, the files and the page', async () => {
    const args = `${compare} --data digits --seeds ${seeds} --random-search --out repaired`;
    const { stdout, stderr } = await assertRuns(args, { cwd: dir, timeout: 250 });
    const { runs, splits } = await written('repaired');
    assert.equal(
      runs[0]!.matched.map(({ baseline }) => baseline),
      [...TUNED_BASELINE_NAMES],
    );
    for (const { sparsity } of runs[0]!.matched)
      assert.ok(Math.abs(sparsity.global - runs[0]!.final.sparsity.global) < 1e-12);
    const ofRounds = splits[0]!.curves.filter(({ baseline }) => baseline === 'obs-rounds');
    assert.ok(ofRounds.length >= 6 && ofRounds.at(-1)!.sparsity.global > 0.95);
    for (const name of TUNED_BASELINE_NAMES) assert.match(stdout, new RegExp(`\\n${name} +[−+\\d]`));
    assert.match(stdout, /repair on 60\s+calibration images/);
    assert.match(stdout, /\nrepaired +0\.5 /);
    assert.match(stderr, /\nrepairing baselines: \S+-(repaired|rounds), \d+ of \d+/);
    const csv = await readFile(join(dir, 'repaired', 'compare.csv'), 'utf8');
    assert.match(csv, /\nmatched,0,sa,1,wanda-rounds,/);
    assert.match(csv, /\ncurve,0,,,random-repaired,0\.6,/);
    assert.match(await readFile(join(dir, 'repaired', 'compare.html'), 'utf8'), /Wanda, repaired in rounds/);
  });
}

test('a search that repairs is the one of prune, tested with the weights that it ships', () =>
  inFolder(async (cwd) => {
    const options =
      '--images 50 --evaluations 60 --calibration 100 --max-loss-rise 60 --device wasm --threads 2';
    const { stdout } = await assertRuns(
      `compare --preset tuned --baselines frozen --seeds 1 ${options} --out compared --json`,
      { cwd, timeout: 300 },
    );
    await assertRuns(`prune --seed 1 ${options} --out pruned`, { cwd, timeout: 300 });
    const [found] = (JSON.parse(stdout) as TunedComparison).runs;
    const alone = JSON.parse(await readFile(join(cwd, 'pruned/result.json'), 'utf8')) as PruneResult;
    assert.is(found!.digest, alone.digest);
    assert.equal(found!.test, alone.test!.pruned);
    assert.ok(found!.final.sparsity.global > 0.2);
  }));

test.run();
