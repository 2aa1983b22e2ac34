/** A limit on the loss: exceeded if and only if the loss is above it, however early that is known. */
import * as assert from 'uvu/assert';
import type { Candidate } from '../../../src/search/contract.ts';
import { evaluateAll, evaluateFull } from '../../helpers/search/evaluations.ts';
import { classifier } from '../../helpers/data/classifier.ts';
import { tinyNetwork } from '../../helpers/data/models.ts';
import { series, testOn, type Backend } from './backend.ts';

/** Several chunks of any backend, the last not full. Few images make up most of the loss, so that a sum is soon near it. */
const { model, images } = classifier(tinyNetwork, 150, 'limits', 30);
const [{ masks }, other] = series(2) as [Candidate, Candidate];

export function testLimits(backend: Backend): void {
  testOn(backend, 'a limit is exceeded if and only if the loss is above it', async (engine) => {
    const { loss, accuracy } = await evaluateFull(await engine.evaluator(model, images), masks);
    const full = { exceeded: false, loss, accuracy };
    const exceeded = { exceeded: true };
    for (const [lossLimit, expected] of [
      ...[Infinity, loss * (1 + 1e-12), loss].map((limit) => [limit, full] as const),
      ...[loss * (1 - 1e-12), loss / 2, 0, -1, -Infinity].map((limit) => [limit, exceeded] as const),
    ]) {
      // A fresh evaluator, and one whose images get ordered by the losses of another candidate.
      const evaluator = await engine.evaluator(model, images);
      const ordered = await engine.evaluator(model, images);
      await evaluateFull(ordered, other.masks);
      for (const one of [evaluator, ordered]) {
        assert.equal(await evaluateAll(one, [{ masks, lossLimit }]), [expected], `${lossLimit}`);
      }
      if (lossLimit === 0) assert.ok(evaluator.work.imagesEvaluated < images.count, 'no early stop');
      // Now with losses known from before.
      assert.equal(await evaluateAll(evaluator, [{ masks }]), [full]);
      assert.equal(await evaluateAll(evaluator, [{ masks, lossLimit }]), [expected], `${lossLimit}, again`);
    }
  });

  testOn(backend, 'a candidate with a negative limit needs no forward pass', async (engine) => {
    const candidates = [{ masks, lossLimit: -Infinity }, { masks, lossLimit: -1e-300 }, { masks }];
    const evaluator = await engine.evaluator(model, images);
    const optimizations = { zeroForward: false, reuse: false };
    const plain = await engine.evaluator(model, images, { optimizations });
    const evaluations = await evaluateAll(evaluator, candidates);
    assert.equal(await evaluateAll(plain, candidates), evaluations);
    const exceeded = evaluations.map(({ exceeded }) => exceeded);
    assert.equal(exceeded, [true, true, false]);
    assert.equal([evaluator.work.candidates, evaluator.work.forwardPasses], [3, 1]);
    assert.equal([plain.work.candidates, plain.work.forwardPasses], [3, 3]);
  });
}
