import { test } from 'uvu';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { lenet5 } from '../../src/network/lenet5.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { sample } from '../helpers/sample.ts';
import { oneAtATime, testBits, testContract, testDigests, testLayerwise } from './suite/index.ts';

const reference = {
  name: 'reference',
  open: () => Promise.resolve(referenceEngine()),
  skipsPruned: false,
  abortsInTheMiddle: true,
  finishesOnClose: true,
  graphs: Object.fromEntries(sample(Object.entries(GRAPHS), 3, 1)),
  long: { network: lenet5(), images: 25, candidates: 40 },
  program: `import { referenceEngine } from './src/engine/reference/reference.ts';
    const engine = referenceEngine();`,
};

testContract(reference);
testBits({ name: reference.name, configurations: [reference], imageCount: 70 });
testLayerwise(reference, { roundsPerLayer: 5 });
testDigests(reference, {
  images: 90,
  seeds: sample(['1', '2', '3'], 3),
  iterations: 40,
  generations: 6,
  settings: {
    annealing: (seed) => sample(oneAtATime([1, 4, 'adaptive'], seed), 2),
    breeding: (seed) => sample(oneAtATime([1, 4, 16], seed), 2),
    tuned: (seed) => sample(oneAtATime([1, 4, 16], seed), 2),
  },
});

test.run();
