/** Work is counted: what was told, what was computed, and what was skipped. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept } from '../../../src/core/mask.ts';
import { fuse } from '../../../src/network/fuse.ts';
import { evaluateAll } from '../../helpers/evaluations.ts';
import { randomImages, tinyNetwork } from '../../helpers/models.ts';
import { series, tiny, withEngine, type Backend } from './backend.ts';

const layers = fuse(tinyNetwork);
const images = randomImages(tinyNetwork, 37, 'work');

export function testWork(backend: Backend): void {
  test(`${backend.name}: work is counted`, async () => {
    await withEngine(backend, async (engine) => {
      // The first differs in the first layer from the others, those from each other in the last layer only.
      const candidates = [series(12)[0]!, ...series(12).slice(-3)];
      const evaluator = await engine.evaluator(tiny, images);
      await evaluateAll(evaluator, [...candidates, candidates[3]!]);
      const { macs, skippedMacs, uploadedBytes, ...counts } = evaluator.work;
      assert.equal(counts, { candidates: 5, forwardPasses: 4, imagesEvaluated: 4 * 37, rounds: 5 });
      assert.is(evaluator.macsPerImage, 3 * 3 * 3 * 64 + 5 * 3 * 2 * 2 * 9 + 14 * 45 + 4 * 14);

      // The third caches what it shares with the second, for the fourth to begin with; the fifth is known.
      const macsOf = (share: (layer: number, candidate: number) => number) =>
        candidates.reduce((sum, _, c) => {
          const run = [...layers.keys()].slice(c === 3 ? 3 : 0);
          return sum + run.reduce((total, s) => total + layers[s]!.macs * share(s, c) * images.count, 0);
        }, 0);
      assert.is(
        macs,
        macsOf(() => 1),
      );
      const pruned = macsOf((s, c) => 1 - countKept(candidates[c]!.masks[s]!) / layers[s]!.weights);
      assert.ok(
        Math.abs(skippedMacs - (backend.skipsPruned ? pruned : 0)) < 1e-6 * pruned,
        `${skippedMacs} of ${pruned}`,
      );
      assert.is(uploadedBytes > 0, engine.device.kind === 'webgpu');
    });
  });
}
