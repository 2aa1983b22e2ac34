import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readResult } from '../../../../src/pruning/files/read-result.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
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

test('the fields of version 0.1, one by one', () => {
  const [unpruned, pruned] = [
    { loss: 0.1, accuracy: 0.97 },
    { loss: 0.2, accuracy: 0.95 },
  ];
  const text = `{
    "version": "0.1.0", "parameters": { "evaluations": 20, "without": "reuse,speculation" },
    "baseline": { "loss": 0.1, "accuracy": 0.97 },
    "final": { "cost": 1, "loss": 0.2, "accuracy": 0.95 },
    "selection": {
      "images": 400, "baseline": { "loss": 0.1, "accuracy": 0.97 }, "pruned": { "loss": 0.2, "accuracy": 0.95 }
    },
    "test": { "baseline": { "loss": 0.1, "accuracy": 0.97 }, "pruned": { "loss": 0.2, "accuracy": 0.95 } },
    "front": [{ "zeros": 7, "selection": { "loss": 0.2, "accuracy": 0.95 }, "final": true }],
    "deadUnits": [{ "layer": "conv1", "units": 6, "withoutInputs": [3], "unused": [] }]
  }`;
  assert.equal(readResult(bytes(text)), {
    version: '0.1.0',
    parameters: { evaluations: 20, disable: 'reuse,speculation' },
    unpruned,
    final: { cost: 1, ...pruned },
    validation: { images: 400, unpruned, pruned },
    test: { unpruned, pruned },
    front: [{ zeros: 7, validation: pruned, final: true }],
    deadOutputs: [{ layer: 'conv1', units: 6, withoutInputs: [3], unused: [] }],
  });
});

test('what is no JSON object is refused', async () => {
  for (const text of ['', '{"front": [', 'null', '3', '[]', '"baseline"']) {
    await assertBadInput(() => readResult(bytes(text)), /^it is no JSON/);
  }
});

test.run();
