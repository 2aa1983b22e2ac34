/** What files of masks say of the repair of the weights. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  frontFromSafetensors,
  frontToSafetensors,
  masksFromSafetensors,
  masksToSafetensors,
} from '../../../../src/formats/safetensors/masks.ts';
import { repairFromSafetensors, repairMetadata } from '../../../../src/formats/safetensors/repair-record.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomMasks, tinyNetwork } from '../../../helpers/data/models.ts';

const { layers } = problemOf(tinyNetwork);
const masks = randomMasks(tinyNetwork, 0.5, 'record');

for (const record of [
  { repair: 'least-squares', ridge: 0.001, calibration: 6000 },
  { repair: 'least-squares', ridge: 'auto', calibration: 1 },
  { repair: 'bias', ridge: undefined, calibration: undefined },
] as const) {
  test(`files of masks keep ${JSON.stringify(record)}, and are read as ever`, () => {
    const metadata = repairMetadata(record);
    const file = masksToSafetensors(masks, layers, metadata);
    assert.equal(repairFromSafetensors(file), record);
    assert.equal(masksFromSafetensors(file, layers), masks);
    const front = frontToSafetensors([masks, masks], layers, metadata);
    assert.equal(repairFromSafetensors(front), record);
    assert.equal(frontFromSafetensors(front, layers, 2), [masks, masks]);
  });
}

test('files without a record have none, and equal files of masks stay equal', () => {
  assert.is(repairFromSafetensors(masksToSafetensors(masks, layers)), undefined);
  assert.is(repairFromSafetensors(frontToSafetensors([masks], layers)), undefined);
  assert.equal(masksToSafetensors(masks, layers, undefined), masksToSafetensors(masks, layers));
});

test('what is no record is none, and what is no number is left out', async () => {
  const read = (metadata: Record<string, string>) =>
    repairFromSafetensors(masksToSafetensors(masks, layers, metadata));
  for (const repair of ['', 'Least Squares', '\u001b[2J', 'x'.repeat(41)])
    assert.is(read({ repair }), undefined);
  assert.is(read({ ridge: '1' }), undefined);
  assert.equal(read({ repair: 'later', ridge: 'large', calibration: ' ' }), {
    ...{ repair: 'later', ridge: undefined, calibration: undefined },
  });
  await assertBadInput(() => repairFromSafetensors(new Uint8Array(3)), /bytes/);
});

test.run();
