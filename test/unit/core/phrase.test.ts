import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { optionName, optionsIn, phrase, spell } from '../../../src/core/phrase.ts';

const loud = (option: string) => option.toUpperCase();

test('options in a phrase are spelled as the reader wants, everything else stays', () => {
  const words = phrase`${optionName('maxLoss')} is ${0.5}, maxLoss ${'maxLoss'} and ${true}`;
  assert.is(spell(words), 'maxLoss is 0.5, maxLoss maxLoss and true');
  assert.is(spell(words, loud), 'MAXLOSS is 0.5, maxLoss maxLoss and true');
  assert.is(spell('maxLoss', loud), 'maxLoss', 'a text has no options');
});

test('a phrase in a phrase keeps its options', () => {
  const inner = phrase`a larger ${optionName('eliteSize')}`;
  const outer = phrase`pass ${inner} or ${optionName('layers')}, not ${'x'}`;
  assert.is(spell(outer, loud), 'pass a larger ELITESIZE or LAYERS, not x');
  assert.equal(optionsIn(outer, 'layers', phrase`${optionName('layers')} again`), ['eliteSize', 'layers']);
});

test('a phrase survives being sent as JSON', () => {
  const words = phrase`pass ${optionName('seed')}`;
  assert.is(spell(JSON.parse(JSON.stringify(words)) as typeof words, loud), 'pass SEED');
});

test.run();
