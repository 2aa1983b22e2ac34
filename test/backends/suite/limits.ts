/** A limit on the loss: exceeded if and only if the loss is above it, however early that is known. */
import * as assert from 'uvu/assert';
import type { Candidate } from '../../../src/search/contract.ts';
import { evaluateAll, evaluateFull } from '../../helpers/evaluations.ts';
import { randomImages, tinyNetwork } from '../../helpers/models.ts';
import { series, tiny, testOn, type Backend } from './backend.ts';

/** Some chunks of any backend, the last not full. */
const images = randomImages(tinyNetwork, 150, 'limits');
const [{ masks }, other] = series(2) as [Candidate, Candidate];

export function testLimits(backend: Backend): void {
  testOn(backend, 'a limit is exceeded if and only if the loss is above it', async (engine) => {
    const { loss, accuracy } = await evaluateFull(await engine.evaluator(tiny, images), masks);
    const full = { exceeded: false, loss, accuracy };
    const exceeded = { exceeded: true };
    for (const [lossLimit, expected] of [
      ...[Infinity, loss * (1 + 1e-12), loss].map((limit) => [limit, full] as const),
      ...[loss * (1 - 1e-12), loss / 2, 0, -1, -Infinity].map((limit) => [limit, exceeded] as const),
    ]) {
      // Never evaluated before, with the images in their first order; then by falling loss of another candidate.
      const evaluator = await engine.evaluator(tiny, images);
      const ordered = await engine.evaluator(tiny, images);
      await evaluateFull(ordered, other.masks);
      for (const one of [evaluator, ordered]) {
        assert.equal(await evaluateAll(one, [{ masks, lossLimit }]), [expected], `${lossLimit}`);
      }
      if (lossLimit === 0) assert.ok(evaluator.work.imagesEvaluated < images.count, 'no early stop');
      // By now it is known in full or in part.
      assert.equal(await evaluateAll(evaluator, [{ masks }]), [full]);
      assert.equal(await evaluateAll(evaluator, [{ masks, lossLimit }]), [expected], `${lossLimit}, again`);
    }
  });

  testOn(backend, 'a candidate that no loss saves needs no forward pass', async (engine) => {
    const candidates = [{ masks, lossLimit: -Infinity }, { masks, lossLimit: -1e-300 }, { masks }];
    const evaluator = await engine.evaluator(tiny, images);
    const optimizations = { zeroForward: false, reuse: false };
    const plain = await engine.evaluator(tiny, images, { optimizations });
    const evaluations = await evaluateAll(evaluator, candidates);
    assert.equal(await evaluateAll(plain, candidates), evaluations);
    assert.equal(
      evaluations.map(({ exceeded }) => exceeded),
      [true, true, false],
    );
    assert.equal([evaluator.work.candidates, evaluator.work.forwardPasses], [3, 1]);
    assert.equal([plain.work.candidates, plain.work.forwardPasses], [3, 3]);
  });
}
