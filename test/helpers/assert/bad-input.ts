import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../src/core/error.ts';

/** Fails unless `action` ends in one sentence of code 'bad-input' whose message matches `pattern`. */
export async function assertBadInput(action: () => unknown, pattern: RegExp): Promise<void> {
  let error: unknown;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) assert.unreachable(`nothing was thrown, ${pattern.source} was expected`);
  if (!(error instanceof MasksearchError)) throw error;
  assert.is(error.code, 'bad-input');
  assert.match(error.message, pattern);
  for (const clause of [error.message, error.fix]) {
    assert.ok(clause.length > 0 && clause.length < 1000 && !/[\n\r]|\.$/.test(clause), clause);
  }
}
