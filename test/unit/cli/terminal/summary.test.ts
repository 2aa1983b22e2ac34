import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { summarize } from '../../../../src/cli/terminal/summary.ts';
import { result, tunedResult, without } from '../../report/run/fake-result.ts';

/** Lines, white space run together. */
const lines = (...args: Parameters<typeof summarize>) =>
  summarize(...args)
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '));

test('of a tuned run: figures on the images tuned on, of the validation and of the test', () => {
  assert.equal(lines(tunedResult, 'runs/a').slice(0, 9), [
    'unpruned pruned',
    'accuracy, search (1600 images tuned on) 97.23 % 87.44 %',
    'loss, search 0.0895 0.9923',
    'accuracy, validation (400 images) 97.25 % 96.50 %',
    'loss, validation 0.0911 0.1122',
    'accuracy, test (never searched on) 97.40 % 86.90 %',
    'loss, test 0.1013 1.0121',
    'sparsity, mean over layers 0.00 % 43.84 %',
    'sparsity, of all weights 0.00 % 48.32 %',
  ]);
});

test('of a tuned run: where other states of its front are to be had', () => {
  const told = lines(tunedResult, 'runs/a');
  assert.equal(told.slice(-3), [
    `Digest ${tunedResult.digest}`,
    'Front 4 states, for masksearch pick runs/a --at …',
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
  assert.match(told, 'accuracy, all (1600 images tuned on) 97.23 % 87.44 %');
  assert.match(told, 'accuracy, validation (400 images) 97.25 % 96.50 %');
  assert.not.match(told, /never searched on|loss, test/);
  assert.match(told, 'Test figures none: the search has seen the test images');
  assert.match(told, 'Front 4 states, for masksearch pick found --at …');
});

test('of an interrupted run: that it was', () => {
  const told = lines({ ...tunedResult, completed: false }, 'found');
  assert.is(told[0], 'The search was interrupted; this is the best it had found.');
  assert.is(told[2], 'unpruned pruned');
});

test.run();
