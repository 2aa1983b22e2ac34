import { test } from 'uvu';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { testGraphDigests } from './suite/index.ts';

// Two chunks.
testGraphDigests(
  { name: 'reference', open: () => Promise.resolve(referenceEngine()) },
  { images: 45, iterations: 6, elementBytes: 8 },
);

test.run();
