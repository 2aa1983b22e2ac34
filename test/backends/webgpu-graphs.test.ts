import { test } from 'uvu';
import { acquireEngine } from '../helpers/gpu.ts';
import { testGraphDigests } from './suite/index.ts';

const opened = await acquireEngine();
test.after(() => opened.close());

// Two chunks.
testGraphDigests(
  { name: 'WebGPU', open: acquireEngine, opened },
  { images: 90, iterations: 6, elementBytes: 4 },
);

test.run();
