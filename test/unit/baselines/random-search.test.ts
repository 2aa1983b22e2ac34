/** Random search, on an evaluator whose losses are known. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPruned, fullMasks, isKept, type Masks } from '../../../src/core/mask.ts';
import { magnitudeGlobalOrder } from '../../../src/baselines/magnitude.ts';
import { masksAt } from '../../../src/baselines/order.ts';
import { RANDOM_SEARCHES, randomSearch, type RandomSearch } from '../../../src/baselines/random-search.ts';
import { problemOf } from '../../../src/network/problem.ts';
import type { Candidate, Evaluator } from '../../../src/search/contract.ts';
import { randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const model = randomModel(tinyNetwork, 'random search');
const problem = problemOf(tinyNetwork);
const WEIGHTS = countPruned(
  fullMasks(problem.layers).map(({ length }) => ({ length, words: new Uint32Array(Math.ceil(length / 32)) })),
);
const ZEROS = Math.round(0.6 * WEIGHTS);

/** Of the first weights of the first layer, how many are kept. */
const lossOf = (masks: Masks) =>
  Array.from({ length: 20 }, (_, i) => isKept(masks[0]!, i)).filter(Boolean).length;

function evaluatorWith(batchWidth: number): Evaluator & { readonly seen: Candidate[] } {
  const seen: Candidate[] = [];
  return {
    ...problem,
    ...{ seen, batchWidth, images: 1 },
    evaluate(candidates) {
      seen.push(...candidates);
      return Promise.resolve(
        candidates.map(({ masks, lossLimit }) =>
          lossOf(masks) > (lossLimit ?? Infinity)
            ? { exceeded: true }
            : { exceeded: false, loss: lossOf(masks) },
        ),
      );
    },
    close: () => Promise.resolve(),
  };
}

async function found(variant: RandomSearch, batchWidth: number, evaluations = 50, seed = '1') {
  const evaluator = evaluatorWith(batchWidth);
  const best = await randomSearch(evaluator, model, { variant, zeros: ZEROS, evaluations, seed });
  return { best, seen: evaluator.seen };
}

for (const variant of RANDOM_SEARCHES) {
  test(`${variant}: the best of as many different masks as asked for, all with as many zeros`, async () => {
    const { best, seen } = await found(variant, 1);
    assert.is(seen.length, 50);
    assert.ok(seen.every(({ masks }) => countPruned(masks) === ZEROS));
    assert.is(
      new Set(seen.map(({ masks }) => JSON.stringify(masks.map(({ words }) => [...words])))).size,
      50,
    );
    const losses = seen.map(({ masks }) => lossOf(masks));
    assert.is(best.loss, Math.min(...losses));
    assert.is(best.masks, seen[losses.indexOf(best.loss)]!.masks);
    assert.ok(best.loss < losses[0]!);
  });

  test(`${variant}: the same for every batch width, another for another seed`, async () => {
    const [one, seven] = [await found(variant, 1), await found(variant, 7)];
    assert.equal(one.best, seven.best);
    assert.equal(
      one.seen.map(({ masks }) => masks),
      seven.seen.map(({ masks }) => masks),
    );
    assert.not.equal((await found(variant, 1, 50, '2')).seen[1]!.masks, one.seen[1]!.masks);
  });
}

test('around magnitude: first the threshold itself, then exchanges of few to many weights', async () => {
  const { seen } = await found('magnitude', 1, 200);
  const start = masksAt(magnitudeGlobalOrder(model), ZEROS);
  assert.equal(seen[0]!.masks, start);
  const differences = seen.slice(1).map(({ masks }) => differing(masks, start) / 2);
  assert.ok(Math.min(...differences) <= 3 && Math.max(...differences) > 0.2 * (WEIGHTS - ZEROS));
  const { seen: uniform } = await found('uniform', 1, 3);
  for (const { masks } of uniform) assert.ok(differing(masks, start) > 0.3 * WEIGHTS);
});

function differing(a: Masks, b: Masks): number {
  return a.reduce(
    (sum, mask, layer) =>
      sum +
      Array.from({ length: mask.length }, (_, i) => isKept(mask, i) !== isKept(b[layer]!, i)).filter(Boolean)
        .length,
    0,
  );
}

test('wrong zeros are refused, and an abort ends it', async () => {
  for (const variant of RANDOM_SEARCHES) {
    const options = { variant, evaluations: 5, seed: '1' };
    const wrong = randomSearch(evaluatorWith(1), model, { ...options, zeros: WEIGHTS + 1 });
    await assertRejects(wrong, /zeros is \d+ but must be a whole number/);
    const aborted = randomSearch(evaluatorWith(1), model, {
      ...options,
      zeros: ZEROS,
      signal: AbortSignal.abort(),
    });
    await assertRejects(aborted, /aborted/);
  }
});

async function assertRejects(action: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  assert.match(error?.message ?? 'nothing', message);
}

test.run();
