/** A model with zeros in it: they are counted as pruned, kept, and part of the masks that leave. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPruned, intersection, masksEqual } from '../../../src/core/mask.ts';
import { loadMasks, loadModel } from '../../../src/node.ts';
import { zerosAsMasks } from '../../../src/network/problem.ts';
import type { Sparsity } from '../../../src/core/mask.ts';
import { assertRefusedHere, assertRunsHere, jsonOf } from '../../helpers/cli.ts';
import { testWithShared } from '../../helpers/shared.ts';
import { changedModel, digitsFolder, readResult } from './files.ts';

const dir = await digitsFolder();
const prune =
  'prune --data digits --device wasm --threads 1 --model sparse.safetensors --evaluations 120 --out found';

/** Every second weight of fc1, 24,000 of 61,470, is 0. */
await writeFile(
  join(dir, 'sparse.safetensors'),
  await changedModel((tensors) => {
    const weight = tensors.get('fc1.weight')!;
    tensors.set('fc1.weight', {
      ...weight,
      data: (weight.data as Float32Array).map((w, i) => (i % 2 ? w : 0)),
    });
  }),
);

test('prune keeps the zeros of a model, and says how many there were', async () => {
  await assertRunsHere(prune, { cwd: dir });
  const result = await readResult(join(dir, 'found'));
  assert.is(result.alreadyPruned!.zeros, 24_000);
  const model = await loadModel(join(dir, 'sparse.safetensors'));
  const zeros = zerosAsMasks(model);
  const masks = await loadMasks(join(dir, 'found/masks.safetensors'), model);
  masks.forEach((mask, layer) => assert.ok(masksEqual(mask, intersection(mask, zeros[layer]!))));
  assert.is(result.final.sparsity.global, countPruned(masks) / 61_470);
  assert.ok(countPruned(masks) > 24_000);
  assert.match(
    await readFile(join(dir, 'found/report.html'), 'utf8'),
    /24,000\s+were 0 in the model already/,
  );
});

test('evaluate counts them too, under any masks', async () => {
  interface Evaluated {
    readonly sparsity: Sparsity;
    readonly alreadyPruned?: Sparsity;
  }
  const line = 'evaluate --json --data digits --device wasm --threads 1';
  const { sparsity, alreadyPruned } = await jsonOf<Evaluated>(`${line} --model sparse.safetensors`, {
    cwd: dir,
  });
  assert.equal(sparsity, alreadyPruned);
  assert.is(sparsity.perLayer[2], 0.5);
  assert.is(sparsity.global, 24_000 / 61_470);
  assert.is((await jsonOf<Evaluated>(line, { cwd: dir })).alreadyPruned, undefined);
});

testWithShared(
  'failing/lenet5-already-50pc-sparse.safetensors',
  'a target below the sparsity of a model is refused',
  (path) =>
    assertRefusedHere(
      `${prune} --model ${path} --pooling average --target-sparsity 0.4`,
      /--target-sparsity is 0.4 but must be above 0.5000: the model is that sparse already/,
      { cwd: dir },
    ),
);

testWithShared(
  'failing/flatten-rows-columns-channels.safetensors',
  'prune and evaluate warn of a network near chance, and name the order of its features',
  async (path) => {
    const given = `--model ${path} --pooling average --data digits --device wasm --threads 1`;
    const warning =
      /Warning: the unpruned accuracy of .*, less than twice .* pass --flatten rows-columns-channels\.\n/;
    for (const command of ['evaluate', 'prune --repair none --evaluations 10 --out near-chance']) {
      assert.match((await assertRunsHere(`${command} ${given}`, { cwd: dir })).stderr, warning);
      const read = `${command} ${given} --flatten rows-columns-channels`;
      assert.not.match((await assertRunsHere(read, { cwd: dir })).stderr, /Warning/);
    }
    assert.is((await readResult(join(dir, 'near-chance'))).reading!.flatten, 'rows-columns-channels');
  },
);

test.run();
