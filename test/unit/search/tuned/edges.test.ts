/** Where budgets, goals and moves get into each other's way. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, countPruned } from '../../../../src/core/mask.ts';
import { tunedAnnealing, type TunedSearch } from '../../../../src/search/tuned/annealing.ts';
import { MOVES, type Move, type MoveContext } from '../../../../src/search/tuned/moves/moves.ts';
import type { TunedAnnealingOptions } from '../../../../src/search/tuned/options.ts';
import { assertSameSearch, drive } from '../../../helpers/search/drive-search.ts';
import {
  additiveLoss,
  evaluationsBy,
  problemOfShapes,
  type LossFunctions,
} from '../../../helpers/search/synthetic-evaluator.ts';
import { flat, interacting, problem, steep, WEIGHTS } from '../../../helpers/search/tuned-problem.ts';

type Options = Partial<TunedAnnealingOptions>;

/** Runs a search whose clock is the number of rounds; time passes while candidates are evaluated. */
function runWith(
  options: Options,
  losses: LossFunctions,
  { spent, limit = 1 }: { spent?: (rounds: number) => number; limit?: number } = {},
): TunedSearch {
  let rounds = 0;
  const search = tunedAnnealing(problem, { ...options, ...(spent && { spent: () => spent(rounds) }) });
  while (!search.done) {
    const candidates = search.ask(limit);
    rounds++;
    search.tell(evaluationsBy(losses, candidates));
  }
  return search;
}

test('whatever ends a search, it is the same at any batch width', () => {
  const ends: readonly (readonly [Options, LossFunctions])[] = [
    ...['1', '2', '3'].flatMap((seed) => [
      [{ evaluations: Infinity, patience: 300, maxLoss: 0.2, seed }, interacting] as const,
      ...[20, 60, 61, 62, 63, 64, 65, 130, 131, 300].map(
        (patience) => [{ evaluations: 3000, patience, maxLoss: 0.2, seed }, interacting] as const,
      ),
    ]),
    [{ evaluations: 250, targetSparsity: 0.9 }, steep],
    [{ evaluations: 20, targetSparsity: 0.5 }, interacting],
  ];
  for (const [options, losses] of ends) {
    const [one, ...others] = [1, 4, 16].map((limit) => runWith(options, losses, { limit }));
    for (const other of others) assertSameSearch(other, one!, JSON.stringify(options));
  }
});

test('whatever ends a search, its target is met', () => {
  const lazy: Move = {
    ...MOVES[0]!,
    propose: (context) => (context.layer === 2 ? undefined : MOVES[0]!.propose(context)),
  };
  const cases: readonly (readonly [Options, LossFunctions, ((rounds: number) => number)?])[] = [
    // Nothing to prune; all of it in one layer.
    [{ evaluations: 300, targetSparsity: 0.001 }, interacting],
    [{ evaluations: 60, targetSparsity: 0.24, layers: ['layer1'] }, interacting],
    // Patience ends first.
    [{ evaluations: 2000, patience: 20, targetSparsity: 0.8 }, interacting],
    // A move has nothing to change in one layer.
    [{ evaluations: 60, targetSparsity: 0.8, moves: [lazy] }, flat],
    // Time is spent evenly, or all at once.
    [{ evaluations: Infinity, targetSparsity: 0.9 }, steep, (rounds) => rounds / 60],
    [{ evaluations: Infinity, targetSparsity: 0.9 }, steep, (rounds) => (rounds < 30 ? 0.05 : 1)],
    // Evaluations end before the time.
    ...Array.from(
      { length: 70 },
      (_, i) => [{ evaluations: 10 + i, targetSparsity: 0.9 }, steep, () => 0.1] as const,
    ),
  ];
  for (const [options, losses, spent] of cases) {
    const { masks } = runWith(options, losses, spent && { spent }).best!;
    const label = JSON.stringify(options);
    assert.is(countPruned(masks), Math.round(options.targetSparsity! * WEIGHTS), label);
    if (options.layers) assert.is(countKept(masks[0]!), 40, label);
  }
});

test('a short time reaches every layer', () => {
  const options = { evaluations: Infinity, maxLoss: 0.3 };
  const search = runWith(options, interacting, { spent: (rounds) => rounds / 150 });
  assert.ok(search.progress.current!.masks.every((mask) => countKept(mask) < mask.length));
  assert.ok(search.validationPoints.length > 20, `${search.validationPoints.length} validations`);
});

test('before a target is met, the solution with the most zeros is the best', () => {
  const search = tunedAnnealing(problem, { evaluations: 3000, targetSparsity: 0.9 });
  let most = 0;
  while (search.progress.proposals < 700) {
    search.tell(evaluationsBy(interacting, search.ask(1)));
    const zeros = countPruned(search.best?.masks ?? []);
    assert.ok(zeros >= most);
    most = zeros;
  }
  assert.ok(most > 40 && most < 414, `${most} zeros`);
});

test('calibration of many layers stays within the budget', () => {
  const many = problemOfShapes(Array.from({ length: 80 }, () => [2, 5]));
  const evaluate = additiveLoss(many, 0.1, 0.1);
  const search = tunedAnnealing(many, { evaluations: 200 });
  drive(search, { tuning: evaluate, validation: evaluate });
  assert.ok(search.progress.proposals <= 200, `${search.progress.proposals}`);
});

test('a layer that nothing can be done in does not end the search', () => {
  const thin = problemOfShapes([
    [4, 40],
    [8, 1],
  ]);
  const evaluate = additiveLoss(thin, 0.1, 0.1);
  const search = tunedAnnealing(thin, { evaluations: 600, maxLoss: 0.15 });
  drive(search, { tuning: evaluate, validation: evaluate });
  assert.ok(search.progress.proposals >= 599, `${search.progress.proposals}`);
});

test('an unpruned loss of 0 leaves something to search', () => {
  const lossFunctions = {
    tuning: additiveLoss(problem, 0, 0.1),
    validation: additiveLoss(problem, 0.1, 0.1),
  };
  const search = tunedAnnealing(problem, { evaluations: 300 });
  drive(search, lossFunctions);
  assert.ok(!Number.isNaN(search.best!.cost), `cost ${search.best!.cost}`);
});

test('a move of its own that ignores maxPrunable is rejected by name', () => {
  const greedy = {
    ...MOVES[0]!,
    name: 'greedy',
    propose: (context: MoveContext) => MOVES[0]!.propose({ ...context, stepSize: 25, maxPrunable: Infinity }),
  };
  const search = tunedAnnealing(problem, { evaluations: 60, targetSparsity: 0.2, moves: [greedy] });
  assert.throws(() => drive(search, flat), /moves is greedy but must be moves that keep to maxPrunable/);
});

test('a mutation rate is at most 1', () => {
  const search = tunedAnnealing(problem, { evaluations: 20, targetSparsity: 0.9, seed: '2' });
  const { history } = drive(search, steep);
  const most = Math.max(...history.map(({ mutationRate }) => mutationRate));
  assert.ok(most <= 1, `${most}`);
});

test.run();
