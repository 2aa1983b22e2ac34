import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { progressDescriber } from '../../../../src/cli/terminal/progress.ts';
import type { SearchValues } from '../../../../src/pruning/options/run.ts';
import { paperSpec, searchSpec } from '../../../../src/pruning/search/spec.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import type { Progress } from '../../../../src/search/contract.ts';
import { fullMasks } from '../../../../src/core/mask.ts';

const passes = { candidates: 10, forwardPasses: 10, imagesEvaluated: 10, rounds: 1 };
const work = { ...passes, macs: 0, skippedMacs: 0, uploadedBytes: 0 };

for (const [method, word] of [
  ['sa', 'accepted'],
  ['ga', 'feasible'],
] as const) {
  test(`what ${method} counts is called ${word}`, () => {
    const describe = progressDescriber(lenet5(), paperSpec(method, {}));
    const at = { layer: 'fc1', step: 3, steps: 20, proposals: 30, totalProposals: 100, current: undefined };
    const line = `fc1 step 3/20  ${word} 12  5.0 evaluations/s  … left`;
    assert.is(describe({ ...at, accepted: 12 }, work, 2), line);
  });
}

/** The line of a tuned search with these options, this many seconds after its start. */
function tunedLine(values: SearchValues, progress: Partial<Progress>, seconds: number): string {
  const describe = progressDescriber(lenet5(), searchSpec('sa', 'tuned', values));
  const at = { layer: 'fc1', step: 0, steps: 0, proposals: 0, totalProposals: 0, accepted: 0 };
  return describe({ ...at, current: undefined, ...progress }, work, seconds);
}

const current: Progress['current'] = {
  masks: fullMasks(problemOf(lenet5()).layers),
  cost: 1,
  loss: 0.12345,
  accuracy: 0.9675,
  sparsity: { meanLayer: 0.25, global: 0.75, perLayer: [] },
};

test('a tuned search tells its evaluations, the share of all weights that is pruned, and the time left', () => {
  const at = { proposals: 250, accepted: 12 };
  const evaluations = 'fc1  250/1000 evaluations  accepted 12';
  const line = `${evaluations}  loss 0.1235  accuracy 96.75 %  75.0 % pruned  50/s  15 s left`;
  assert.is(tunedLine({ evaluations: 1000 }, { ...at, current }, 5), line);
  assert.is(tunedLine({ evaluations: 1000 }, at, 5), `${evaluations}  50/s  15 s left`);
});

test('a tuned search for some seconds has those left, and no number of evaluations', () => {
  const line = (seconds: number) => tunedLine({ seconds: 30 }, { proposals: 250, accepted: 12 }, seconds);
  assert.is(line(5), 'fc1  250 evaluations  accepted 12  50/s  25 s left');
  // The last evaluations may take a little longer than there was time.
  assert.is(line(31), 'fc1  250 evaluations  accepted 12  8/s');
});

test.run();
