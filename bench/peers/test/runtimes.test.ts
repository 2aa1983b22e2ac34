import { memory } from '@tensorflow/tfjs-core';
import {
  fullMasks,
  problemOf,
  referenceEngine,
  takeImages,
  type Activation,
  type Evaluation,
  type Masks,
  type Model,
} from 'masksearch';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OptimizedEvaluator } from '../src/optimized-evaluator.ts';
import { allImages, normalized } from '../src/digits.ts';
import { OnnxRuntime } from '../src/onnx/runtime.ts';
import { PlainEvaluator } from '../src/plain-evaluator.ts';
import { fallingMasks, randomModel } from '../src/random.ts';
import type { Runtime } from '../src/runtime.ts';
import { TfjsRuntime } from '../src/tfjs/runtime.ts';

const RUNTIMES: Readonly<Record<string, (model: Model) => Promise<Runtime<unknown>>>> = {
  onnxruntime: (model) => OnnxRuntime.open(model, 2),
  'tfjs-wasm': (model) => TfjsRuntime.open(model),
};

const ACTIVATIONS: readonly Activation[] = ['sigmoid', 'tanh', 'relu', 'none'];
const images = takeImages(await allImages(), 40);
const { layers } = problemOf(randomModel('sigmoid').network);

/** The unmasked network, then three proposals of each layer in turn, the second of which is accepted. */
function layerwise(): readonly Masks[] {
  const proposals = fallingMasks(layers, 15, [0.9, 0.3]);
  const candidates = [fullMasks(layers)];
  let current = candidates[0]!;
  proposals.forEach((masks, i) => {
    const layer = Math.floor(i / 3);
    const candidate = current.with(layer, masks[layer]!);
    candidates.push(candidate);
    if (i % 3 === 1) current = candidate;
  });
  return candidates;
}

function assertClose(actual: Evaluation, expected: Evaluation, what: string): void {
  assert.ok(!actual.exceeded && !expected.exceeded, what);
  const difference = Math.abs(actual.loss / expected.loss - 1);
  assert.ok(difference < 1e-6, `${what}: loss ${actual.loss}, expected ${expected.loss}`);
  assert.is(actual.accuracy, expected.accuracy, what);
}

for (const [name, open] of Object.entries(RUNTIMES)) {
  for (const activation of ACTIVATIONS) {
    test(`${name} computes what masksearch does, with ${activation}`, async () => {
      const model = randomModel(activation);
      const engine = referenceEngine();
      const reference = await engine.evaluator(model, images);
      const plain = PlainEvaluator.open(await open(model), normalized(images, model), 16);
      const losses = new Set<number>();
      for (const masks of fallingMasks(layers, 3, [1, 0.3])) {
        const [expected] = await reference.evaluate([{ masks }]);
        assertClose(await plain.evaluate({ masks }), expected!, name);
        if (!expected!.exceeded) losses.add(expected!.loss);
      }
      assert.is(losses.size, 3);
      await plain.close();
      await engine.close();
    });
  }

  test(`${name} gives the same from every depth`, async () => {
    const model = randomModel('tanh');
    const digits = normalized(images, model);
    const plain = PlainEvaluator.open(await open(model), digits, 40);
    const optimized = new OptimizedEvaluator(await open(model), digits, 16);
    for (const [i, masks] of layerwise().entries()) {
      const expected = await plain.evaluate({ masks });
      assertClose(await optimized.evaluate({ masks }), expected, `candidate ${i}`);
      if (expected.exceeded) continue;
      // One that is rejected in between must leave no trace.
      const again = masks.with(4, fallingMasks(layers, 1, [0.5, 0.5])[0]![4]!);
      assert.equal(await optimized.evaluate({ masks: again, lossLimit: 0 }), { exceeded: true });
    }
    await optimized.close();
    await plain.close();
  });
}

test('tfjs-wasm leaves no tensors behind', async () => {
  const model = randomModel('relu');
  const before = memory().numTensors;
  const digits = normalized(images, model);
  const plain = PlainEvaluator.open(await TfjsRuntime.open(model), digits, 16);
  const [first, ...others] = fallingMasks(layers, 10, [1, 0.3]);
  await plain.evaluate({ masks: first! });
  const held = memory().numTensors;
  for (const masks of others) await plain.evaluate({ masks });
  assert.is(memory().numTensors, held);
  await plain.close();

  const optimized = new OptimizedEvaluator(await TfjsRuntime.open(model), digits, 16);
  for (const masks of layerwise()) await optimized.evaluate({ masks });
  await optimized.close();
  assert.is(memory().numTensors, before);
});

test.run();
