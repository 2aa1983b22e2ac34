import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Sparsity } from '../../../src/core/mask.ts';
import { BUNDLED_MODEL } from '../../../src/node.ts';
import { assertRefusedHere, assertRuns, assertRunsHere, inFolder, listing } from '../../helpers/cli.ts';
import { changedMasks } from './files.ts';

interface Evaluated {
  readonly loss: number;
  readonly accuracy: number;
  readonly images: number;
  readonly sparsity: Sparsity;
  readonly device: Readonly<Record<string, string>>;
}

const evaluate = 'evaluate --images 30 --device reference';

async function evaluated(cwd: string, ...args: string[]): Promise<Evaluated> {
  const { stdout, stderr } = await assertRunsHere([...evaluate.split(' '), '--json', ...args], { cwd });
  assert.is(stderr, '');
  return JSON.parse(stdout) as Evaluated;
}

test('--json is one object with every field', async () => {
  const { stdout, stderr } = await assertRuns(`${evaluate} --json`);
  assert.is(stderr, '');
  const { loss, accuracy, images, sparsity, device, ...rest } = JSON.parse(stdout) as Evaluated;
  assert.equal(rest, {});
  assert.ok(loss > 0 && loss < 1);
  assert.ok(accuracy > 0.8 && accuracy <= 1);
  assert.is(images, 30);
  assert.equal(sparsity, { meanLayer: 0, global: 0, perLayer: [0, 0, 0, 0, 0] });
  assert.equal(Object.keys(device), ['kind', 'vendor', 'architecture', 'description']);
  assert.is(device['kind'], 'reference');
});

test('prints loss, accuracy, sparsity, images and device', async () => {
  const { stdout, stderr } = await assertRunsHere(`${evaluate} --split all`);
  assert.is(stderr, '');
  for (const line of [
    /^Loss +\d\.\d{4}$/m,
    /^Accuracy +\d+\.\d\d %$/m,
    /^Sparsity +0\.00 % .*0\.00 %/m,
    /^Images +30 of the all split$/m,
    /^Device +reference\b/m,
  ]) {
    assert.match(stdout, line);
  }
  assert.not.match(stdout, /NaN|undefined/);
});

test('the default is the bundled model without masks, on the test split', () =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, 'masks'), await changedMasks(() => undefined));
    const plain = await evaluated(cwd);
    assert.equal(await evaluated(cwd, '--model', BUNDLED_MODEL), plain);
    assert.equal(await evaluated(cwd, '--masks', 'masks'), plain);
    assert.equal(await evaluated(cwd, '--split', 'test'), plain);
    assert.is.not((await evaluated(cwd, '--split', 'search')).loss, plain.loss);
    assert.equal(await listing(cwd), ['masks']);
  }));

test('sparsity is that of the masks', () =>
  inFolder(async (cwd) => {
    const masks = await changedMasks((tensors) => {
      (tensors.get('conv1.weight')!.data as Uint8Array).fill(0, 0, 75);
      (tensors.get('out.weight')!.data as Uint8Array).fill(0);
    });
    await writeFile(join(cwd, 'masks'), masks);
    const { sparsity, loss } = await evaluated(cwd, '--masks', 'masks');
    assert.equal(sparsity.perLayer, [0.5, 0, 0, 0, 1]);
    assert.is(sparsity.global, (75 + 840) / 61_470);
    assert.ok(Math.abs(sparsity.meanLayer - 0.3) < 1e-12);
    // Without weights in the last layer the outputs are its biases.
    assert.ok(loss > 2 && loss < 3, `${loss}`);
  }));

test('--mean, --std and --scale replace the values in the file', () =>
  inFolder(async (cwd) => {
    const plain = await evaluated(cwd);
    assert.is.not((await evaluated(cwd, '--mean', '0.1')).loss, plain.loss);
    assert.is.not((await evaluated(cwd, '--std', '0.35')).loss, plain.loss);
    assert.is.not((await evaluated(cwd, '--scale', '0.0041')).loss, plain.loss);
  }));

test('a network that does little better than chance is warned about, unless its accuracy was expected', () =>
  inFolder(async (cwd) => {
    const wrong = `${evaluate} --mean 5`;
    const { stderr } = await assertRunsHere(wrong, { cwd });
    assert.match(
      stderr,
      /^Warning: the unpruned (accuracy|loss) of the bundled model is .*--mean.*order .*\.\n$/,
    );
    assert.is((await assertRunsHere(`${evaluate} --expect-accuracy 100`, { cwd })).stderr, '');
    const unexpected =
      /the unpruned accuracy of the bundled model is [\d.]+ %, but --expect-accuracy is 100; check/;
    await assertRefusedHere(`${wrong} --expect-accuracy 100`, unexpected, { cwd });
  }));

test.run();
