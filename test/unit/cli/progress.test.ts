import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { progressDescriber } from '../../../src/cli/progress.ts';
import { paperSpec } from '../../../src/cli/search-options.ts';
import { lenet5 } from '../../../src/engine/network.ts';

const work = {
  candidates: 10,
  forwardPasses: 10,
  imagesEvaluated: 10,
  macs: 0,
  skippedMacs: 0,
  rounds: 1,
  uploadedBytes: 0,
};

for (const [method, word] of [
  ['sa', 'accepted'],
  ['ga', 'feasible'],
] as const) {
  test(`what ${method} counts is called ${word}`, () => {
    const describe = progressDescriber(lenet5(), paperSpec(method, {}, '1', true), () => 2);
    const at = { layer: 'fc1', step: 3, steps: 20, proposals: 30, totalProposals: 100, current: undefined };
    assert.is(
      describe({ ...at, accepted: 12 }, work),
      `fc1 step 3/20  ${word} 12  5.0 evaluations/s  … left`,
    );
  });
}

test.run();
