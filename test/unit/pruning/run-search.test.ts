import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadMnist, loadModel, referenceEngine } from '../../../src/node.ts';
import { parseRunOptions } from '../../../src/pruning/options/run.ts';
import { runSearch } from '../../../src/pruning/run-search.ts';
import { evaluatedImages, searchTask, unseenImages } from '../../../src/pruning/search-task.ts';
import { assertBadInput } from '../../helpers/bad-input.ts';

const model = await loadModel();
const splits = await loadMnist();
const task = (texts: Readonly<Record<string, string>>) =>
  searchTask(parseRunOptions(texts), splits, model.network);

test('texts become the options that they are, and nothing else is taken for one', async () => {
  assert.equal(parseRunOptions({ maxAccuracyDrop: '0.5', images: '20', layers: 'fc1, out', seed: '7' }), {
    maxAccuracyDrop: 0.5,
    images: 20,
    layers: ['fc1', 'out'],
    seed: '7',
  });
  await assertBadInput(() => parseRunOptions({ images: 'ten' }), /images is 'ten'/);
  await assertBadInput(() => parseRunOptions({ device: 'wasm' }), /no option device/);
  await assertBadInput(() => parseRunOptions({ toString: 'x' }), /no option toString/);
});

test('a task has its images, and those that it leaves', () => {
  const tuned = task({ images: '50' });
  assert.is(tuned.images.count, 50);
  assert.is(evaluatedImages(tuned).count, 40, 'the others are to choose by');
  assert.is(unseenImages(tuned, splits), splits.test);
  const paper = task({ images: '50', preset: 'paper' });
  assert.is(evaluatedImages(paper).count, 50);
  assert.is(unseenImages(task({ images: '50', split: 'test' }), splits), undefined);
  assert.is(unseenImages(task({ images: '50', split: 'all' }), splits), undefined);
});

test('a wrong option is found before there is a device', async () => {
  await assertBadInput(() => task({ images: '2001' }), /images is 2001/);
  await assertBadInput(() => task({ images: '4' }), /at least 5/);
  await assertBadInput(() => task({ iterations: '3' }), /iterations has no effect/);
  await assertBadInput(() => task({ targetSparsity: '1' }), /targetSparsity is 1/);
});

for (const texts of [
  { images: '20', evaluations: '20' },
  { images: '20', preset: 'paper', iterations: '3', lossToWarmup: '8' },
] as const) {
  test(`time at the gate does not count: ${JSON.stringify(texts)}`, async () => {
    const HELD = 400;
    let rounds = 0;
    const started = performance.now();
    const { seconds, result } = await runSearch(referenceEngine(), model, task(texts), {
      modelName: 'a model',
      gate: () => (rounds++ === 2 ? new Promise((resolve) => setTimeout(resolve, HELD)) : undefined),
    });
    const passed = performance.now() - started;
    assert.ok(result.completed && rounds > 3);
    assert.ok(passed - 1000 * seconds > 0.9 * HELD, `${seconds} s of ${passed} ms`);
  });

  test(`a model that classifies nothing is refused: ${JSON.stringify(texts)}`, async () => {
    const nothing = {
      ...model,
      parameters: model.parameters.map(({ weight, bias }) => ({
        weight: weight.map((_, i) => Math.sin(12.9898 * i) / 10),
        bias,
      })),
    };
    await assertBadInput(
      () => runSearch(referenceEngine(), nothing, task(texts), { modelName: 'noise' }),
      /the unpruned accuracy of noise is .* at least 50 % is needed/,
    );
  });
}

test.run();
