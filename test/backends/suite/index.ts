/**
 * What every backend promises, a file for each topic. A new backend is a test file beside `../reference.test.ts` that opens
 * it and runs all of them.
 */
import type { Backend } from './backend.ts';
import { testInputs } from './inputs.ts';
import { testLifecycle } from './lifecycle.ts';
import { testLimits } from './limits.ts';
import { testLosses } from './losses.ts';
import { testOutputs } from './outputs.ts';
import { testWork } from './work.ts';

export { testBits } from './bits.ts';
export { inPairs, oneAtATime, runSearch, testDigests, type MakeSearch } from './digests.ts';
export { testGraphDigests } from './graph-digests.ts';
export { testLayerwise } from './layerwise.ts';
export { testTrainedNetwork } from './losses.ts';

/** All topics that concern one configuration and take little time. */
export function testContract(backend: Backend): void {
  for (const topic of [testInputs, testLosses, testOutputs, testLimits, testWork, testLifecycle])
    topic(backend);
}
