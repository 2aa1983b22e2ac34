/** Counts of candidates, forward passes, images, multiply-accumulates and bytes. */
import * as assert from 'uvu/assert';
import { countKept } from '../../../src/core/mask.ts';
import { fuse } from '../../../src/network/fuse.ts';
import { evaluateAll } from '../../helpers/search/evaluations.ts';
import { randomImages, tinyNetwork } from '../../helpers/data/models.ts';
import { series, tiny, testOn, type Backend } from './backend.ts';

const layers = fuse(tinyNetwork);
const images = randomImages(tinyNetwork, 37, 'work');

export function testWork(backend: Backend): void {
  testOn(backend, 'work is counted', async (engine) => {
    // The first differs in the first layer from the others, those from each other in the last layer only.
    const candidates = [series(12)[0]!, ...series(12).slice(-3)];
    const evaluator = await engine.evaluator(tiny, images);
    await evaluateAll(evaluator, [...candidates, candidates[3]!]);
    const { macs, skippedMacs, uploadedBytes, ...counts } = evaluator.work;
    assert.equal(counts, { candidates: 5, forwardPasses: 4, imagesEvaluated: 4 * 37, rounds: 5 });
    assert.is(evaluator.macsPerImage, 3 * 3 * 3 * 64 + 5 * 3 * 2 * 2 * 9 + 14 * 45 + 4 * 14);

    // The third caches the prefix that it shares with the second; the fourth starts there; the fifth is known.
    let [expected, pruned] = [0, 0];
    for (const [c, { masks }] of candidates.entries()) {
      for (const [s, layer] of layers.entries()) {
        if (c === 3 && s < 3) continue;
        expected += layer.macs * images.count;
        pruned += layer.macs * images.count * (1 - countKept(masks[s]!) / layer.weights);
      }
    }
    assert.is(macs, expected);
    assert.is(Math.round(skippedMacs), backend.skipsPruned ? Math.round(pruned) : 0);
    assert.is(uploadedBytes > 0, engine.device.kind === 'webgpu');
  });
}
