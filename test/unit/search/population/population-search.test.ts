import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  countKept,
  countPruned,
  isKept,
  maskFromBytes,
  masksEqual,
  sparsityOf,
} from '../../../../src/core/mask.ts';
import { run } from '../../../../src/search/run.ts';
import { withValidation } from '../../../../src/search/validation.ts';
import { tunedAnnealing } from '../../../../src/search/tuned/annealing.ts';
import { hypervolume } from '../../../../src/search/population/pareto/hypervolume.ts';
import { populationSearch } from '../../../../src/search/population/population-search.ts';
import { POPULATION_DEFAULTS, type PopulationOptions } from '../../../../src/search/population/options.ts';
import type { Problem, Search } from '../../../../src/search/contract.ts';
import { drive, searchError } from '../../../helpers/search/drive-search.ts';
import { evaluationsBy, SyntheticEvaluator } from '../../../helpers/search/synthetic-evaluator.ts';
import {
  additive,
  interacting,
  known,
  MIN_KEPT,
  problem,
  steep,
  WEIGHTS,
} from '../../../helpers/search/tuned-problem.ts';

type Options = Partial<PopulationOptions>;

const make = (options: Options = {}, of: Problem = problem) =>
  populationSearch(of, { evaluations: 300, populationSize: 16, importance: known, ...options });

test('the options that are not given are the defaults', () => {
  const { seed, evaluations, populationSize, importance, pareto } = POPULATION_DEFAULTS;
  assert.equal(
    [seed, evaluations, populationSize, importance, pareto],
    ['1', 10_000, 64, 'learned', undefined],
  );
  assert.is(populationSearch(problem).progress.totalProposals, 10_000);
});

for (const pareto of [false, true]) {
  for (const [options, losses] of [
    [{ maxLoss: 0.2 }, interacting],
    [{ maxLossRise: 30 }, additive],
    [{ maxAccuracyDrop: 3 }, interacting],
    [{ maxLoss: 0.2, evaluations: 12 }, interacting],
  ] as const) {
    test(`${JSON.stringify({ pareto, ...options })}: the result meets the goal, no layer is below its least, no budget exceeded`, () => {
      const search = make({ ...options, pareto });
      const { rounds } = drive(search, losses);
      const asked = rounds.flatMap(({ candidates }) => candidates);
      const { progress, best, validation, validationPoints, front } = search;
      assert.ok(asked.length <= (options.evaluations ?? 300), `${asked.length}`);
      assert.is(asked.length, progress.proposals);
      assert.is(asked.filter(({ on }) => on === 'validation').length, validationPoints.length + 1);
      for (const { masks } of asked) {
        masks.forEach((mask, layer) => assert.ok(countKept(mask) >= MIN_KEPT[layer]!));
      }
      if ('maxLoss' in options) assert.ok(validation!.best.loss <= options.maxLoss);
      if ('maxLossRise' in options) assert.ok(validation!.best.loss <= 1.3 * validation!.unpruned.loss);
      if (options.evaluations === undefined) assert.ok(best!.sparsity.global > 0.02);
      for (const solution of [best!, ...front]) {
        const [told] = evaluationsBy(losses, [{ masks: solution.masks }]);
        assert.equal({ exceeded: false, loss: solution.loss, accuracy: solution.accuracy }, told);
        assert.equal(solution.sparsity, sparsityOf(solution.masks));
      }
    });
  }

  for (const targetSparsity of [0.3, 0.8, 0.9]) {
    for (const losses of [interacting, steep]) {
      test(`${JSON.stringify({ pareto, targetSparsity })}: the target is met exactly`, () => {
        const search = make({ targetSparsity, pareto });
        drive(search, losses);
        assert.is(countPruned(search.best!.masks), Math.round(targetSparsity * WEIGHTS));
      });
    }
  }

  test(`${JSON.stringify({ pareto })}: weights that are zero in the model stay so, in every candidate`, () => {
    const initial = problem.layers.map(({ shape: [rows, columns] }) =>
      maskFromBytes(Array.from({ length: rows! * columns! }, (_, i) => (i % 7 === 0 ? 0 : 1))),
    );
    const search = make({ maxLossRise: 30, pareto }, { ...problem, initial });
    const { rounds } = drive(search, additive);
    for (const { masks } of rounds.flatMap(({ candidates }) => candidates)) {
      masks.forEach((mask, layer) => {
        for (let i = 0; i < mask.length; i += 7) assert.not.ok(isKept(mask, i));
        assert.ok(countKept(mask) >= MIN_KEPT[layer]!);
      });
    }
    assert.ok(countPruned(search.best!.masks) > countPruned(initial));
  });
}

test('once a target is due, every child has exactly its zeros', () => {
  const search = make({ targetSparsity: 0.9 });
  const { rounds } = drive(search, steep);
  const zeros = Math.round(0.9 * WEIGHTS);
  const late = rounds.slice(-3).flatMap(({ candidates }) => candidates);
  assert.ok(late.length > 10);
  for (const { masks } of late) assert.is(countPruned(masks), zeros);
});

test('an unpruned network above the largest loss is infeasible, and nothing else is lost', async () => {
  const search = make({ maxLoss: 0.11 });
  const asked = search.ask(1);
  const error = await searchError('infeasible', () => search.tell(evaluationsBy(interacting, asked)));
  assert.is(error.option, 'maxLoss');
  assert.is(search.unpruned, undefined);
});

test('no individual is evaluated twice in a generation, and none that is in the population', () => {
  const search = make();
  search.tell(evaluationsBy(interacting, search.ask(1)));
  while (!search.done) {
    const candidates = search.ask(1).filter(({ on }) => on === undefined);
    candidates.forEach(({ masks }, i) =>
      candidates.slice(0, i).forEach((other) => {
        assert.not.ok(masks.every((mask, layer) => masksEqual(mask, other.masks[layer]!)));
      }),
    );
    search.tell(evaluationsBy(interacting, search.ask(1)));
  }
});

test('a Pareto search records the hypervolume of its front as it grows, other searches do not', () => {
  const search = make({ maxLoss: 0.2, pareto: true });
  assert.is(search.hypervolume, undefined);
  drive(search, interacting);
  const { referenceLoss, points } = search.hypervolume!;
  assert.is(referenceLoss, Math.max(2 * search.unpruned!.loss, search.unpruned!.loss + 0.1));
  assert.ok(points.length > 5);
  points.slice(1).forEach(({ evaluations }, i) => assert.ok(evaluations > points[i]!.evaluations));
  assert.ok(points.at(-1)!.value > points[1]!.value);
  assert.ok(hypervolume(search.front, referenceLoss) >= points.at(-1)!.value - 0.01);
  const other = make({ maxLoss: 0.2 });
  drive(other, interacting);
  assert.is(other.hypervolume, undefined);
});

test('where 64 candidates take as long as one, it needs fewer rounds than annealing', async () => {
  const roundsOf = async (search: Search) => {
    const [tuning, validation] = [interacting.tuning, interacting.validation].map((lossOf) => {
      const evaluator = new SyntheticEvaluator(problem, lossOf);
      evaluator.batchWidth = 64;
      return evaluator;
    });
    let rounds = 0;
    await run(search, withValidation(tuning!, validation!), { onProgress: () => void rounds++ });
    assert.ok(search.progress.proposals > 1950);
    return rounds;
  };
  const options = { evaluations: 2000, maxLoss: 0.2, importance: known };
  const population = await roundsOf(populationSearch(problem, options));
  const annealing = await roundsOf(tunedAnnealing(problem, options));
  assert.ok(population <= 2000 / 64 + 5, `${population}`);
  assert.ok(annealing > 3 * population, `${annealing} rounds of annealing, ${population} of generations`);
});

test.run();
