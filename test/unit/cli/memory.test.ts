/** `--memory`: what it takes, that evaluators share it, and that no result depends on it. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { byteSize } from '../../../src/pruning/options/kinds.ts';
import { withMemory } from '../../../src/engine/with-memory.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import { loadMnist, loadModel, referenceEngine } from '../../../src/node.ts';
import { runSearch } from '../../../src/pruning/search/run-search.ts';
import { searchTask } from '../../../src/pruning/task.ts';
import { assertRunsHere, testRefusals } from '../../helpers/cli.ts';
import { digitsFolder, readResult } from './files.ts';

const dir = await digitsFolder();

test('numbers of bytes have decimal or binary units', () => {
  const parse = (text: string) => byteSize('BYTES', '').parse(text, 'memory');
  const expected = {
    '512MB': 512e6,
    '2GB': 2e9,
    '1.5gib': 1.5 * 2 ** 30,
    '64 KiB': 65_536,
    '0': 0,
    '123b': 123,
  };
  for (const [text, bytes] of Object.entries(expected)) assert.is(parse(text), bytes, text);
});

testRefusals({ command: 'prune', base: '--images 20 --evaluations 10 --device reference' }, [
  ['--memory', /--memory has no value; pass BYTES/],
  ['--memory much', /--memory is 'much' but must be a number of bytes; pass one such as 512MB or 2GB/],
  ['--memory 2XB', /--memory is '2XB' but/],
  ['--memory -1', /--memory is '-1' but/],
  ['--memory 1e9', /--memory is '1e9' but/],
  ['--memory 99999999TB', /--memory is '99999999TB' but/],
]);

test('a search finds the same with hardly any memory, and computes more', async () => {
  const line = 'prune --data digits --device wasm --threads 1 --repair none --evaluations 80';
  await assertRunsHere(`${line} --out much --memory 1GB`, { cwd: dir });
  await assertRunsHere(`${line} --out little --memory 1`, { cwd: dir });
  const [much, little] = [await readResult(join(dir, 'much')), await readResult(join(dir, 'little'))];
  assert.is(little.digest, much.digest);
  assert.equal(little.test, much.test);
  assert.ok(little.work.macs > 1.2 * much.work.macs, `${little.work.macs} and ${much.work.macs}`);
});

test('the evaluators of a search share the memory of their engine', async () => {
  const given: number[] = [];
  const engine = referenceEngine();
  const counting: Engine = {
    ...engine,
    evaluator(model, images, options) {
      given.push(options!.memory!);
      return engine.evaluator(model, images, options);
    },
  };
  const model = await loadModel();
  const task = searchTask({ images: 20, evaluations: 12, repair: 'none' }, await loadMnist(), model);
  await runSearch(withMemory(counting, 1000), model, task, { modelName: 'a model' });
  assert.equal(given, [800, 200]);
});

test.run();
