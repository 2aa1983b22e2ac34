import { test } from 'uvu';
import { acquireEngine } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';
import { inPairs, oneAtATime, testDigests } from './suite/index.ts';

const opened = await acquireEngine();
test.after(() => opened.close());

testDigests(
  { name: 'WebGPU', open: acquireEngine, opened },
  {
    // Three chunks.
    images: 150,
    seeds: ['1'],
    iterations: 20,
    generations: 3,
    populationSize: 8,
    settings: {
      annealing: () => sample(inPairs([1, 4, 16, 64, 'adaptive']), 4),
      breeding: () => oneAtATime([64, 4, 1], 0),
      tuned: () => sample(inPairs([1, 4, 16, 64, 'adaptive']), 4),
    },
  },
);

test.run();
