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
import { testTensors } from './tensors.ts';
import { testWork } from './work.ts';

export { testBits } from './bits.ts';
export { inPairs, oneAtATime, runSearch, testDigests, type MakeSearch } from './digests.ts';
export { testGraphDigests } from './graph-digests.ts';
export { testLayerwise } from './layerwise.ts';
export { testTrainedDigests } from './trained-digests.ts';
export { testTensorSequences } from './tensors.ts';
export { testTrainedNetwork } from './losses.ts';
export { testPublicNetworks } from './public-networks.ts';

/** All topics that concern one configuration and take little time. */
export function testContract(backend: Backend): void {
  const topics = [testInputs, testLosses, testOutputs, testTensors, testLimits, testWork, testLifecycle];
  for (const topic of topics) topic(backend);
}
