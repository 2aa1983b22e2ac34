import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sentence } from '../../../../src/cli/terminal/sentence.ts';
import { MasksearchError } from '../../../../src/core/error.ts';

const told = (message: string, fix: string, options: ConstructorParameters<typeof MasksearchError>[3]) =>
  sentence(new MasksearchError('bad-input', message, fix, options));

test('the option at fault and those named beside it are spelled as on the command line', () => {
  const message = 'eliteSize is 2 but must be below populationSize';
  const fix = 'pass a smaller eliteSize or a larger populationSize';
  assert.is(
    told(message, fix, { option: 'eliteSize', related: ['populationSize'] }),
    '--elite-size is 2 but must be below --population-size; pass a smaller --elite-size or a larger --population-size.',
  );
});

test('a value that looks like an option stays as it is', () => {
  assert.is(
    told('layers is layers but must be among fc1', 'name one', { option: 'layers' }),
    '--layers is layers but must be among fc1; name one.',
  );
});

test.run();
