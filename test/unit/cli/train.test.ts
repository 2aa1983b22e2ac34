import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import { loadModel } from '../../../src/node.ts';
import type { Score } from '../../../src/search/contract.ts';
import { assertRuns, assertRunsHere, jsonOf, listing, runHere } from '../../helpers/cli.ts';
import { withDigits } from './files.ts';

interface Trained {
  readonly out: string;
  readonly seed: string;
  readonly epoch: number;
  readonly search: Score;
  readonly test: Score;
  readonly seconds: number;
}

const train = 'train --data digits --epochs 1';
const evaluate = 'evaluate --model model --data digits --device reference --json';

/** In a folder with 60 training images and 10 to test on. */
const inDigits = (action: (cwd: string) => Promise<void>) => withDigits(action, { training: 60, test: 10 });

test('writes a model that can be loaded, and prints its scores', () =>
  inDigits(async (cwd) => {
    const args = [...train.split(' '), '--out', 'my model.safetensors'];
    const { stdout, stderr } = await assertRuns(args, { cwd });
    assert.match(stderr, /\bepoch 1\/1\b/);
    assert.match(stdout, /search split/);
    assert.match(stdout, /test split/);
    assert.match(stdout, /wrote my model\.safetensors\n$/);
    assert.not.match(stdout + stderr, /undefined|NaN/);
    const { tensors } = await loadModel(join(cwd, 'my model.safetensors'));
    assert.is(tensors.get('conv1.weight')!.length, 150);
    const written = (await listing(cwd)).filter((path) => !path.startsWith('digits'));
    assert.equal(written, ['my model.safetensors']);
  }));

test('--json is one object, and evaluate agrees with it', () =>
  inDigits(async (cwd) => {
    const { stdout } = await assertRuns(`${train} --out model --json`, { cwd });
    const trained = JSON.parse(stdout) as Trained;
    assert.equal({ out: trained.out, epoch: trained.epoch }, { out: 'model', epoch: 1 });
    assert.type(trained.seed, 'string');
    assert.ok(trained.seconds > 0);
    for (const split of ['search', 'test'] as const) {
      const { loss, accuracy } = await jsonOf<Score>(`${evaluate} --split ${split}`, { cwd });
      assert.equal({ loss, accuracy }, trained[split]);
    }
  }));

test('the same seed gives the same bytes, another one others', () =>
  inDigits(async (cwd) => {
    const bytes = async (out: string, ...more: string[]) => {
      await assertRunsHere([...train.split(' '), '--epochs', '2', '--out', out, ...more], { cwd });
      return readFile(join(cwd, out));
    };
    const first = await bytes('first', '--seed', 'Grüße 🎈');
    assert.ok(first.equals(await bytes('second', '--seed', 'Grüße 🎈')));
    assert.not((await bytes('third', '--seed', 'Grüße')).equals(first));
  }));

for (const [network, weight] of [
  ['mlp', 'fc1.weight'],
  ['cnn', 'conv1.weight'],
  ['resnet', 'block1.shortcut.conv.weight'],
  ['dscnn', 'dw1.conv.weight'],
] as const) {
  test(`trains a ${network}, whose file has the options that repeat it`, () =>
    inDigits(async (cwd) => {
      const args = ['--network', network, '--json'];
      const trained = await jsonOf<Trained & { readonly network: string }>([...train.split(' '), ...args], {
        cwd,
      });
      assert.equal([trained.out, trained.network], [`${network}.safetensors`, network]);
      const file = join(cwd, trained.out);
      const { metadata, tensors } = decodeSafetensors(await readFile(file));
      assert.ok(tensors.has(weight));
      const again = ['train', '--data', 'digits', '--out', 'again', ...metadata.training!.split(' ')];
      await assertRunsHere(again, { cwd });
      assert.ok((await readFile(file)).equals(await readFile(join(cwd, 'again'))));
      const on = (device: string) =>
        jsonOf<Score>(`evaluate --model again --data digits --json --device ${device}`, { cwd });
      const [expected, found] = [await on('reference'), await on('wasm')];
      assert.equal(expected.accuracy, trained.test.accuracy);
      assert.ok(
        Math.abs(found.loss - expected.loss) < 1e-4 * expected.loss,
        `${found.loss}, ${expected.loss}`,
      );
    }));
}

test('activation, mean and std are in the file, so that no other command needs them', () =>
  inDigits(async (cwd) => {
    const given = '--activation tanh --mean 0.1307 --std .3081';
    const args = `${train} --out model ${given} --seed`.split(' ');
    await assertRunsHere([...args, 'it\'s; a "seed"'], { cwd });
    const { metadata } = decodeSafetensors(await readFile(join(cwd, 'model')));
    const { architecture, mean, std } = metadata;
    assert.equal({ mean, std }, { mean: '0.1307', std: '0.3081' });
    assert.match(architecture!, /"activation":"tanh"/);
    const plain = await assertRunsHere(evaluate, { cwd });
    assert.is((await runHere(`${evaluate} --mean 0.1307 --std .3081`, { cwd })).stdout, plain.stdout);
    assert.is.not((await runHere(`${evaluate} --mean 0.5`, { cwd })).stdout, plain.stdout);
  }));

for (const seed of ['7', 'two words', "it's $HOME"]) {
  test(`the file has the options that repeat the training, with the seed ${seed}`, () =>
    inDigits(async (cwd) => {
      const args = `${train} --out first --batch-size 7 --seed`.split(' ');
      await assertRunsHere([...args, seed], { cwd });
      const { training } = decodeSafetensors(await readFile(join(cwd, 'first'))).metadata;
      // As a shell would read it.
      const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${training}`], { encoding: 'utf8' });
      const options = stdout.trimEnd().split('\n');
      await assertRunsHere(['train', '--data', 'digits', '--out', 'second', ...options], { cwd });
      assert.ok((await readFile(join(cwd, 'first'))).equals(await readFile(join(cwd, 'second'))));
    }));
}

test('a learning rate at which the loss overflows is refused', () =>
  inDigits(async (cwd) => {
    const { code, stdout, stderr } = await runHere(`${train} --out model --learning-rate 1e300`, { cwd });
    assert.is(code, 2, stderr);
    assert.is(stdout, '');
    assert.match(stderr, /masksearch: [^\n]*--learning-rate [^\n]*1e\+?300\b[^\n]*; [^\n]*\.\n$/);
    assert.not((await listing(cwd)).includes('model'));
  }));

test('a batch size above the number of training images means all of them', () =>
  inDigits(async (cwd) => {
    await assertRunsHere(`${train} --out model --batch-size 1000000000`, { cwd });
    await loadModel(join(cwd, 'model'));
  }));

test.run();
