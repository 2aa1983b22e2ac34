import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskFromBytes, type Sparsity } from '../../../src/core/mask.ts';
import { masksToSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { layersInFile, prunableWeights } from '../../../src/network/problem.ts';
import { BUNDLED_MODEL, loadModel } from '../../../src/node.ts';
import { assertRefusedHere, assertRuns, assertRunsHere, inFolder, listing } from '../../helpers/cli.ts';
import { changedMasks, withDigits } from './files.ts';

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

/** The largest tenth of all weights of each layer, in a file that says that they need repair, and the repaired model. */
async function repairedMasks(cwd: string, options: string): Promise<void> {
  const model = await loadModel();
  const masks = prunableWeights(model).map((weights) => {
    const threshold = weights.map(Math.abs).sort()[Math.floor(0.9 * weights.length)]!;
    return maskFromBytes(Uint8Array.from(weights, (weight) => Number(Math.abs(weight) >= threshold)));
  });
  await writeFile(join(cwd, 'frozen.safetensors'), masksToSafetensors(masks, layersInFile(model)));
  await assertRunsHere(
    `repair --masks frozen.safetensors --data digits --device wasm --out found ${options}`,
    { cwd },
  );
}

const onDigits = 'evaluate --data digits --device wasm';

test('masks of a repaired network: a warning, or the repaired network', () =>
  withDigits(async (cwd) => {
    await repairedMasks(cwd, '--calibration 100');
    const masks = '--masks found/masks.safetensors';
    const json = async (options: string) => {
      const { stdout, stderr } = await assertRunsHere(`${onDigits} --json ${options}`, { cwd });
      return { told: JSON.parse(stdout) as Evaluated & Record<string, unknown>, stderr };
    };
    const without = await json('--masks frozen.safetensors');
    assert.is(without.stderr, '');
    const warned = await json(masks);
    assert.is(
      warned.stderr,
      'Warning: these masks were written with weights that were repaired (least-squares on 100 images), without which they are worth less: add --repair least-squares, or evaluate the repaired model.\n',
    );
    assert.equal(warned.told, without.told);
    assert.equal(await json(`${masks} --repair none`), without);

    const written = (await json('--model found/pruned.safetensors')).told;
    const after = await json(`${masks} --repair least-squares --calibration 100`);
    assert.is(after.stderr, '');
    assert.equal([after.told.loss, after.told.accuracy], [written.loss, written.accuracy]);
    assert.ok(after.told.loss < without.told.loss);
    assert.equal(after.told['frozen'], { loss: without.told.loss, accuracy: without.told.accuracy });
    assert.is(after.told['calibration'], 100);
    const other = (await json(`${masks} --repair affine`)).told;
    assert.ok(other.loss !== after.told.loss && other.loss < without.told.loss);

    const { stdout } = await assertRunsHere(`${onDigits} ${masks} --repair bias --calibration 100`, { cwd });
    assert.match(
      stdout,
      /^Repair +bias, on 100 calibration images; without it accuracy \d+\.\d\d %, loss \d\.\d{4}$/m,
    );
  }));

test('repair of nothing, and options without effect, are refused', () =>
  withDigits(async (cwd) => {
    const refused = (line: string, pattern: RegExp) =>
      assertRefusedHere(`${onDigits} ${line}`, pattern, { cwd });
    await refused('--repair bias', /nothing is pruned, so there is nothing to repair; name masks by --masks/);
    await refused(
      '--ridge 1',
      /--ridge has no effect with --repair none; leave it out, or use --repair least-squares/,
    );
    await refused('--repair none --calibration 5', /--calibration has no effect with --repair none/);
    await refused('--repair affine --ridge 1', /--ridge has no effect with --repair affine/);
    await refused('--repair all', /--repair is all but must be one of none, bias, affine, least-squares/);
    await refused('--repair least-squares --ridge some', /--ridge is 'some' but must be a number from 0/);
  }));

test.run();
