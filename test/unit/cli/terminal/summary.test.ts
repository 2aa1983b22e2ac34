import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { summarize } from '../../../../src/cli/terminal/summary.ts';
import type { PruneResult } from '../../../../src/report/run/result.ts';
import { result, tunedResult, without } from '../../report/run/fake-result.ts';

/** Lines, white space run together. */
const lines = (result: PruneResult, folder: string, options: Partial<Parameters<typeof summarize>[1]> = {}) =>
  summarize(result, { folder, kernelCheck: 'done', checkAsked: false, ...options })
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '));

test('of a tuned run: figures on the tuning, validation and test images', () => {
  assert.equal(lines(tunedResult, 'runs/a').slice(0, 9), [
    'unpruned pruned',
    'accuracy, tuning (1600 images) 97.23 % 87.44 %',
    'loss, tuning 0.0895 0.9923',
    'accuracy, validation (400 images) 97.25 % 96.50 %',
    'loss, validation 0.0911 0.1122',
    'accuracy, test (never searched on) 97.40 % 86.90 %',
    'loss, test 0.1013 1.0121',
    'sparsity, mean over layers 0.00 % 43.84 %',
    'sparsity, of all weights 0.00 % 48.32 %',
  ]);
});

test('of a tuned run: how to pick another point of its front', () => {
  const told = lines(tunedResult, 'runs/a');
  assert.equal(told.slice(-3), [
    `Digest ${tunedResult.digest}`,
    'Front 4 points, for masksearch pick runs/a --at …',
    'Report runs/a/report.html',
  ]);
});

test('of the article’s search: neither validation nor front', () => {
  const told = lines(result, 'runs/a');
  assert.equal(told.slice(1, 5), [
    'accuracy, search (2000 images) 97.23 % 87.44 %',
    'loss, search 0.0895 0.9923',
    'accuracy, test (never searched on) 97.40 % 86.90 %',
    'loss, test 0.1013 1.0121',
  ]);
  assert.not.match(told.join('\n'), /validation|tuning|Front/);
  assert.equal(told.slice(-2), [`Digest ${result.digest}`, 'Report runs/a/report.html']);
});

test('of a tuned run that saw the test images: no figures of those', () => {
  const told = lines({ ...without(tunedResult, 'test'), heldOut: false, split: 'all' }, 'found').join('\n');
  assert.match(told, 'accuracy, tuning (1600 images of the all split) 97.23 % 87.44 %');
  assert.match(told, 'accuracy, validation (400 images) 97.25 % 96.50 %');
  assert.not.match(told, /never searched on|loss, test/);
  assert.match(told, 'Test figures none: the search has seen the test images');
  assert.match(told, 'Front 4 points, for masksearch pick found --at …');
});

test('the kernel check, or why it was not done', () => {
  const check = { adapter: 'a GPU', software: false, images: 2000, loss: 0.25, referenceLoss: 0.2 };
  const told = lines({ ...tunedResult, check }, 'found');
  const at = told.findIndex((line) => line.startsWith('Kernel check'));
  assert.equal(told.slice(at, at + 2), [
    'Kernel check loss 0.2500000 on WebGPU, 0.2000000 in float64, relative difference 2.5e-1',
    '(2000 images, a GPU)',
  ]);
  const unchecked = without(tunedResult, 'check') as PruneResult;
  for (const [kernelCheck, checkAsked, expected] of [
    [
      'no adapter',
      false,
      'not done: there is no hardware GPU; --check does it on a software adapter, if there is one',
    ],
    ['no adapter', true, 'not done: there is no WebGPU adapter, hardware or software'],
    ['failed', false, 'failed, see above'],
    ['failed', true, 'failed, see above'],
  ] as const) {
    const without = lines(unchecked, 'found', { kernelCheck, checkAsked });
    assert.ok(without.includes(`Kernel check ${expected}`), without.join('\n'));
  }
});

test('of an interrupted run: that it was', () => {
  const told = lines({ ...tunedResult, completed: false }, 'found');
  assert.is(told[0], 'The search was interrupted; this is the best it had found.');
  assert.is(told[2], 'unpruned pruned');
});

test('of a run that pruned nothing: that it did not, and what to change', () => {
  const layers = tunedResult.layers.map((layer) => ({ ...layer, kept: layer.weights }));
  const note = (changes: Partial<PruneResult>) =>
    lines({ ...tunedResult, layers, ...changes }, 'found').find((line) => /weight was pruned/.test(line)) ??
    '';
  assert.is(
    note({}),
    'No weight was pruned: none that the search tried was allowed. A larger --evaluations or --max-accuracy-drop may help.',
  );
  assert.match(
    note({ parameters: { seconds: 1, maxLossRise: 5 } }),
    /larger --seconds or --max-loss-rise may/,
  );
  assert.match(note({ parameters: result.parameters }), /larger --iterations may/);
  assert.is(
    note({ parameters: { evaluations: 10, targetSparsity: 0.0001 } }),
    'No weight was pruned: a larger --target-sparsity asks for some.',
  );
  // Weights that were 0 before count as pruned, but not by the search.
  const [first, ...rest] = layers;
  const sparse = [{ ...first!, kept: first!.weights - 3 }, ...rest];
  const alreadyPruned = { zeros: 3, sparsity: tunedResult.final.sparsity };
  assert.match(note({ layers: sparse, alreadyPruned }), /^No further weight was pruned: /);
  assert.is(note({ layers: sparse }), '');
  assert.is(note({ layers: sparse, alreadyPruned: { ...alreadyPruned, zeros: 2 } }), '');
});

test.run();
