import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Candidate } from '../../../src/search/contract.ts';
import { fullMasks } from '../../../src/core/mask.ts';
import { totalWork, withValidation } from '../../../src/search/validation.ts';
import { changed } from '../../../src/search/tuned/moves/moves.ts';
import {
  additiveLoss,
  evaluationsBy,
  problemOf,
  SyntheticEvaluator,
  type LossFunction,
} from '../../helpers/search/synthetic-evaluator.ts';

const problem = problemOf([40, 33]);
const tuning = additiveLoss(problem, 0.1, 0.8);
const validation: LossFunction = (kept) => ({ loss: 7 + tuning(kept).loss, accuracy: 0.25 });

function both() {
  const [first, second] = [tuning, validation].map((evaluate) => new SyntheticEvaluator(problem, evaluate));
  return { first: first!, second: second!, evaluator: withValidation(first!, second!) };
}

/** Candidates of their own masks; the letters say on which images, and which have a limit. */
function candidatesOf(kinds: string): readonly Candidate[] {
  return [...kinds].map((kind, i) => {
    const masks = changed(fullMasks(problem.layers), 0, [i, i + 1], []);
    if (kind === 's') return { masks, on: 'validation' };
    return kind === 'l' ? { masks, lossLimit: 0.05 } : { masks };
  });
}

test('each candidate is evaluated on the images it asks for, in order', async () => {
  for (const kinds of ['oosos', 'so', 'sss', 'o', 's', 'olslo', '']) {
    const { first, second, evaluator } = both();
    const candidates = candidatesOf(kinds);
    const told = await evaluator.evaluate(candidates);
    assert.equal(told, evaluationsBy({ tuning, validation }, candidates), kinds);
    // One call at most of each, none for nothing.
    const ofValidation = [...kinds].filter((kind) => kind === 's').length;
    assert.equal(first.batches, ofValidation < kinds.length ? [kinds.length - ofValidation] : [], kinds);
    assert.equal(second.batches, ofValidation > 0 ? [ofValidation] : [], kinds);
  }
});

test('it looks like the evaluator that is tuned on', () => {
  const { first, second, evaluator } = both();
  assert.is(evaluator.layers, first.layers);
  assert.is(evaluator.depth, first.depth);
  assert.is(evaluator.images, first.images);
  assert.is(evaluator.macsPerImage, first.macsPerImage);
  first.batchWidth = 8;
  second.batchWidth = 3;
  assert.is(evaluator.batchWidth, 8);
  first.batchWidth = 5;
  assert.is(evaluator.batchWidth, 5);
});

test('the work of both counts', async () => {
  const { first, second, evaluator } = both();
  await evaluator.evaluate(candidatesOf('oos'));
  await evaluator.evaluate(candidatesOf('s'));
  await evaluator.evaluate(candidatesOf('l'));
  const { candidates, rounds, macs } = evaluator.work;
  assert.equal([candidates, rounds, macs], [5, 4, 5 * first.macsPerImage]);
  assert.equal(evaluator.work, totalWork([first.work, second.work]));
});

test('the total of works is the sum of every count', () => {
  const workOf = (factor: number) => ({
    candidates: factor,
    forwardPasses: 2 * factor,
    imagesEvaluated: 3 * factor,
    macs: 4 * factor,
    skippedMacs: 5 * factor,
    rounds: 6 * factor,
    uploadedBytes: 7 * factor,
  });
  assert.equal(totalWork([workOf(1), workOf(10), workOf(100)]), workOf(111));
  assert.equal(totalWork([workOf(1)]), workOf(1));
});

test('both get the signal, and what one rejects with comes out', async () => {
  const { first, second, evaluator } = both();
  const { signal } = new AbortController();
  await evaluator.evaluate(candidatesOf('os'), { signal });
  assert.is(first.signals[0], signal);
  assert.is(second.signals[0], signal);
  await second.close();
  let code: unknown;
  await evaluator.evaluate(candidatesOf('os')).catch((error: { code: unknown }) => (code = error.code));
  assert.is(code, 'closed');
});

test('both are closed', async () => {
  const { first, second, evaluator } = both();
  await evaluator.close();
  assert.ok(first.closed && second.closed);
});

test.run();
