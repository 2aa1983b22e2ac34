import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../../src/core/error.ts';
import { optionsOf } from '../../../../src/pruning/options/effect.ts';
import { OPTIMIZATION_NAMES } from '../../../../src/pruning/options/groups/optimizations.ts';
import { renamedOption, renamedValue } from '../../../../src/pruning/options/renamed.ts';
import { parseRunOptions, runOptions, searchOptions } from '../../../../src/pruning/options/run.ts';
import {
  ALL_RUN_OPTIMIZATIONS,
  disabledIn,
  OPTIMIZATIONS,
} from '../../../../src/pruning/search/optimizations.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

test('texts become the options that they are, and nothing else is taken for one', async () => {
  assert.equal(parseRunOptions({ maxAccuracyDrop: '0.5', images: '20', layers: 'fc1, out', seed: '7' }), {
    maxAccuracyDrop: 0.5,
    images: 20,
    layers: ['fc1', 'out'],
    seed: '7',
  });
  await assertBadInput(() => parseRunOptions({ images: 'ten' }), /images is 'ten'/);
  await assertBadInput(() => parseRunOptions({ device: 'wasm' }), /no option device/);
  await assertBadInput(() => parseRunOptions({ toString: 'x' }), /no option toString/);
});

test('every option is of all searches or of one at least, and has a default in its help or says that it has none', () => {
  const specific = [
    ...optionsOf('sa', 'tuned'),
    ...optionsOf('sa', 'paper'),
    ...optionsOf('ga', 'tuned'),
    ...optionsOf('ga', 'paper'),
  ] as readonly string[];
  const common = ['method', 'preset', 'seed', 'layers', 'keepLayers'];
  assert.equal([...new Set([...common, ...specific])].sort(), Object.keys(searchOptions).sort());
  for (const [name, { description }] of Object.entries(runOptions)) {
    if (['maxLossRise', 'maxLoss', 'targetSparsity', 'seconds', 'images', 'check', 'pareto'].includes(name))
      continue;
    assert.match(description, /\(default:? \S[^()]*\)$/, name);
  }
});

test('what is disabled is off, everything else is on', async () => {
  const { disable } = parseRunOptions({ disable: 'speculation, prefix-cache,speculation' });
  assert.equal(disable, { ...ALL_RUN_OPTIMIZATIONS, prefixCache: false, speculation: false });
  assert.equal(disabledIn(disable!), ['prefixCache', 'speculation']);
  const none = parseRunOptions({ disable: OPTIMIZATION_NAMES.join(',') }).disable!;
  assert.equal(disabledIn(none), OPTIMIZATIONS);
  assert.equal(disabledIn(ALL_RUN_OPTIMIZATIONS), []);
  const unknown = /^disable is magic but must be among prefix-cache, /;
  await assertBadInput(() => parseRunOptions({ disable: 'magic' }), unknown);
  const empty = /^disable is empty but must be among prefix-cache, /;
  await assertBadInput(() => parseRunOptions({ disable: ' , ' }), empty);
});

test('a flag is on if it is given or true, and nothing else', async () => {
  assert.equal(parseRunOptions({ check: 'true' }), { check: true });
  assert.equal(parseRunOptions({ check: '' }), { check: true });
  await assertBadInput(() => parseRunOptions({ check: 'no' }), /^check is no but must be true$/);
});

test('an option of version 0.1 is answered with its new name', async () => {
  await assertBadInput(() => parseRunOptions({ without: 'reuse' }), /^without is now disable$/);
  const error = renamedOption('variants', { configurations: 1 })!;
  assert.equal(
    error.spelled((name) => `--${name}`),
    { message: '--variants is now --configurations', fix: 'pass --configurations instead' },
  );
  assert.is(renamedOption('variants', { tilings: 1 })!.message, 'variants is now tilings');
  assert.is(
    renamedOption('variants', runOptions),
    undefined,
    'a command without the new option never had the old one',
  );
  assert.is(renamedOption('toString', { toString: 1 }), undefined);
  assert.is(renamedValue('disable', 'reuse'), undefined);
  const value = renamedValue('disable', 'hardest-first');
  assert.instance(value, MasksearchError);
  assert.match(value!.message, 'hardest-first of disable is now highest-loss-first');
});

test.run();
