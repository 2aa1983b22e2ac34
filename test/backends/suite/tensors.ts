/** Candidates with other tensors than the model's are evaluated as the model with these tensors is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Engine, EvaluatorOptions } from '../../../src/engine/backend.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Candidate, Evaluation, LayerTensors } from '../../../src/search/contract.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { tensorBatches, withTensors } from '../../helpers/data/candidate-tensors.ts';
import { fullMasks, randomImages, randomMasks, tinyNetwork } from '../../helpers/data/models.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { evaluateAll, evaluateFull, NO_OPTIMIZATIONS } from '../../helpers/search/evaluations.ts';
import { testOn, tiny, withEngine, type Backend, type Configuration } from './backend.ts';

const masks = fullMasks(tinyNetwork);
const NONE: readonly (LayerTensors | undefined)[] = masks.map(() => undefined);
/** A candidate that changes a layer of the tiny network. */
const changed = (layer: number, ofLayer: LayerTensors): Candidate => ({
  masks,
  tensors: NONE.with(layer, ofLayer),
});
const tensor = (name: string) => tiny.tensors.get(name)!;
const other = (name: string, at: number, value: number) => new Map([[name, tensor(name).with(at, value)]]);

const wrong: readonly (readonly [Candidate, RegExp])[] = [
  [{ masks, tensors: [] }, /tensors for 0 layers, the network has 4 prunable layers/],
  [changed(1, other('fc1.weight', 0, 1)), /"fc1\.weight" is no tensor of layer "conv2"/],
  [changed(1, new Map([['conv2', tensor('conv2.bias')]])), /"conv2" is no tensor of layer "conv2"/],
  [changed(2, new Map([['fc1.bias', new Float32Array(3)]])), /fc1\.bias has 3 numbers, 14 are needed/],
  [changed(2, new Map([['fc1.bias', tensor('fc1.weight')]])), /fc1\.bias has 630 numbers/],
  [changed(3, other('out.bias', 2, NaN)), /out\.bias holds NaN at index 2/],
  [changed(0, other('conv1.weight', 5, -Infinity)), /conv1\.weight holds -Infinity at index 5/],
  [changed(0, other('conv1.weight', 5, 1e16)), /conv1\.weight holds .* at index 5/],
];

/** What every backend promises of them, on a small network. */
export function testTensors(backend: Backend): void {
  testOn(backend, 'tensors that do not fit are refused, and nothing is changed', async (engine) => {
    const images = randomImages(tinyNetwork, 9, 'wrong tensors');
    const evaluator = await engine.evaluator(tiny, images, { optimizations: { reuse: false } });
    const before = await evaluateFull(evaluator, masks);
    const right = changed(3, other('out.bias', 0, 3));
    for (const [candidate, message] of wrong) {
      await assertBadInput(() => evaluator.evaluate([right, candidate]), message);
      await assertBadInput(() => evaluator.evaluateOutputs!(masks, candidate), message);
    }
    assert.equal(await evaluateFull(evaluator, masks), before);
  });

  testOn(backend, 'outputs are those of the model with the tensors', async (engine) => {
    const images = randomImages(tinyNetwork, 53, 'outputs of tensors');
    const evaluator = await engine.evaluator(tiny, images);
    const { tensors } = changed(1, other('conv2.bias', 2, 2));
    const some = randomMasks(tinyNetwork, 0.8, 'outputs of tensors');
    const before = await evaluator.evaluateOutputs!(some);
    const found = await evaluator.evaluateOutputs!(some, { tensors });
    const fresh = await engine.evaluator(withTensors(tiny, tensors), images);
    assert.equal(found, await fresh.evaluateOutputs!(some));
    assert.not.equal(found.score, before.score);
    assert.equal(await evaluator.evaluateOutputs!(some), before);
    // What is cached is untouched by it.
    assert.equal((await evaluator.evaluate([{ masks: some }]))[0], { exceeded: false, ...before.score });
  });

  testOn(backend, 'only tensors that are not on the device are uploaded', async (engine) => {
    const images = randomImages(tinyNetwork, 9, 'uploads of tensors');
    const evaluator = await engine.evaluator(tiny, images, {
      optimizations: { reuse: false, prefixCache: false },
    });
    const bytes = async (candidate: Candidate) => {
      const before = evaluator.work.uploadedBytes;
      await evaluator.evaluate([candidate]);
      return evaluator.work.uploadedBytes - before;
    };
    const row = other('fc1.weight', 3, 1);
    const both = new Map([...row, ...other('fc1.bias', 3, 1)]);
    await bytes({ masks });
    const nothing = await bytes({ masks });
    const uploads = [];
    for (const candidate of [
      ...[changed(2, row), changed(2, row), changed(2, both), changed(2, new Map(both))],
      ...[{ masks }, { masks, tensors: NONE }, changed(1, new Map([['conv2.bias', tensor('conv2.bias')]]))],
    ])
      uploads.push((await bytes(candidate)) - nothing);
    const [weight, bias] = [4 * 14 * 45, 4 * 14];
    const expected = [weight, 0, bias, 0, weight + bias, 0, 0];
    assert.equal(uploads, engine.device.kind === 'webgpu' ? expected : expected.map(() => 0));
  });
}

export interface TensorSequences {
  readonly name: string;
  /** The first is the one that fresh evaluators run on. */
  readonly configurations: readonly (Configuration & { readonly options?: EvaluatorOptions })[];
  readonly images: number;
  /** Batches for each network. */
  readonly batches: number;
  readonly models: Readonly<Record<string, Model>>;
}

/** Sequences of candidates that go back and forth between states, beside a fresh evaluator for each. */
export function testTensorSequences(options: TensorSequences): void {
  const { name, configurations, images: count, batches: rounds, models } = options;
  for (const [network, model] of Object.entries(models)) {
    test(`${name}, ${network}: changed tensors give the bits of a model that has them`, async () => {
      const images = randomImages(model.network, count, network);
      const batches = tensorBatches(model, rounds, `tensors ${network}`);
      let limited: readonly Candidate[][] = [];
      let expected: readonly Evaluation[] = [];
      await withEngine(configurations[0]!, async (engine) => {
        const found = await expectations(engine, model, images, batches);
        ({ limited, expected } = found);
        const different = new Set(found.losses).size;
        assert.ok(different > 0.6 * found.losses.length, `only ${different} losses are different`);
      });
      for (const configuration of configurations) {
        await withEngine(configuration, async (engine) => {
          const evaluator = await engine.evaluator(model, images, configuration.options);
          const found: Evaluation[] = [];
          for (const batch of limited) found.push(...(await evaluateAll(evaluator, batch, batch.length)));
          assert.equal(found, expected, configuration.name);
        });
      }
    });
  }
}

/** The candidates with limits near their losses or far, and what fresh evaluators of their models find. */
async function expectations(
  engine: Engine,
  model: Model,
  images: ImageSet,
  batches: readonly (readonly Candidate[])[],
) {
  const random = generator('limits of tensors');
  const known = new Map<Candidate, Exclude<Evaluation, { exceeded: true }>>();
  const expected: Evaluation[] = [];
  const limited: Candidate[][] = [];
  for (const batch of batches) {
    limited.push([]);
    for (const candidate of batch) {
      if (!known.has(candidate)) {
        const changedModel = withTensors(model, candidate.tensors);
        const fresh = await engine.evaluator(changedModel, images, { optimizations: NO_OPTIMIZATIONS });
        known.set(candidate, await evaluateFull(fresh, candidate.masks));
        await fresh.close();
      }
      const full = known.get(candidate)!;
      const factor = [undefined, 1, 1 - 1e-9, 0.5][random.below(4)];
      const lossLimit = factor === undefined ? undefined : factor * full.loss;
      limited.at(-1)!.push({ ...candidate, lossLimit });
      expected.push(lossLimit !== undefined && full.loss > lossLimit ? { exceeded: true } : full);
    }
  }
  return { limited, expected, losses: Array.from(known.values(), ({ loss }) => loss) };
}
