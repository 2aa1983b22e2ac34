import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sentence } from '../../../../src/cli/terminal/sentence.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { badOption } from '../../../../src/core/options.ts';
import { optionName, phrase } from '../../../../src/core/phrase.ts';

test('the option at fault and those named beside it are spelled as on the command line', () => {
  const population = optionName('populationSize');
  const fix = phrase`pass a smaller ${optionName('eliteSize')} or a larger ${population}`;
  assert.is(
    sentence(badOption('eliteSize', 2, phrase`below ${population}`, fix)),
    '--elite-size is 2 but must be below --population-size; pass a smaller --elite-size or a larger --population-size.',
  );
});

test('a value and prose that look like an option stay as they are', () => {
  assert.is(
    sentence(badOption('layers', 'layers', 'among the layers, fc1', 'name one of the layers')),
    '--layers is layers but must be among the layers, fc1; name one of the layers.',
  );
});

test('control characters are escaped, in an error of the user and in any other', () => {
  const error = new MasksearchError('bad-input', 'the file a\nb does not exist', 'name another\x1b[31m');
  assert.is(sentence(error), 'the file a\\nb does not exist; name another\\u001b[31m.');
  const unexpected = 'an unexpected error, planted\\tone; run again with --verbose and report it.';
  assert.is(sentence(new Error('planted\tone.')), unexpected);
});

test.run();
