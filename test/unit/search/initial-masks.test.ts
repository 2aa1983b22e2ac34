/** Weights that are 0 in a model count as pruned, and every search keeps them so. */
import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MasksearchError } from '../../../src/core/error.ts';
import { countPruned, intersection, maskFromBytes, masksEqual, weightsOf } from '../../../src/core/mask.ts';
import { geneticAlgorithm } from '../../../src/search/article/genetic-algorithm.ts';
import { randomMask } from '../../../src/search/article/operators.ts';
import { simulatedAnnealing } from '../../../src/search/article/simulated-annealing.ts';
import { populationSearch } from '../../../src/search/population/population-search.ts';
import type { Problem, Search } from '../../../src/search/contract.ts';
import { tunedAnnealing } from '../../../src/search/tuned/annealing.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { drive } from '../../helpers/search/drive-search.ts';
import { additive, problem } from '../../helpers/search/tuned-problem.ts';

const random = seedrandom.alea('initial masks');
const initial = problem.layers.map(({ shape }) => randomMask(weightsOf(shape), 0.4, random));
const sparse: Problem = { ...problem, initial };
const already = countPruned(initial);

const SEARCHES: Readonly<Record<string, (snapshot?: never) => Search>> = {
  tuned: (snapshot) => tunedAnnealing(sparse, { seed: '1', evaluations: 400 }, snapshot),
  target: (snapshot) =>
    tunedAnnealing(sparse, { seed: '1', evaluations: 400, targetSparsity: 0.7 }, snapshot),
  population: (snapshot) => populationSearch(sparse, { seed: '1', evaluations: 400 }, snapshot),
  annealing: (snapshot) => simulatedAnnealing(sparse, { iterations: 40, lossToWarmup: 9 }, snapshot),
  genetic: (snapshot) => geneticAlgorithm(sparse, { generations: 6, lossToWarmup: 9 }, snapshot),
};

for (const [name, search] of Object.entries(SEARCHES)) {
  test(`the ${name} search starts with the zeros of the model and keeps them`, () => {
    const run = search();
    const { rounds } = drive(run, additive);
    assert.is(countPruned(run.unpruned!.masks), already);
    for (const { masks } of rounds.flatMap(({ candidates }) => candidates)) {
      masks.forEach((mask, layer) => assert.ok(masksEqual(mask, intersection(mask, initial[layer]!))));
    }
    assert.ok(countPruned(run.best!.masks) > already);
    if (name === 'target') assert.is(countPruned(run.best!.masks), Math.round(0.7 * 460));
    // It can be restored too.
    assert.is(search(JSON.parse(JSON.stringify(run.snapshot())) as never).digest, run.digest);
  });
}

test('a target that the model is at or beyond already is refused', async () => {
  for (const targetSparsity of [0.3, already / 460])
    await assertBadInput(
      () => tunedAnnealing(sparse, { targetSparsity }),
      /targetSparsity is 0\.\d+ but must be above 0\.\d{4}: the model is that sparse already/,
    );
});

test('the number that a refusal names can be exceeded: it is rounded up', async () => {
  await assertBadInput(
    () => tunedAnnealing(sparse, { targetSparsity: 0.1 }),
    new RegExp(`above ${Math.ceil((1e4 * already) / 460) / 1e4}`),
  );
});

test('a model without any weight is refused', () => {
  const masks = problem.layers.map(({ shape }) => maskFromBytes(new Uint8Array(weightsOf(shape))));
  for (const search of [tunedAnnealing, populationSearch])
    assert.throws(
      () => search({ ...problem, initial: masks }, { seed: '1', evaluations: 40 }),
      (error: MasksearchError) => error.code === 'infeasible' && /all weights .* are 0/.test(error.message),
    );
});

test.run();
