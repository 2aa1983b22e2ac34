import { test } from 'uvu';
import { randomStream } from '../../../../src/core/random.ts';
import type { Problem } from '../../../../src/search/contract.ts';
import {
  geneticAlgorithm,
  type GeneticAlgorithmState,
} from '../../../../src/search/article/genetic-algorithm.ts';
import type { GeneticAlgorithmOptions } from '../../../../src/search/article/genetic-options.ts';
import { additiveLoss, type LossFunction } from '../../../helpers/search/synthetic-evaluator.ts';
import { testContract } from './suite.ts';

/** A convolution, a dense layer and one with a tensor of another kind: caps of 0.25, 0.75 and 1 nat. */
const problem: Problem = {
  layers: [
    { name: 'layer0', shape: [5, 2, 2, 2], position: 0 },
    { name: 'layer1', shape: [3, 11], position: 2 },
    { name: 'layer2', shape: [48], position: 3 },
  ],
  depth: 4,
};
const both = (lossOf: LossFunction) => ({ tuning: lossOf, validation: lossOf });
/** Runs into every cap. */
const additive = both(additiveLoss(problem, 0.1, 0.8));
/** Four masks in five are above every cap, whatever they drop: without elites most generations are bred again. */
const moody = both((kept) => {
  const random = randomStream('moody', kept.map((bits) => bits.join('')).join());
  const isFull = kept.every((bits) => !bits.includes(0));
  return { loss: !isFull && random() < 0.8 ? 9 : 0.1 + 0.1 * random(), accuracy: random() };
});
const rebreeding = { populationSize: 4, eliteSize: 0, tournamentSize: 2 };

testContract<Partial<GeneticAlgorithmOptions>, GeneticAlgorithmState>({
  problem,
  make: geneticAlgorithm,
  unprunedOn: [undefined],
  speculates: false,
  runs: [
    { options: { generations: 8 }, losses: additive },
    { options: { generations: 8, populationSize: 5, layers: ['layer0', 'layer2'] }, losses: additive },
    { options: { generations: 8, ...rebreeding }, losses: moody },
    // So large that the rest of the cost is lost in the penalty.
    { options: { generations: 8, ...rebreeding, maxLossPenalty: 1e300 }, losses: moody },
  ],
  shortRuns: [
    { options: { generations: 3, populationSize: 5, eliteSize: 1, tournamentSize: 2 }, losses: additive },
    { options: { generations: 2, ...rebreeding }, losses: moody },
  ],
  refused: {
    generations: [0, -1, 1.5, NaN, Infinity, 1_000_001],
    populationSize: [0, -1, 1.5, NaN, Infinity, 10_001, 1e9, 2 ** 32, Number.MAX_SAFE_INTEGER],
    eliteSize: [12, 13, -1, 0.5, NaN, Infinity],
    tournamentSize: [0, 13, -1, 1.5, NaN, Infinity],
    crossoverRate: [-0.01, 1.01, NaN, Infinity],
    mutationRate: [-0.01, 1.01, NaN, Infinity],
    lossToWarmup: [0, -1, NaN, Infinity],
    maxLossPenalty: [0, -1, NaN, Infinity],
  },
  allowed: [
    { populationSize: 10_000, generations: 1_000_000 },
    { mutationRate: 0, crossoverRate: 0 },
    { mutationRate: 1, crossoverRate: 1 },
    { generations: 1, populationSize: 12, eliteSize: 11, tournamentSize: 12 },
  ],
});

test.run();
