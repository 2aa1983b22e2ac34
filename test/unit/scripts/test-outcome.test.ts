import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomeOf, sampleLine, skipLine } from '../../../scripts/test-outcome.ts';

const summary = (total: number, passed: number, skipped = 0) =>
  `• •   (${passed} / ${total})\n\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n\n`;

test('a file whose tests all pass', () => {
  assert.equal(outcomeOf(summary(3, 3), 0), { passed: 3, failed: 0, skipped: 0 });
});

test('tests that are left out, by name and with what is lacking', () => {
  const lines = `${skipLine('packs', 'there is no xz')}\n${skipLine('unpacks', 'there is no tar')}\n`;
  const skips = ['packs (there is no xz)', 'unpacks (there is no tar)'];
  assert.equal(outcomeOf(lines + summary(3, 3, 2), 0), { passed: 3, failed: 0, skipped: 2, skips });
  // They hide no failure.
  assert.equal(outcomeOf(lines + summary(3, 2, 2), 1), { passed: 2, failed: 1, skipped: 2, skips });
});

test('cases that are left for the full run', () => {
  const output = `${summary(3, 3)}${sampleLine(12)}\n`;
  assert.equal(outcomeOf(output, 0), { passed: 3, failed: 0, skipped: 0, omitted: 12 });
});

test('a test that is left out without a word', () => {
  assert.is(outcomeOf(summary(3, 3, 1), 0).failed, 1);
  assert.is(outcomeOf(`${skipLine('packs', 'there is no xz')}\n${summary(3, 3, 2)}`, 0).failed, 1);
});

test('a failing test', () => {
  assert.equal(outcomeOf(summary(3, 1), 1), { passed: 1, failed: 2, skipped: 0 });
});

test('a throwing before hook, which uvu answers with exit code 0', () => {
  assert.is(outcomeOf(summary(1, 0), 0).failed, 1);
});

test('a file without a result, whatever its exit code', () => {
  assert.is(outcomeOf('', 0).failed, 1);
  assert.is(outcomeOf('SyntaxError', 1).failed, 1);
  assert.is(outcomeOf('', null).failed, 1);
});

test('a file in which no test ran', () => {
  assert.is(outcomeOf(summary(0, 0, 4), 0).failed, 1);
});

test('a process that ends badly after its tests passed', () => {
  assert.equal(outcomeOf(summary(3, 3), 134), { passed: 3, failed: 1, skipped: 0, problem: 'exit code 134' });
  assert.is(outcomeOf(summary(3, 3), null).failed, 1);
});

test('the last summary counts when a test prints that of another process', () => {
  assert.is(outcomeOf(summary(9, 9) + summary(3, 2), 1).failed, 1);
  assert.is(outcomeOf(summary(9, 9) + summary(3, 3), 0).passed, 3);
});

test('a skipped file only where one may be', () => {
  const line = skipLine('all of its tests', 'there is no GPU');
  const skips = ['all of its tests (there is no GPU)'];
  assert.equal(outcomeOf(`${line}\n`, 77, 77), { passed: 0, failed: 0, skipped: 1, skips });
  assert.is(outcomeOf('', 77).failed, 1);
});

test.run();
