import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { loadModel } from '../../../../src/node.ts';
import { isDigestOf, modelDigest } from '../../../../src/pruning/files/model-digest.ts';
import { withValues } from '../../../helpers/data/networks.ts';

/** What versions 0.1 and 0.2 wrote for the bundled model. */
const OLDER = '140453ee08e39848cbcd5504dfec4c86e631e380fb061c94525001862fea0c04';

test('runs of older versions still recognise the bundled model, and no other', async () => {
  const model = await loadModel();
  assert.ok(isDigestOf(OLDER, model));
  assert.ok(isDigestOf(modelDigest(model), model));
  for (const other of [
    { ...model, network: lenet5('tanh') },
    { ...model, network: lenet5('sigmoid', 'max') },
    { ...model, normalization: { mean: 0, std: 1 } },
    withValues(model, -1, { bias: new Float32Array(10) }),
  ]) {
    assert.not(isDigestOf(OLDER, other));
    assert.not(isDigestOf(modelDigest(model), other));
  }
});

test.run();
