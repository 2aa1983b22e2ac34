/** Networks that answer yes or no, or give numbers, from data to report: trained here on a small generated data set. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDataset } from '../../../src/formats/datasets/read.ts';
import { modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import type { Network } from '../../../src/network/network.ts';
import type { Task } from '../../../src/network/task.ts';
import type { PruneResult } from '../../../src/report/run/result.ts';
import { train } from '../../../src/train/train.ts';
import { assertRefusedHere, assertRunsHere, inFolder } from '../../helpers/cli.ts';
import { flat, full, stack } from '../../helpers/data/networks.ts';
import { npyFloats, npyWhole, npz } from '../../helpers/data/npy.ts';
import { generator } from '../../helpers/data/numbers.ts';

const COUNT = 240;
const SIDE = 4;

/** Images of two strengths in two places, and what there is to tell of each. */
const random = generator('tasks of the command line');
const strengths = Array.from({ length: COUNT }, () => [...random.floats(2)] as [number, number]);
const pixels = strengths.flatMap(([left, right]) =>
  Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 2 ? left : right) + 0.1 * random.floats(1)[0]!),
);
const x = npyFloats([COUNT, SIDE, SIDE], pixels);
const answers = npyWhole(
  [COUNT, 2],
  strengths.flatMap(([left, right]) => [Number(left > right), Number(left + right > 0)]),
);
const numbers = npyFloats(
  [COUNT],
  strengths.map(([left, right]) => left - 0.5 * right),
);

const withOutputs = (outputs: number) =>
  stack([1, SIDE, SIDE], flat, full('fc1', 10, 'tanh'), full('out', outputs));

interface Prepared {
  readonly task: Task;
  readonly network: Network;
  readonly arrays: Readonly<Record<string, Uint8Array>>;
}

/** Runs `action` in a folder with model.safetensors, trained, and data.npz. */
function prepared(
  { task, network, arrays }: Prepared,
  action: (cwd: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (cwd) => {
    const data = npz(arrays);
    const splits = await readDataset([{ name: 'data.npz', bytes: data }], { network, task });
    const { model } = await train(network, splits, {
      ...{ seed: '1', epochs: 60, batchSize: 20, learningRate: 0.02, task },
      normalization: { mean: 0, std: 1 },
    });
    await writeFile(join(cwd, 'data.npz'), data);
    await writeFile(join(cwd, 'model.safetensors'), modelToSafetensors(model));
    await action(cwd);
  });
}

const MODEL = '--model model.safetensors --data data.npz --device reference';
const prune = `prune ${MODEL} --evaluations 150 --out found`;

async function pruned(cwd: string, options = '') {
  const { stdout } = await assertRunsHere(`${prune}${options}`, { cwd });
  const result = JSON.parse(await readFile(join(cwd, 'found/result.json'), 'utf8')) as PruneResult;
  const html = await readFile(join(cwd, 'found/report.html'), 'utf8');
  return { stdout, result, html };
}

test('a network for two questions is pruned, with its accuracy and AUC before and after', () =>
  prepared({ task: 'binary', network: withOutputs(2), arrays: { x, y: answers } }, async (cwd) => {
    const { stdout, result, html } = await pruned(cwd);
    const { unpruned, pruned: after, auc } = result.test!;
    assert.is(result.task, 'binary');
    assert.ok(unpruned.accuracy! > 0.9 && after.accuracy! > 0.85, `${unpruned.accuracy} ${after.accuracy}`);
    assert.ok(auc!.unpruned > 0.95 && auc!.pruned > 0.9 && auc!.unpruned <= 1);
    assert.ok(result.final.sparsity.global > 0.1);
    assert.is(result.parameters['maxAccuracyDrop'], 1);
    assert.match(stdout, 'AUC, test ');
    for (const text of [stdout, html]) assert.match(text, auc!.pruned.toFixed(4));
    assert.match(html, 'Accuracy, test images');
    const teacher = /--targets is teacher but must be labels where the task of the network is binary;/;
    await assertRefusedHere(`${prune}2 --targets teacher`, teacher, { cwd });
    const inspected = await assertRunsHere('inspect model.safetensors', { cwd });
    assert.match(inspected.stdout, 'Task       binary: yes or no for each of 2');
  }));

test('a regression is pruned toward a rise of its loss, and nothing shows an accuracy', () =>
  prepared({ task: 'regression', network: withOutputs(1), arrays: { x, y: numbers } }, async (cwd) => {
    const { stdout, result, html } = await pruned(cwd, ' --max-loss-rise 20');
    const { validation, test: held } = result;
    assert.ok(validation!.unpruned.loss < 0.2, `trained to ${validation!.unpruned.loss}`);
    assert.ok(validation!.pruned.loss <= 1.2 * validation!.unpruned.loss);
    assert.ok(result.final.sparsity.global > 0.1, `${result.final.sparsity.global}`);
    assert.not.match(JSON.stringify(result), /"accuracy"|tradeOff/);
    for (const text of [stdout, html]) {
      assert.match(text, 'R²');
      assert.match(text, (1 - held!.pruned.loss).toFixed(4));
      assert.not.match(text.toLowerCase(), /accuracy(?! that)/);
      assert.not.match(text, 'NaN');
    }
    const evaluated = await assertRunsHere(`evaluate ${MODEL}`, { cwd });
    assert.match(evaluated.stdout, /^Loss {7}0\.\d+\nR² +0\.\d+\n/);
    const picked = await assertRunsHere('pick found --at rise=20 --out picked', { cwd });
    assert.match(picked.stdout, 'R², validation');
    await assertRefusedHere('pick found --at drop=1 --out other', /the network has no accuracy/, { cwd });
    await assertRefusedHere(
      `${prune}2 --max-accuracy-drop 2`,
      /--max-accuracy-drop has no effect on a network for regression/,
      { cwd },
    );
    await assertRefusedHere(`evaluate ${MODEL} --expect-accuracy 90`, /--expect-accuracy has no effect/, {
      cwd,
    });
    await assertRefusedHere(`compare ${MODEL} --preset tuned --out c`, /compared by their accuracy/, { cwd });
  }));

test('an autoencoder needs neither labels nor targets, and its goal is a rise of 5 %', () =>
  prepared({ task: 'regression', network: withOutputs(SIDE * SIDE), arrays: { x } }, async (cwd) => {
    const { result } = await pruned(cwd);
    assert.is(result.parameters['maxLossRise'], 5);
    const { unpruned, pruned: after } = result.validation!;
    assert.ok(unpruned.loss < 0.2 && after.loss <= 1.05 * unpruned.loss, `${unpruned.loss} ${after.loss}`);
    assert.ok(result.final.sparsity.global > 0);
  }));

test.run();
