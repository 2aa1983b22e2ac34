import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseReadingOptions } from '../../../../src/pruning/options/groups/reading.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

test('how a model takes its data is read from texts, of which empty ones do not count', () => {
  assert.equal(parseReadingOptions({ mean: '0.5', std: ' 1, 2,3 ', scale: '', task: 'binary' }), {
    mean: 0.5,
    std: [1, 2, 3],
    task: 'binary',
  });
  assert.equal(parseReadingOptions({ mean: ' ' }), {});
});

test('wrong texts are refused with the name of their option', async () => {
  for (const [name, text] of [
    ['mean', 'some'],
    ['std', '1,,2'],
    ['scale', '1/255'],
    ['task', 'ranking'],
  ] as const) {
    await assertBadInput(() => parseReadingOptions({ [name]: text }), new RegExp(name));
  }
});

test.run();
