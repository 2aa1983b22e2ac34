/** `masksearch prune --method ga --preset tuned`: that its files are those of a tuned run, and what `--pareto` adds. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertRunsHere, listing } from '../../helpers/cli.ts';
import { digitsFolder, readResult, readRows, TUNED_FILES } from './files.ts';

const dir = await digitsFolder();

for (const pareto of [false, true]) {
  test(`${pareto ? 'with' : 'without'} --pareto: the files of a tuned run, from which pick takes a point`, async () => {
    const out = pareto ? 'pareto' : 'population';
    const search =
      'prune --method ga --preset tuned --repair none --population-size 8 --evaluations 80 --max-loss-rise 50';
    const args = `${search} --data digits --device wasm --threads 1 --out ${out}${pareto ? ' --pareto' : ''}`;
    await assertRunsHere(args, { cwd: dir });
    const folder = join(dir, out);
    assert.equal(await listing(folder), TUNED_FILES);
    const { method, preset, parameters, front, hypervolume, validation, work } = await readResult(folder);
    assert.equal([method, preset, parameters['populationSize']], ['ga', 'tuned', 8]);
    assert.is(parameters['pareto'], pareto ? true : undefined);
    assert.ok(validation!.pruned.loss <= 1.5 * validation!.unpruned.loss);
    assert.ok(work.candidates <= 80 && work.rounds < 40, `${work.rounds} rounds`);
    const rows = await readRows(join(folder, 'history.csv'));
    assert.ok(rows.length > 5);
    const report = await readFile(join(folder, 'report.html'), 'utf8');
    assert.is(report.includes('Growth of the front'), pareto);
    assert.is(hypervolume !== undefined, pareto);
    if (hypervolume) {
      assert.ok(hypervolume.points.at(-1)!.value > hypervolume.points[0]!.value);
      assert.ok(hypervolume.points.every(({ value }) => value >= 0 && value <= 1));
    }
    const { sparsity } = front![0]!;
    const picked = `pick ${out} --at sparsity=${sparsity.global} --out ${out}-picked`;
    await assertRunsHere(picked, { cwd: dir });
  });
}

test.run();
