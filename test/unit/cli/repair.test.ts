/** `masksearch repair`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isKept, maskFromBytes, type Masks } from '../../../src/core/mask.ts';
import { modelToOnnx } from '../../../src/formats/onnx/export/export.ts';
import { masksToSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { layersInFile, prunableWeights } from '../../../src/network/problem.ts';
import type { Model } from '../../../src/network/model.ts';
import { loadMasks, loadMasksRepair, loadModel } from '../../../src/node.ts';
import type { Score } from '../../../src/search/contract.ts';
import { assertRefusedHere, assertRunsHere, jsonOf, listing } from '../../helpers/cli.ts';
import { withDigits } from './files.ts';

interface Figures {
  readonly unpruned: Score;
  readonly frozen: Score;
  readonly repaired: Score;
  readonly sparsity: { readonly global: number };
  readonly calibration: number;
}

const model = await loadModel();
/** The largest tenth of the weights of each layer. */
const masks: Masks = prunableWeights(model).map((weights) => {
  const threshold = weights.map(Math.abs).sort()[Math.floor(0.9 * weights.length)]!;
  return maskFromBytes(Uint8Array.from(weights, (weight) => Number(Math.abs(weight) >= threshold)));
});

const inDigits = (action: (cwd: string) => Promise<void>) =>
  withDigits(
    async (cwd) => {
      await writeFile(join(cwd, 'masks.safetensors'), masksToSafetensors(masks, layersInFile(model)));
      await action(cwd);
    },
    { training: 250, test: 60 },
  );

const repair = 'repair --masks masks.safetensors --data digits --device wasm --threads 1';

function assertPruned({ tensors }: Model, given: Masks): void {
  prunableWeights({ network: model.network, tensors }).forEach((weights, layer) =>
    weights.forEach((weight, i) => assert.is(weight !== 0, isKept(given[layer]!, i), `${layer} ${i}`)),
  );
}

test('what is left classifies again, and the files hold it', () =>
  inDigits(async (cwd) => {
    const told = await jsonOf<Figures>(`${repair} --out found --json`, { cwd });
    assert.is(told.calibration, 200);
    assert.ok(Math.abs(told.sparsity.global - 0.9) < 0.01);
    assert.ok(told.frozen.accuracy! < told.unpruned.accuracy! - 0.2, 'the masks alone cost much');
    assert.ok(told.repaired.accuracy! > told.frozen.accuracy! + 0.1, 'which repair brings back');
    assert.ok(told.repaired.loss < told.frozen.loss);
    assert.equal(await listing(join(cwd, 'found')), ['masks.safetensors', 'pruned.safetensors']);
    assert.equal(await loadMasks(join(cwd, 'found/masks.safetensors'), model), masks);
    assertPruned(await loadModel(join(cwd, 'found/pruned.safetensors')), masks);

    const evaluate = 'evaluate --model found/pruned.safetensors --data digits --device wasm --json';
    const { loss, accuracy } = await jsonOf<Score>(evaluate, { cwd });
    assert.equal({ loss, accuracy }, told.repaired);
  }));

test('the same bits on any number of threads, and other weights from other images, a ridge, or biases alone', () =>
  inDigits(async (cwd) => {
    const weights = async (line: string) => {
      await assertRunsHere(`${line} --out found`, { cwd });
      return readFile(join(cwd, 'found/pruned.safetensors'));
    };
    const one = await weights(repair);
    assert.ok(one.equals(await weights(repair.replace('--threads 1', '--threads 2'))));
    for (const option of ['--calibration 100', '--ridge 0.1', '--repair bias', '--repair affine'])
      assert.not(one.equals(await weights(`${repair} ${option}`)), option);
  }));

test('a model that came as ONNX goes as ONNX', () =>
  inDigits(async (cwd) => {
    await writeFile(join(cwd, 'model.onnx'), modelToOnnx(model));
    await assertRunsHere(`${repair} --model model.onnx --out found`, { cwd });
    assert.equal(await listing(join(cwd, 'found')), ['masks.safetensors', 'pruned.onnx']);
    assertPruned(await loadModel(join(cwd, 'found/pruned.onnx')), masks);
  }));

test('the file of the masks says how the weights were repaired', () =>
  inDigits(async (cwd) => {
    const recordOf = async (options: string) => {
      await assertRunsHere(`${repair} ${options} --out found`, { cwd });
      return loadMasksRepair(join(cwd, 'found/masks.safetensors'));
    };
    assert.equal(await recordOf('--calibration 100'), {
      repair: 'least-squares',
      ridge: 0.001,
      calibration: 100,
    });
    assert.equal(await recordOf('--repair bias'), { repair: 'bias', ridge: undefined, calibration: 200 });
    assert.equal(await recordOf('--ridge auto'), {
      repair: 'least-squares',
      ridge: 'auto',
      calibration: 200,
    });
    assert.is(await loadMasksRepair(join(cwd, 'masks.safetensors')), undefined);
  }));

test('a ridge for each layer, told in the text and in JSON', () =>
  inDigits(async (cwd) => {
    const { stdout } = await assertRunsHere(`${repair} --ridge auto --out found`, { cwd });
    const { ridges } = await jsonOf<{ ridges: readonly number[] }>(
      `${repair} --ridge auto --out found --json`,
      { cwd },
    );
    assert.is(ridges.length, 5);
    assert.ok(
      ridges.every((ridge) => [0.0001, 0.001, 0.01, 0.1].includes(ridge)),
      ridges.join(),
    );
    assert.ok(stdout.includes(`Ridge      ${ridges.join(', ')}, by layer`), stdout);
    await assertRefusedHere(
      `${repair} --ridge auto --calibration 1`,
      /--ridge auto holds out some of the calibration images, and there is one/,
      { cwd },
    );
  }));

test('what cannot be repaired is refused', () =>
  inDigits(async (cwd) => {
    const refused = (line: string, pattern: RegExp) => assertRefusedHere(line, pattern, { cwd });
    await refused(
      'repair --data digits',
      /nothing is pruned, so there is nothing to repair; name masks by --masks/,
    );
    await refused(`${repair} --calibration 201`, /--calibration is 201 but must be at most 200/);
    await refused(`${repair} --ridge -1`, /--ridge is -1 but must be a number from 0/);
    for (const kind of ['bias', 'affine'])
      await refused(
        `${repair} --repair ${kind} --ridge 1`,
        new RegExp(
          `--ridge has no effect with --repair ${kind}; leave it out, or use --repair least-squares`,
        ),
      );
    await refused(`${repair} --repair all`, /--repair is all but must be one of bias, affine, least-squares/);
  }));

test.run();
