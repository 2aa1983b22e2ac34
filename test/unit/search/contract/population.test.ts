import { test } from 'uvu';
import {
  populationSearch,
  type PopulationSearchState,
} from '../../../../src/search/population/population-search.ts';
import type { PopulationOptions } from '../../../../src/search/population/options.ts';
import { additive, interacting, known, problem, steep } from '../../../helpers/search/tuned-problem.ts';
import { sample } from '../../../helpers/sample.ts';
import { testContract, type Run } from './suite.ts';

type Options = Partial<PopulationOptions>;

const knownWith = (wrong: number) => known.with(1, known[1]!.with(119, wrong));

const evaluations = 300;

testContract<Options, PopulationSearchState>({
  problem,
  make: populationSearch,
  unprunedOn: [undefined, 'validation'],
  speculates: false,
  runs: sample<Run<Options>>(
    [
      { options: { evaluations, maxLoss: 0.2, populationSize: 12 }, losses: interacting },
      { options: { evaluations, maxLoss: 0.2, populationSize: 12, pareto: true }, losses: interacting },
      { options: { evaluations, targetSparsity: 0.8, importance: known }, losses: interacting },
      { options: { evaluations: 200, populationSize: 8, targetSparsity: 0.9 }, losses: steep },
      { options: { evaluations, maxAccuracyDrop: 5, layers: ['layer1'] }, losses: additive },
      { options: { evaluations, maxLoss: 0.3, importance: 'none', pareto: true }, losses: additive },
      { options: { evaluations: Infinity, patience: 130, maxLoss: 0.2 }, losses: interacting },
    ],
    2,
  ),
  shortRuns: sample<Run<Options>>(
    [
      { options: { evaluations: 60, maxLoss: 0.2, populationSize: 6 }, losses: interacting },
      { options: { evaluations: 60, targetSparsity: 0.5, importance: known }, losses: steep },
      { options: { evaluations: 60, maxLoss: 0.2, populationSize: 6, pareto: true }, losses: interacting },
    ],
    3,
  ),
  refused: {
    evaluations: [0, 9, -1, 10.5, NaN, 10_000_001],
    populationSize: [0, 1, -1, 1.5, NaN, Infinity, 10_001],
    patience: [0, -1, 1.5, NaN, Infinity],
    importance: ['magnitude', known.slice(1), ...[-1, NaN, Infinity].map(knownWith)],
    maxLoss: [0],
  },
  allowed: [
    { evaluations: 10, patience: 1 },
    { evaluations: Infinity, spent: () => 0, pareto: true },
    { populationSize: 10_000 },
  ],
});

test.run();
