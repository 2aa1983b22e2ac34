/**
 * Networks with the shapes that others publish, and random weights: class scores and losses agree with float64.
 *
 * The bounds derived for small networks suppose that all roundings add up, layer after layer, and say nothing after twenty
 * layers. So these are tolerances, far below what another mask changes.
 */
import * as assert from 'uvu/assert';
import type { ImageSet, Labels } from '../../../src/data/dataset.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { softmaxCrossEntropy } from '../../../src/kernels/reference/softmax-cross-entropy.ts';
import { LOSS_UNITS } from '../../../src/kernels/loss-sum.ts';
import { classesOf } from '../../../src/network/fuse.ts';
import { inspect } from '../../../src/network/inspect.ts';
import type { Model } from '../../../src/network/model.ts';
import { fullMasks, randomMasks, randomModel, shadedImages } from '../../helpers/data/models.ts';
import { PUBLIC_NETWORKS } from '../../helpers/data/public-networks.ts';
import { isFull, sample } from '../../helpers/sample.ts';
import { evaluateFull } from '../../helpers/search/evaluations.ts';
import { testOn, type Configuration } from './backend.ts';

const IMAGES = 4;
/** Nats. */
const TOLERANCE = 1e-5;

type Name = keyof typeof PUBLIC_NETWORKS;
const maskCount = isFull ? 10 : 2;

/** `sampled`: the networks that a sample has. */
export function testPublicNetworks(backend: Configuration, sampled: readonly Name[]): void {
  for (const name of isFull ? (Object.keys(PUBLIC_NETWORKS) as Name[]) : sampled) {
    testOn(
      backend,
      `${name}: scores, and losses under random masks, are those of float64`,
      async (engine) => {
        const { network, parameters } = PUBLIC_NETWORKS[name];
        const model = randomModel(network, name);
        assert.is(inspect(model).parameters, parameters);
        const images = shadedImages(network, IMAGES, name);
        await assertScores(engine, model, images);
        await assertLosses(engine, model, images);
      },
    );
  }
}

/** With every image of one class, the mean loss is the mean of that class's log probabilities: one number for each score. */
async function assertScores(engine: Engine, model: Model, images: ImageSet): Promise<void> {
  const { network } = model;
  const classes = sample([...Array(classesOf(network)).keys()], 4);
  const masks = fullMasks(network);
  const logits = referenceLogits(model, images, masks);
  const losses: number[] = [];
  for (const label of classes) {
    const labels = new Uint8Array(images.count).fill(label);
    const expected = meanLoss(model, logits, labels);
    const evaluator = await engine.evaluator(model, { ...images, labels });
    const { loss } = await evaluateFull(evaluator, masks);
    await evaluator.close();
    assert.ok(Math.abs(loss - expected) < TOLERANCE, `class ${label}: ${loss}, expected ${expected}`);
    losses.push(loss);
  }
  assert.ok(
    Math.max(...losses) - Math.min(...losses) > 100 * TOLERANCE,
    `the scores are alike: ${losses.join()}`,
  );
}

async function assertLosses(engine: Engine, model: Model, images: ImageSet): Promise<void> {
  const evaluator = await engine.evaluator(model, images);
  const losses: number[] = [];
  for (let i = 0; i < maskCount; i++) {
    const masks = randomMasks(model.network, 1 - (i + 1) / (maskCount + 2), `masks ${i}`);
    const expected = meanLoss(model, referenceLogits(model, images, masks), images.labels!);
    const { loss } = await evaluateFull(evaluator, masks);
    assert.ok(Math.abs(loss - expected) < TOLERANCE, `masks ${i}: ${loss}, expected ${expected}`);
    losses.push(loss);
  }
  const sorted = losses.toSorted((a, b) => a - b);
  const least = Math.min(...sorted.slice(1).map((loss, i) => loss - sorted[i]!));
  assert.ok(least > 2 * TOLERANCE, `two masks differ by ${least}`);
}

function meanLoss({ network }: Model, logits: Float64Array, labels: Labels): number {
  const losses = new Uint32Array(labels.length);
  const shape = { classes: classesOf(network) };
  const { units } = softmaxCrossEntropy(shape, labels.length, logits, labels, losses);
  return units / LOSS_UNITS / labels.length;
}
