/** `masksearch sensitivity`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import { activation, conv2d, dense, flatten, sequential } from '../../../src/network/builder.ts';
import type { SensitivityResult } from '../../../src/report/sensitivity/result.ts';
import { assertRefusedHere, assertRunsHere, jsonOf, listing } from '../../helpers/cli.ts';
import { randomModel } from '../../helpers/data/models.ts';
import { readRows, withDigits } from './files.ts';

const command = 'sensitivity --data digits --device wasm --threads 1 --sparsities 0.5,0.9';
const FILES = ['sensitivity.csv', 'sensitivity.html', 'sensitivity.json'];

test('every layer alone is evaluated on tuning images, in three files and a text', () =>
  withDigits(
    async (cwd) => {
      const told = await jsonOf<SensitivityResult>(`${command} --out one --json`, { cwd });
      assert.is(told.images, 40, 'four fifths of the search split');
      assert.is(told.calibration, 200);
      assert.is(told.split, 'search');
      assert.equal(
        told.layers.map(({ name }) => name),
        ['conv1', 'conv2', 'fc1', 'fc2', 'out'],
      );
      for (const { points } of told.layers) {
        assert.equal(
          points.map(({ sparsity }) => sparsity),
          [0.5, 0.9],
        );
        assert.ok(points[1]!.repaired!.loss < points[1]!.frozen.loss, 'repair helps');
      }
      assert.equal(await listing(join(cwd, 'one')), FILES);
      assert.equal(JSON.parse(await readFile(join(cwd, 'one/sensitivity.json'), 'utf8')), told);
      assert.is((await readRows(join(cwd, 'one/sensitivity.csv'))).length, 2 + 5 * 2);

      // Written over by the same command alone.
      const { stdout, stderr } = await assertRunsHere(`${command} --repair none --split test --out one`, {
        cwd,
      });
      assert.match(stderr, /^Evaluating on 60 images of the test split on the processor/);
      assert.match(stdout, /^accuracy in % on 60 images of the test split, unpruned/);
      assert.match(stdout, /is the most sensitive layer.*\nFrom the most to the least sensitive at 50 %: /);
      assert.match(stdout, /\n\nReport {2}one\/sensitivity\.html\n$/);
      const frozen = JSON.parse(
        await readFile(join(cwd, 'one/sensitivity.json'), 'utf8'),
      ) as SensitivityResult;
      assert.is(frozen.calibration, undefined);
      assert.ok(frozen.layers.every(({ points }) => points.every(({ repaired }) => repaired === undefined)));
    },
    { training: 250, test: 60 },
  ));

/** Small, so that it takes little time. */
const small = sequential(
  [1, 28, 28],
  conv2d('conv', { outChannels: 3, kernel: 5, stride: 3 }),
  activation('relu', 'relu'),
  flatten('flat'),
  dense('out', { outputs: 10 }),
);

const inSmall = (action: (cwd: string) => Promise<void>) =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'small.safetensors'), modelToSafetensors(randomModel(small, 'small')));
    await action(cwd);
  });

test('the same figures on any number of threads, and others from other images or another ridge', () =>
  inSmall(async (cwd) => {
    const layers = async (line: string) =>
      (await jsonOf<SensitivityResult>(`${line} --model small.safetensors --out found --json`, { cwd }))
        .layers;
    const one = await layers(command);
    assert.equal(await layers(command.replace('--threads 1', '--threads 2')), one);
    for (const option of ['--images 20', '--calibration 50', '--ridge 10'])
      assert.not.equal(await layers(`${command} ${option}`), one, option);
  }));

test('wrong options are refused', () =>
  withDigits(async (cwd) => {
    const refused = (line: string, pattern: RegExp) => assertRefusedHere(line, pattern, { cwd });
    const run = 'sensitivity --data digits';
    await refused(
      `${run} --sparsities 50,90`,
      /--sparsities is 50 but must be fractions above 0 and at most 1; pass such as 0\.5,0\.9/,
    );
    await refused(`${run} --sparsities many`, /--sparsities is 'many' but must be a number/);
    await refused(`${run} --repair bias`, /--repair is bias but must be one of least-squares, none/);
    await refused(`${run} --images 33`, /--images is 33 but must be at most 32/);
    await refused(`${run} --calibration 161`, /--calibration is 161 but must be at most 160/);
    for (const option of ['--ridge 1', '--calibration 10'])
      await refused(`${run} --repair none ${option}`, /has no effect with --repair none/);
    await refused(`${run} --out digits`, /holds .*, which is not of an earlier sensitivity/);
  }));

test.run();
