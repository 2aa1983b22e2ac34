/** Where budgets, goals and moves get into each other's way. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, countPruned } from '../../../../src/core/mask.ts';
import { tunedAnnealing } from '../../../../src/search/tuned/annealing.ts';
import { MOVES, type MoveContext } from '../../../../src/search/tuned/moves/moves.ts';
import type { TunedAnnealingOptions } from '../../../../src/search/tuned/options.ts';
import { drive } from '../../../helpers/drive-search.ts';
import {
  additiveLoss,
  evaluationsBy,
  problemOfShapes,
  type LossFunctions,
} from '../../../helpers/synthetic-evaluator.ts';
import { flat, interacting, problem, steep } from '../../../helpers/tuned-problem.ts';

/** Digest and evaluations must not depend on how many are asked for. */
function sameFor(options: Partial<TunedAnnealingOptions>, lossFunctions: LossFunctions): void {
  const ends = [1, 4, 16].map((limit) => {
    const search = tunedAnnealing(problem, options);
    drive(search, lossFunctions, () => limit);
    return `${search.digest.slice(0, 8)} after ${search.progress.proposals}`;
  });
  assert.equal(ends, [ends[0], ends[0], ends[0]]);
}

test('speculation: an open end with patience', () => {
  for (const seed of ['1', '2', '3'])
    sameFor({ evaluations: Infinity, patience: 300, maxLoss: 0.2, seed }, interacting);
});

test('speculation: a budget with patience', () => {
  for (const patience of [20, 60, 61, 62, 63, 64, 65, 130, 131, 300]) {
    for (const seed of ['1', '2', '3'])
      sameFor({ evaluations: 3000, patience, maxLoss: 0.2, seed }, interacting);
  }
});

test('speculation: a target that is pruned to at once, or in a very short search', () => {
  sameFor({ evaluations: 250, targetSparsity: 0.9 }, steep);
  sameFor({ evaluations: 20, targetSparsity: 0.5 }, interacting);
});

test('a target is met where patience ends the search first', () => {
  const search = tunedAnnealing(problem, { evaluations: 2000, patience: 20, targetSparsity: 0.8 });
  drive(search, interacting);
  assert.is(countPruned(search.best!.masks), 368);
});

test('a target is met where the budget is spent all at once', () => {
  let rounds = 0;
  const search = tunedAnnealing(problem, {
    evaluations: Infinity,
    spent: () => (rounds < 30 ? 0.05 : 1),
    targetSparsity: 0.9,
  });
  while (!search.done) {
    const candidates = search.ask(1);
    // Time passes while candidates are evaluated.
    rounds++;
    search.tell(evaluationsBy(steep, candidates));
  }
  assert.is(countPruned(search.best!.masks), 414);
});

test('a target is met where evaluations end before the share is spent', () => {
  for (let evaluations = 10; evaluations < 80; evaluations++) {
    const search = tunedAnnealing(problem, { evaluations, spent: () => 0.1, targetSparsity: 0.9 });
    drive(search, steep);
    assert.is(countPruned(search.best!.masks), 414, `${evaluations}`);
  }
});

test('a short time reaches every layer', () => {
  let rounds = 0;
  const search = tunedAnnealing(problem, { evaluations: Infinity, spent: () => rounds / 150, maxLoss: 0.3 });
  while (!search.done) {
    rounds++;
    search.tell(evaluationsBy(interacting, search.ask(1)));
  }
  assert.ok(search.progress.current!.masks.every((mask) => countKept(mask) < mask.length));
  assert.ok(search.validationPoints.length > 20, `${search.validationPoints.length} validations`);
});

test('before a target is met, the state with the most zeros is the best', () => {
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

test('a target is met where a move of its own has nothing to change in one layer', () => {
  const lazy = {
    ...MOVES[0]!,
    propose: (context: MoveContext) => (context.layer === 2 ? undefined : MOVES[0]!.propose(context)),
  };
  const search = tunedAnnealing(problem, { evaluations: 60, targetSparsity: 0.8, moves: [lazy] });
  drive(search, flat);
  assert.is(countPruned(search.best!.masks), 368);
});

test('the history tells the temperature at its step', () => {
  const search = tunedAnnealing(problem, { evaluations: 600, maxLoss: 0.2 });
  const { history } = drive(search, interacting);
  assert.ok(history.at(-1)!.temperature! < history[0]!.temperature!);
});

test('a mutation rate is at most 1', () => {
  const search = tunedAnnealing(problem, { evaluations: 20, targetSparsity: 0.9, seed: '2' });
  const { history } = drive(search, steep);
  const most = Math.max(...history.map(({ mutationRate }) => mutationRate));
  assert.ok(most <= 1, `${most}`);
});

test.run();
