import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LossSum } from '../../../src/kernels/softmax-cross-entropy.ts';
import type { BatchPlan } from '../../../src/engine/plan.ts';
import { referenceEngine } from '../../../src/engine/reference/engine.ts';
import { referenceEvaluator } from '../../../src/engine/reference/evaluator.ts';
import { StagedEvaluator, type StageRunner } from '../../../src/engine/staged-evaluator.ts';
import { takeImages } from '../../../src/data/dataset.ts';
import type { Masks } from '../../../src/search/mask.ts';
import { assertBadInput } from '../../helpers/bad-input.ts';
import { fullMasks, randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/models.ts';

const model = randomModel(tinyNetwork, 'model');
const images = randomImages(tinyNetwork, 9, 'images');

/** Records plans and fails on demand. */
class FakeRunner implements StageRunner {
  readonly images = 10;
  readonly largestBatch: number;
  readonly uploadedBytes = 0;
  readonly plans: BatchPlan[] = [];
  failing = false;

  constructor(largestBatch: number) {
    this.largestBatch = largestBatch;
  }

  run(plan: BatchPlan, batch: readonly Masks[]): Promise<readonly LossSum[]> {
    this.plans.push(plan);
    if (this.failing) return Promise.reject(new Error('broken'));
    return Promise.resolve(batch.map(() => ({ units: 2 ** 20, correct: 5 })));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

test('after a failed batch nothing is believed to be cached', async () => {
  const runner = new FakeRunner(10);
  const evaluator = new StagedEvaluator(tinyNetwork, runner);
  const current = fullMasks(tinyNetwork);
  const inLast = (seed: string) => ({ masks: current.with(3, randomMasks(tinyNetwork, 0.5, seed)[3]!) });
  await evaluator.evaluate([inLast('a')]);
  await evaluator.evaluate([inLast('b')]);
  await evaluator.evaluate([inLast('c')]);
  assert.is(runner.plans.at(-1)!.start, 3, 'the prefix is cached');
  runner.failing = true;
  await evaluator.evaluate([inLast('d')]).then(
    () => assert.unreachable(),
    () => undefined,
  );
  runner.failing = false;
  await evaluator.evaluate([inLast('e')]);
  assert.is(runner.plans.at(-1)!.start, 0);
  assert.is(runner.plans.at(-1)!.extend, undefined);
});

test('a batch beyond the limit is split, and every candidate is counted once', async () => {
  const runner = new FakeRunner(4);
  const evaluator = new StagedEvaluator(tinyNetwork, runner);
  const candidates = Array.from({ length: 10 }, (_, i) => ({ masks: randomMasks(tinyNetwork, 0.5, `${i}`) }));
  const evaluations = await evaluator.evaluate(candidates);
  assert.equal(evaluations, Array(10).fill({ exceeded: false, loss: 0.1, accuracy: 0.5 }));
  assert.is(runner.plans.length, 3);
  const { candidates: counted, imagesEvaluated, rounds } = evaluator.work;
  assert.equal({ counted, imagesEvaluated, rounds }, { counted: 10, imagesEvaluated: 100, rounds: 1 });
});

test('models and images that do not fit are refused', async () => {
  const parameters = (change: (layers: (typeof model.parameters)[number][]) => void) => {
    const changed = model.parameters.map((layer) => ({ ...layer }));
    change(changed);
    return { ...model, parameters: changed };
  };
  const bad = (layer: object) => parameters((layers) => (layers[1] = { ...layers[1]!, ...layer }));
  for (const [wrong, message] of [
    [parameters((layers) => layers.pop()), /parameters for 3 layers/],
    [bad({ weight: new Float32Array(3) }), /conv2 has 3 weights/],
    [bad({ bias: new Float32Array(6) }), /conv2 has 6 biases/],
    [bad({ bias: new Float32Array(5).fill(NaN) }), /conv2 has a parameter of NaN/],
    [bad({ bias: new Float32Array(5).fill(-(2 ** 51)) }), /conv2 has a parameter of -2251799813685248/],
    [{ ...model, normalization: { mean: 0, std: 0 } }, /std is 0/],
    [{ ...model, normalization: { mean: NaN, std: 1 } }, /mean is NaN/],
  ] as const) {
    await assertBadInput(() => referenceEvaluator(wrong, images), message);
  }
  for (const [wrong, message] of [
    [{ ...images, count: 0 }, /0 images/],
    [{ ...images, count: 2.5 }, /2.5 images/],
    [{ ...images, count: 10 }, /576 pixels and 9 labels for 10 images/],
    [{ ...images, height: 4 }, /1 x 4 x 8/],
    [{ ...images, labels: new Uint8Array(9).fill(4) }, /label of image 0 is 4/],
  ] as const) {
    await assertBadInput(() => referenceEvaluator(model, wrong), message);
  }
  for (const count of [0, -1, 1.5, 10, NaN])
    await assertBadInput(() => takeImages(images, count), /count is/);
});

test('masks with too few or too many words, or bits beyond the last weight, are refused', async () => {
  const evaluator = referenceEvaluator(model, images);
  const masks = fullMasks(tinyNetwork);
  const { length, words } = masks[0]!;
  for (const wrong of [words.slice(1), Uint32Array.of(...words, 0), words.with(-1, 0xffffffff)]) {
    const candidate = { masks: masks.with(0, { length, words: wrong }) };
    await assertBadInput(() => evaluator.evaluate([candidate]), /the mask of conv1 has \d words/);
  }
  await assertBadInput(() => evaluator.evaluate([{ masks: masks.slice(1) }]), /3 masks for 4/);
});

test('the reference engine closes its evaluators', async () => {
  const engine = referenceEngine();
  const evaluator = await engine.evaluator(model, images);
  await engine.close();
  await engine.close();
  for (const call of [
    () => evaluator.evaluate([{ masks: fullMasks(tinyNetwork) }]),
    () => evaluator.evaluate([]),
    () => engine.evaluator(model, images),
  ]) {
    const code = await call().then(
      () => 'resolved',
      (error: { code: string }) => error.code,
    );
    assert.is(code, 'closed');
  }
});

test.run();
