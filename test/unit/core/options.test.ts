import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { badChoice, badOption, checkCount, checkFraction, checkPositive } from '../../../src/core/options.ts';
import { optionName, phrase } from '../../../src/core/phrase.ts';
import { searchError } from '../../helpers/search/drive-search.ts';

test('an error of an option has option, value and what is allowed as data, and reads well', () => {
  const error = badOption('mutationRate', 2, 'between 0 and 1', 'pass a fraction such as 0.15');
  const { code, message, fix, option, value, allowed, choices, related } = error;
  assert.equal(
    { code, message, fix, option, value, allowed, choices, related },
    {
      code: 'bad-input',
      message: 'mutationRate is 2 but must be between 0 and 1',
      fix: 'pass a fraction such as 0.15',
      option: 'mutationRate',
      value: 2,
      allowed: 'between 0 and 1',
      choices: undefined,
      related: [],
    },
  );
});

test('a choice has all its values as data', () => {
  const error = badChoice('split', 'mine', 'one of', ['search', 'test']);
  assert.equal([error.value, error.choices], ['mine', ['search', 'test']]);
  const ofChoice = 'split is mine but must be one of search, test; pass one of these';
  assert.is(`${error.message}; ${error.fix}`, ofChoice);
  const ofList = badChoice('layers', '', 'among', ['fc1']);
  const ofEmptyList = 'layers is empty but must be among fc1; name one or more of these';
  assert.is(`${ofList.message}; ${ofList.fix}`, ofEmptyList);
  assert.is(ofList.value, '');
});

test('the value is shown as text, as empty, as not given, or otherwise', () => {
  const shown = (value: unknown, as?: string) =>
    badOption('at', value, 'x', 'y', as === undefined ? {} : { shown: as }).message;
  assert.is(shown([]), 'at is empty but must be x');
  assert.is(shown(['a', 'b']), 'at is a,b but must be x');
  assert.is(shown(undefined), 'at is not given but must be x');
  assert.is(shown(NaN), 'at is NaN but must be x');
  assert.is(shown('abc', "'abc'"), "at is 'abc' but must be x");
});

test('other options that an error names are related to it, and spelled like it', () => {
  const population = optionName('populationSize');
  const error = badOption('eliteSize', 12, phrase`below ${population}`, phrase`a larger ${population}`);
  assert.is(error.message, 'eliteSize is 12 but must be below populationSize');
  assert.is(error.allowed, 'below populationSize');
  assert.equal([error.option, error.related], ['eliteSize', ['populationSize']]);
  assert.equal(
    error.spelled((name) => `<${name}>`),
    { message: '<eliteSize> is 12 but must be below <populationSize>', fix: 'a larger <populationSize>' },
  );
});

test('other advice leaves the rest of an error as it is', () => {
  const error = badChoice('split', 'mine', 'one of', ['search']);
  const other = error.withFix(phrase`leave out ${optionName('split')}`);
  assert.equal(
    [other.message, other.fix, other.option, other.value, other.allowed, other.choices, other.cause],
    [error.message, 'leave out split', 'split', 'mine', error.allowed, error.choices, error],
  );
});

test('checks let the ends of their ranges pass, and nothing beyond', async () => {
  for (const value of [0, 0.5, 1]) checkFraction('a', value, 0.5);
  for (const value of [-1e-9, 1 + 1e-9, NaN])
    await searchError('bad-input', () => checkFraction('a', value, 0.5));
  for (const value of [5e-324, 1.7e308]) checkPositive('a', value);
  for (const value of [0, -1, Infinity, NaN]) await searchError('bad-input', () => checkPositive('a', value));
  for (const value of [1, 7]) checkCount('a', value, { most: 7 });
  for (const value of [0, 8, 1.5, NaN, Infinity]) {
    const error = await searchError('bad-input', () => checkCount('a', value, { most: 7, example: 3 }));
    assert.is(error.allowed, 'a whole number from 1 to 7');
    assert.is(error.fix, 'pass one such as 3');
    assert.ok(Object.is(error.value, value));
  }
});

test.run();
