import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resultJson, tradeOffScore } from '../../../../src/report/run/result.ts';
import { result } from './fake-result.ts';

test('the trade-off score is the article’s', () => {
  assert.is(tradeOffScore(0.5, 0.75, 0.75), 0.5);
  assert.is(tradeOffScore(0, 0.9, 0.9), 0);
  // 43.84 % mean-layer sparsity and 87.44 % accuracy, of 97.23 %.
  assert.is(tradeOffScore(0.438352, 0.8744, 0.9723).toFixed(4), '0.3942');
  assert.ok(Number.isNaN(tradeOffScore(0.5, 0, 0)));
});

test('JSON holds what the design lists and reads back as it was', () => {
  const text = resultJson(result);
  assert.ok(text.endsWith('}\n'));
  const read = JSON.parse(text) as Record<string, Record<string, unknown>>;
  assert.equal(read, result);
  // The names are what others read: written out here, so that renaming one breaks a test.
  const names =
    'completed device digest final heldOut images layers method model modelDigest parameters preset seconds seed ' +
    'split test tradeOff unpruned version work';
  assert.equal(Object.keys(read).sort(), names.split(' '));
  assert.equal(Object.keys(read['final']!), ['loss', 'accuracy', 'cost', 'sparsity']);
  assert.equal(Object.keys(read['final']!['sparsity']!), ['meanLayer', 'global', 'perLayer']);
  assert.equal(Object.keys(read['test']!), ['unpruned', 'pruned']);
  const work = 'candidates forwardPasses imagesEvaluated macs plainMacs skippedMacs rounds uploadedBytes';
  assert.equal(Object.keys(read['work']!), work.split(' '));
});

test('JSON keeps numbers that are not finite, as texts', () => {
  const parameters = { most: Infinity, least: -Infinity, none: 0 };
  const text = resultJson({ ...result, tradeOff: NaN, parameters });
  const read = JSON.parse(text) as { tradeOff: unknown; parameters: unknown };
  assert.is(read.tradeOff, 'NaN');
  assert.equal(read.parameters, { most: 'Infinity', least: '-Infinity', none: 0 });
  assert.not.match(text, 'null');
});

test.run();
