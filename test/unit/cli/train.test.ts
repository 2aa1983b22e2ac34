import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import { loadModel } from '../../../src/node.ts';
import { assertDone, inFolder, listing, run, runHere } from '../../helpers/cli.ts';
import { writeDigits } from './files.ts';

interface Trained {
  readonly out: string;
  readonly seed: string;
  readonly epoch: number;
  readonly search: { readonly loss: number; readonly accuracy: number };
  readonly test: { readonly loss: number; readonly accuracy: number };
  readonly seconds: number;
}

const train = ['train', '--data', 'digits', '--epochs', '1'];

const withDigits = (action: (cwd: string) => Promise<void>) =>
  inFolder(async (cwd) => {
    await writeDigits(join(cwd, 'digits'), { training: 60, test: 10 });
    await action(cwd);
  });

test('writes a model that can be loaded, and prints its scores', () =>
  withDigits(async (cwd) => {
    const { stdout, stderr, ...ended } = await run([...train, '--out', 'my model.safetensors'], { cwd });
    assertDone({ stdout, stderr, ...ended });
    assert.match(stderr, /\bepoch 1\/1\b/);
    assert.match(stdout, /search split/);
    assert.match(stdout, /test split/);
    assert.match(stdout, /wrote my model\.safetensors\n$/);
    assert.not.match(stdout + stderr, /undefined|NaN/);
    const { tensors } = await loadModel(join(cwd, 'my model.safetensors'));
    assert.is(tensors.get('conv1.weight')!.length, 150);
    assert.equal(
      (await listing(cwd)).filter((path) => !path.startsWith('digits')),
      ['my model.safetensors'],
    );
  }));

test('--json is one object, and evaluate agrees with it', () =>
  withDigits(async (cwd) => {
    const { stdout, stderr, ...ended } = await run([...train, '--out', 'model', '--json'], { cwd });
    assertDone({ stdout, stderr, ...ended });
    const trained = JSON.parse(stdout) as Trained;
    assert.equal({ out: trained.out, epoch: trained.epoch }, { out: 'model', epoch: 1 });
    assert.type(trained.seed, 'string');
    assert.ok(trained.seconds > 0);
    for (const split of ['search', 'test'] as const) {
      const args = [
        '--model',
        'model',
        '--data',
        'digits',
        '--split',
        split,
        '--device',
        'reference',
        '--json',
      ];
      const evaluated = await runHere(['evaluate', ...args], { cwd });
      assertDone(evaluated);
      const { loss, accuracy } = JSON.parse(evaluated.stdout) as Trained['test'];
      assert.equal({ loss, accuracy }, trained[split]);
    }
  }));

test('the same seed gives the same bytes, another one others', () =>
  withDigits(async (cwd) => {
    const bytes = async (out: string, ...more: string[]) => {
      assertDone(await runHere([...train, '--epochs', '2', '--out', out, ...more], { cwd }));
      return readFile(join(cwd, out));
    };
    const first = await bytes('first', '--seed', 'Grüße 🎈');
    assert.ok(first.equals(await bytes('second', '--seed', 'Grüße 🎈')));
    assert.not((await bytes('third', '--seed', 'Grüße')).equals(first));
  }));

test('activation, mean and std are in the file, so that no other command needs them', () =>
  withDigits(async (cwd) => {
    const given = ['--activation', 'tanh', '--mean', '0.1307', '--std', '.3081'];
    assertDone(await runHere([...train, '--out', 'model', ...given, '--seed', 'it\'s; a "seed"'], { cwd }));
    const { metadata } = decodeSafetensors(await readFile(join(cwd, 'model')));
    const { activation, mean, std } = metadata;
    assert.equal({ activation, mean, std }, { activation: 'tanh', mean: '0.1307', std: '0.3081' });
    const args = ['evaluate', '--model', 'model', '--data', 'digits', '--device', 'reference', '--json'];
    const plain = await runHere(args, { cwd });
    assertDone(plain);
    assert.is((await runHere([...args, ...given], { cwd })).stdout, plain.stdout);
    assert.is.not((await runHere([...args, '--activation', 'relu'], { cwd })).stdout, plain.stdout);
  }));

for (const seed of ['7', 'two words', "it's $HOME"]) {
  test(`the file has the options that repeat the training, with the seed ${seed}`, () =>
    withDigits(async (cwd) => {
      assertDone(await runHere([...train, '--out', 'first', '--seed', seed, '--batch-size', '7'], { cwd }));
      const { training } = decodeSafetensors(await readFile(join(cwd, 'first'))).metadata;
      // As a shell would read it.
      const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${training}`], { encoding: 'utf8' });
      const options = stdout.trimEnd().split('\n');
      assertDone(await runHere(['train', '--data', 'digits', '--out', 'second', ...options], { cwd }));
      assert.ok((await readFile(join(cwd, 'first'))).equals(await readFile(join(cwd, 'second'))));
    }));
}

test('a learning rate at which the loss overflows is refused', () =>
  withDigits(async (cwd) => {
    const args = [...train, '--out', 'model', '--learning-rate', '1e300'];
    const { code, stdout, stderr } = await runHere(args, { cwd });
    assert.is(code, 2, stderr);
    assert.is(stdout, '');
    assert.match(stderr, /masksearch: [^\n]*--learning-rate [^\n]*1e\+?300\b[^\n]*; [^\n]*\.\n$/);
    assert.not((await listing(cwd)).includes('model'));
  }));

test('a batch size above the number of training images means all of them', () =>
  withDigits(async (cwd) => {
    assertDone(await runHere([...train, '--out', 'model', '--batch-size', '1000000000'], { cwd }));
    await loadModel(join(cwd, 'model'));
  }));

test.run();
