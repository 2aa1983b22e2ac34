import { test } from 'uvu';
import { tunedAnnealing, type TunedAnnealingState } from '../../../../src/search/tuned/annealing.ts';
import { MOVES, type Move } from '../../../../src/search/tuned/moves/moves.ts';
import type { TunedAnnealingOptions } from '../../../../src/search/tuned/options.ts';
import { additive, interacting, known, problem, steep } from '../../../helpers/search/tuned-problem.ts';
import { sample } from '../../../helpers/sample.ts';
import { testContract, type Run } from './suite.ts';

const knownWith = (wrong: number) => known.with(1, known[1]!.with(119, wrong));

const evaluations = 300;
const [prune, exchange] = MOVES as [Move, Move];

testContract<Partial<TunedAnnealingOptions>, TunedAnnealingState>({
  problem,
  make: tunedAnnealing,
  unprunedOn: [undefined, 'validation'],
  speculates: true,
  runs: sample<Run<Partial<TunedAnnealingOptions>>>(
    [
      { options: { evaluations, maxLoss: 0.2 }, losses: interacting },
      { options: { evaluations }, losses: interacting },
      { options: { evaluations, maxLoss: 0.3, importance: 'none' }, losses: additive },
      { options: { evaluations, maxLoss: 0.3, importance: known }, losses: interacting },
      { options: { evaluations, targetSparsity: 0.8 }, losses: interacting },
      {
        options: { evaluations, targetSparsity: 0.6, importance: known, layers: ['layer2', 'layer1'] },
        losses: additive,
      },
      { options: { evaluations, maxAccuracyDrop: 5, layers: ['layer1'] }, losses: additive },
      // Too short to measure a temperature.
      { options: { evaluations: 120, maxLoss: 0.2 }, losses: interacting },
      // Pruned to its target at once, after seven tenths of the budget.
      { options: { evaluations: 250, targetSparsity: 0.9 }, losses: steep },
      { options: { evaluations: Infinity, patience: 130, maxLoss: 0.2 }, losses: interacting },
      { options: { evaluations: 3000, patience: 61, maxLoss: 0.2, seed: '3' }, losses: interacting },
    ],
    2,
  ),
  shortRuns: sample<Run<Partial<TunedAnnealingOptions>>>(
    [
      { options: { evaluations: 60, maxLoss: 0.2 }, losses: interacting },
      { options: { evaluations: 40, targetSparsity: 0.5, importance: known }, losses: steep },
    ],
    2,
  ),
  refused: {
    evaluations: [0, 9, -1, 10.5, NaN, 10_000_001],
    patience: [0, -1, 1.5, NaN, Infinity],
    moves: [
      [],
      [prune, { ...exchange, name: 'prune' }],
      ...[0, -1, NaN, Infinity].map((frequency) => [prune, { ...exchange, frequency }]),
    ],
    importance: [
      'magnitude',
      known.slice(1),
      known.with(2, known[0]!),
      ...[-1, NaN, Infinity].map(knownWith),
    ],
    maxLoss: [0],
  },
  allowed: [
    { evaluations: 10, patience: 1 },
    { evaluations: 10_000_000 },
    { evaluations: Infinity, patience: 10_000_000 },
    { evaluations: Infinity, spent: () => 0 },
  ],
});

test.run();
