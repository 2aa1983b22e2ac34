/** `--export onnx` of `prune`, `pick` and `train`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelToOnnx } from '../../../src/formats/onnx/export/export.ts';
import { modelFromOnnx } from '../../../src/formats/onnx/model.ts';
import { loadModel } from '../../../src/node.ts';
import { assertRefusedHere, assertRunsHere, jsonOf, listing } from '../../helpers/cli.ts';
import { TUNED_FILES, withDigits } from './files.ts';

const inDigits = (action: (cwd: string) => Promise<void>) => withDigits(action, { training: 60, test: 10 });
const prune = 'prune --data digits --evaluations 40 --repair none --device wasm --threads 1 --out found';
const EXPORTED = 'pruned.onnx';

/** That FOLDER/pruned.onnx is FOLDER/pruned.safetensors, weight for weight. */
async function assertSameModel(folder: string): Promise<void> {
  const saved = await loadModel(join(folder, 'pruned.safetensors'));
  const bytes = await readFile(join(folder, EXPORTED));
  assert.ok(bytes.equals(modelToOnnx(saved)));
  const exported = modelFromOnnx(bytes);
  assert.equal(exported.normalization, saved.normalization);
  for (const [name, values] of saved.tensors) assert.equal(exported.tensors.get(name), values, name);
  assert.ok([...saved.tensors.values()].some((values) => values.includes(0)));
}

test('prune and pick write the pruned model as ONNX, and what is not asked for again goes away', () =>
  inDigits(async (cwd) => {
    await assertRunsHere(`${prune} --export onnx`, { cwd });
    assert.equal(await listing(join(cwd, 'found')), [...TUNED_FILES, EXPORTED].sort());
    await assertSameModel(join(cwd, 'found'));

    const pick = 'pick found --at sparsity=0.05 --out picked';
    await assertRunsHere(`${pick} --export onnx`, { cwd });
    assert.equal(await listing(join(cwd, 'picked')), ['masks.safetensors', EXPORTED, 'pruned.safetensors']);
    await assertSameModel(join(cwd, 'picked'));

    for (const [line, folder] of [
      [pick, 'picked'],
      [prune, 'found'],
    ] as const) {
      await assertRunsHere(line, { cwd });
      assert.not((await listing(join(cwd, folder))).includes(EXPORTED), line);
    }
  }));

test('train writes NAME.onnx beside NAME.safetensors', () =>
  inDigits(async (cwd) => {
    const train = 'train --data digits --epochs 1 --network mlp';
    const { stdout } = await assertRunsHere(`${train} --export onnx`, { cwd });
    assert.match(stdout, /; wrote mlp\.safetensors and mlp\.onnx\n$/);
    const exported = await readFile(join(cwd, 'mlp.onnx'));
    assert.ok(exported.equals(modelToOnnx(await loadModel(join(cwd, 'mlp.safetensors')))));
    // Without the ending there is none to replace.
    const told = await jsonOf<{ exported?: string }>(`${train} --out other --export onnx --json`, { cwd });
    assert.is(told.exported, 'other.onnx');
    assert.ok((await readFile(join(cwd, 'other.onnx'))).equals(exported));
  }));

test('only known formats are written', () =>
  inDigits(async (cwd) => {
    await assertRefusedHere(`${prune} --export tflite`, /--export is tflite but must be one of onnx;/, {
      cwd,
    });
    assert.equal(
      (await listing(cwd)).filter((path) => !path.startsWith('digits')),
      [],
    );
  }));

test.run();
