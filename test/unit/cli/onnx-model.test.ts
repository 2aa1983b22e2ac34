/** Commands on a model in an ONNX file. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelToOnnx } from '../../../src/formats/onnx/export/export.ts';
import { loadModel } from '../../../src/node.ts';
import { assertRefusedHere, assertRunsHere, listing } from '../../helpers/cli.ts';
import { readResult, withDigits } from './files.ts';

const prune = '--data digits --repair none --evaluations 40 --device wasm --threads 1';

/** Runs `action` in a folder with digits and the bundled network as model.onnx. */
const withOnnx = (action: (cwd: string) => Promise<void>) =>
  withDigits(
    async (cwd) => {
      await writeFile(join(cwd, 'model.onnx'), modelToOnnx(await loadModel()));
      await action(cwd);
    },
    { training: 60, test: 10 },
  );

test('what was said about the model is recorded, and pick reads it in the same way', () =>
  withOnnx(async (cwd) => {
    await assertRunsHere(`prune --model model.onnx ${prune} --mean 0.1 --std 0.25 --out found`, { cwd });
    const result = await readResult(join(cwd, 'found'));
    assert.equal(result.reading, { mean: 0.1, std: 0.25 });
    await assertRunsHere('pick found --at sparsity=0 --out picked', { cwd });
    await assertRefusedHere(
      'pick found --at sparsity=0 --mean 0.2 --out other',
      /model\.onnx is not the model that was pruned in found/,
      { cwd },
    );
    await assertRunsHere(`prune ${prune} --out bundled`, { cwd });
    assert.not('reading' in (await readResult(join(cwd, 'bundled'))));
  }));

test('a model is not overwritten by the files of its own run', () =>
  withOnnx(async (cwd) => {
    await assertRunsHere(`prune --model model.onnx ${prune} --out found`, { cwd });
    const before = await listing(join(cwd, 'found'));
    const holdsModel =
      /the output folder \S*found holds pruned\.onnx, which is read and would be overwritten; name a new/;
    for (const out of ['found', './found', join(cwd, 'found')])
      await assertRefusedHere(`prune --model found/pruned.onnx ${prune} --out ${out}`, holdsModel, { cwd });
    assert.equal(await listing(join(cwd, 'found')), before);

    await assertRunsHere('pick found --at sparsity=0 --out picked', { cwd });
    await copyFile(join(cwd, 'model.onnx'), join(cwd, 'picked', 'pruned.onnx'));
    await assertRefusedHere(
      'pick found --at sparsity=0 --model picked/pruned.onnx --out picked',
      /the output folder picked holds pruned\.onnx/,
      { cwd },
    );
    // Elsewhere a name is free.
    await assertRunsHere(`prune --model found/pruned.onnx ${prune} --out again`, { cwd });
  }));

test('a suspicion names the options that such a model has', () =>
  withOnnx(async (cwd) => {
    const { stderr } = await assertRunsHere(
      'evaluate --model model.onnx --data digits --device wasm --mean 40',
      {
        cwd,
      },
    );
    assert.match(
      stderr,
      /Warning: the unpruned accuracy of model\.onnx is .*: check --mean, --std and --scale, and that the data is what/,
    );
  }));

test.run();
