import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { classify } from '../../../../src/engine/reference/classify.ts';
import { referenceEngine } from '../../../../src/engine/reference/reference.ts';
import { loadMnist, loadModel, takeImages } from '../../../../src/node.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomMasks } from '../../../helpers/data/models.ts';

// Not a multiple of four, the images of a quad.
const IMAGES = 21;
const model = await loadModel();
const images = takeImages((await loadMnist()).test, IMAGES);

for (const [name, masks] of [
  ['all weights', undefined],
  ['half of the weights', randomMasks(model.network, 0.5, 'classify')],
] as const) {
  test(`probabilities under ${name} give the loss and the accuracy of the evaluator`, async () => {
    const classified = classify(model, images, masks);
    assert.is(classified.length, IMAGES);
    let loss = 0;
    let correct = 0;
    classified.forEach((probabilities, image) => {
      assert.is(probabilities.length, 10);
      const sum = probabilities.reduce((a, b) => a + b);
      assert.ok(Math.abs(sum - 1) < 1e-12, `${sum}`);
      const label = images.labels[image]!;
      loss -= Math.log(probabilities[label]!) / IMAGES;
      if (probabilities.indexOf(Math.max(...probabilities)) === label) correct++;
    });
    const evaluator = await referenceEngine().evaluator(model, images);
    const [told] = await evaluator.evaluate([{ masks: masks ?? randomMasks(model.network, 1, '') }]);
    assert.ok(told && !told.exceeded);
    // The evaluator rounds every image's loss to 2^-20.
    assert.ok(Math.abs(told.loss - loss) < 2 ** -20, `${told.loss}, ${loss}`);
    assert.is(correct / IMAGES, told.accuracy);
  });
}

test('outputs that are no scores of classes are refused', async () => {
  await assertBadInput(
    () => classify({ ...model, task: 'binary' }, images),
    /task is binary but must be classes/,
  );
});

test('images of another size are refused', async () => {
  await assertBadInput(() => classify(model, { ...images, width: 27 }), /28 x 27/);
});

test.run();
