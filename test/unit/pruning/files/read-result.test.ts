import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readResult } from '../../../../src/pruning/files/read-result.ts';
import { assertBadInput } from '../../../helpers/bad-input.ts';
import { tunedResult } from '../../report/run/fake-result.ts';
import { asVersion1 } from './version-1.ts';

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

test('a result of this version is read as it is', () => {
  assert.equal(readResult(bytes(tunedResult)), JSON.parse(JSON.stringify(tunedResult)));
});

test('a result of version 0.1 is read as one of this version', () => {
  const parameters = { ...tunedResult.parameters, disable: 'reuse' };
  const result = { ...tunedResult, parameters, version: '0.1.0' };
  const old = asVersion1(result);
  const text = JSON.stringify(old);
  for (const name of ['baseline', 'search', 'selection', 'deadUnits', 'without'])
    assert.ok(text.includes(`"${name}":`), name);
  for (const name of ['unpruned', 'tuning', 'validation', 'deadOutputs', 'disable'])
    assert.not(text.includes(`"${name}":`), name);
  assert.equal(readResult(bytes(old)), JSON.parse(JSON.stringify(result)));
});

test('what is no JSON object is refused', async () => {
  for (const text of ['', '{"front": [', 'null', '3', '[]', '"baseline"']) {
    await assertBadInput(() => readResult(bytes(text)), /^it is no JSON/);
  }
});

test.run();
