import { test } from 'uvu';
import {
  simulatedAnnealing,
  type SimulatedAnnealingOptions,
  type SimulatedAnnealingState,
} from '../../../../src/search/article/simulated-annealing.ts';
import { additiveLoss, problemOf } from '../../../helpers/search/synthetic-evaluator.ts';
import { testContract } from './suite.ts';

/** Sizes at word edges, and layers without weights between: caps of 0.25, 0.75 and 1 nat. */
const problem = problemOf([40, 33, 96], [0, 2, 3], 4);
const both = (perLayer: number) => {
  const lossOf = additiveLoss(problem, 0.1, perLayer);
  return { tuning: lossOf, validation: lossOf };
};
const iterations = 40;

testContract<Partial<SimulatedAnnealingOptions>, SimulatedAnnealingState>({
  problem,
  make: simulatedAnnealing,
  unprunedOn: [undefined],
  speculates: true,
  runs: ['1', '2', '3'].flatMap((seed) => [
    // Runs into every cap.
    { options: { seed, iterations }, losses: both(0.8) },
    {
      options: { seed, iterations, layers: ['layer0', 'layer2'], initialTemperature: 0.01 },
      losses: both(0.8),
    },
    // Leaves its best solution behind for long.
    { options: { seed, iterations, initialTemperature: 40, lossToWarmup: 20 }, losses: both(6) },
    // Goes on at a cost of 1e8 until the first weight is dropped.
    { options: { seed, iterations, mutationRate: 0.01, lossToWarmup: 8 }, losses: both(40) },
    // Accepts losses above the cap for some seeds; in one layer, since a next would then be infeasible.
    {
      options: {
        seed,
        iterations,
        maxLossPenalty: 40,
        initialTemperature: 20,
        mutationRate: 0.03,
        lossToWarmup: 8,
        layers: ['layer2'],
      },
      losses: both(40),
    },
  ]),
  shortRuns: [{ options: { iterations: 8, initialTemperature: 3 }, losses: both(0.5) }],
  refused: {
    iterations: [0, -1, 1.5, NaN, Infinity, 1_000_001],
    initialTemperature: [0, -1, NaN, Infinity],
    mutationRate: [-0.01, 1.01, NaN, Infinity],
    lossToWarmup: [0, -1, NaN, Infinity],
    maxLossPenalty: [0, -1, NaN, Infinity],
  },
  allowed: [
    { mutationRate: 0 },
    { mutationRate: 1, iterations: 1_000_000 },
    { iterations: 1, initialTemperature: 1e-300, lossToWarmup: 1e-300, maxLossPenalty: 1e300 },
  ],
});

test.run();
