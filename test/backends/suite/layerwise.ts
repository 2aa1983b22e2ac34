/** Optimizations change no evaluation of a layer-wise search. */
import * as assert from 'uvu/assert';
import { sparsityOf } from '../../../src/core/mask.ts';
import type { EvaluatorOptions } from '../../../src/engine/backend.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import type { Candidate, Evaluation } from '../../../src/search/contract.ts';
import { evaluateAll, evaluateFull, NO_OPTIMIZATIONS } from '../../helpers/search/evaluations.ts';
import { fullMasks, randomImages, randomMasks, tinyNetwork } from '../../helpers/data/models.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { tiny, testOn, type Configuration } from './backend.ts';

const images = randomImages(tinyNetwork, 179, 'layerwise');

/**
 * Batches like those of an annealing that visits one layer after another: each candidate differs from the current masks in
 * one layer, and the current masks change now and then. Limits are near the loss, or minus infinity, or undefined.
 */
async function layerwiseBatches(roundsPerLayer: number): Promise<readonly Candidate[][]> {
  const evaluator = await referenceEngine().evaluator(tiny, images);
  const random = generator('layer by layer');
  const batches: Candidate[][] = [];
  let current = fullMasks(tinyNetwork);
  for (let round = 0; round < 13 * roundsPerLayer; round++) {
    const layer = [0, 1, 2, 3, 2, 3, 1, 0, 3][Math.floor(round / roundsPerLayer) % 9]!;
    if (sparsityOf(current).meanLayer > 0.6) current = fullMasks(tinyNetwork);
    const batch: Candidate[] = [];
    for (let i = random.below(4) === 0 ? random.below(4) : 0; i >= 0; i--) {
      const { length, words } = current[layer]!;
      const kept = randomMasks(tinyNetwork, 0.93, `${round} ${i}`)[layer]!.words;
      const thinned = { length, words: words.map((word, at) => word & kept[at]!) };
      const masks = random.below(8) === 0 ? current : current.with(layer, thinned);
      const { loss } = await evaluateFull(evaluator, masks);
      const lossLimit = [undefined, -Infinity, 1, 1 - 1e-9, 0.95, 0.7, 0.4, 1.1][random.below(8)];
      batch.push({ masks, lossLimit: lossLimit && lossLimit * loss });
    }
    batches.push(batch);
    if (random.below(4) === 0) current = batch.at(-1)!.masks;
  }
  return batches;
}

export interface LayerwiseOptions {
  readonly roundsPerLayer: number;
  /** Layers whose cached input was reordered since the last call, if the backend can tell. */
  readonly reordered?: () => readonly number[];
}

export function testLayerwise(backend: Configuration, { roundsPerLayer, reordered }: LayerwiseOptions): void {
  testOn(backend, 'optimizations change no evaluation of a layer-wise search', async (engine) => {
    const batches = await layerwiseBatches(roundsPerLayer);
    const play = async (options?: EvaluatorOptions) => {
      const evaluator = await engine.evaluator(tiny, images, options);
      const evaluations: Evaluation[] = [];
      for (const batch of batches) evaluations.push(...(await evaluateAll(evaluator, batch, batch.length)));
      return { evaluations, work: evaluator.work };
    };
    const plain = await play({ optimizations: NO_OPTIMIZATIONS });
    if (reordered) assert.equal(reordered(), []);
    const { evaluations, work } = await play();
    if (reordered) assert.equal(reordered(), [1, 2, 3]);
    const { length } = evaluations;
    evaluations.forEach((evaluation, i) =>
      assert.equal(evaluation, plain.evaluations[i], `candidate ${i} of ${length}`),
    );
    assert.is(plain.work.imagesEvaluated, length * images.count);
    assert.ok(work.forwardPasses < 0.9 * length, `${work.forwardPasses} passes`);
    assert.ok(work.imagesEvaluated < 0.96 * work.forwardPasses * images.count, 'few early stops');
    assert.ok(work.macs < 0.5 * plain.work.macs, 'few multiply-accumulates saved');
  });
}
