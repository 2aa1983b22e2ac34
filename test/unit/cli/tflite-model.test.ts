/** Commands on a model in a TFLite file, with data in a table. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromTflite } from '../../../src/formats/tflite/model.ts';
import { assertRefusedHere, assertRunsHere } from '../../helpers/cli.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { inFolder } from '../../helpers/in-folder.ts';
import { CODES, f32, i8, tflite } from '../../helpers/tflite/writer.ts';
import { readResult } from './files.ts';

const random = generator('tflite command');
const KINDS = ['ant', 'bee', 'cat'];

/** Eight features, sixteen hidden units of int8 weights, three classes. */
const MODEL = tflite({
  tensors: [
    { name: 'x', shape: [1, 8] },
    {
      ...{ name: 'hidden', shape: [16, 8], type: 'int8', scales: [0.02], zeroPoints: [0] },
      data: Int8Array.from({ length: 128 }, () => random.below(250) - 125),
    },
    { name: 'a', shape: [1, 16] },
    { name: 'out', shape: [3, 16], data: random.floats(48) },
    { name: 'scores', shape: [1, 3] },
    { name: 'shares', shape: [1, 3] },
  ],
  operators: [
    { code: CODES.FULLY_CONNECTED, inputs: [0, 1], outputs: [2], options: [i8(1)] },
    { code: CODES.FULLY_CONNECTED, inputs: [2, 3], outputs: [4], options: [i8(0)] },
    { code: CODES.SOFTMAX, inputs: [4], outputs: [5], options: [f32(1)] },
  ],
  outputs: [5],
});

const TABLE = [
  ['kind', ...Array.from({ length: 8 }, (_, i) => `feature ${i}`)],
  ...Array.from({ length: 90 }, (_, row) => [KINDS[row % 3], ...random.floats(8)]),
]
  .map((cells) => cells.join(';'))
  .join('\n');

const withFiles = (action: (cwd: string) => Promise<void>) =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, 'net.tflite'), MODEL);
    await writeFile(join(cwd, 'animals.csv'), TABLE);
    await action(cwd);
  });

const DATA = '--model net.tflite --data animals.csv --label-column kind';
const WARNING = /^Warning: 1 of the 2 parameters of the file are int8 and are computed with as the float32/m;

test('inspect and evaluate say what was assumed', () =>
  withFiles(async (cwd) => {
    const inspected = await assertRunsHere('inspect net.tflite', { cwd });
    assert.match(inspected.stderr, WARNING);
    assert.match(inspected.stdout, /classes: one of 3/);
    const { stdout, stderr } = await assertRunsHere(`evaluate ${DATA} --device wasm`, { cwd });
    assert.match(stderr, WARNING);
    assert.match(stderr, /alphabetical order: 0 "ant", 1 "bee", 2 "cat"/);
    assert.match(stdout, /45 of the test split/);
    await assertRefusedHere(
      'evaluate --data animals.csv --label-column species',
      /--label-column is species but must be a column of the table, "kind", "feature 0"/,
      { cwd },
    );
    await assertRefusedHere(
      'evaluate --label-column kind',
      /--label-column has no effect without a table of --data in CSV/,
      { cwd },
    );
  }));

test('prune and pick write the file that came, with zeros', () =>
  withFiles(async (cwd) => {
    const run = '--repair none --evaluations 60 --seed 1 --device wasm --threads 1 --target-sparsity 0.4';
    await assertRunsHere(`prune ${DATA} ${run} --out found`, { cwd });
    const written = new Uint8Array(await readFile(join(cwd, 'found', 'pruned.tflite')));
    assert.is(written.length, MODEL.length);
    const weights = ['hidden', 'out'].flatMap((name) => [...modelFromTflite(written).tensors.get(name)!]);
    const zeros = weights.filter((value) => value === 0).length;
    assert.is(zeros, Math.floor(0.4 * weights.length));
    const { classes } = (await readResult(join(cwd, 'found'))) as { classes?: { name: string }[] };
    if (classes)
      assert.equal(
        classes.map(({ name }) => name),
        KINDS,
      );
    assert.match(await readFile(join(cwd, 'found', 'report.html'), 'utf8'), /bee/);
    await assertRunsHere('pick found --at sparsity=0.3 --out picked', { cwd });
    const picked = new Uint8Array(await readFile(join(cwd, 'picked', 'pruned.tflite')));
    assert.is(picked.length, MODEL.length);
  }));

test.run();
