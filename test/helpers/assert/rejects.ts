import * as assert from 'uvu/assert';
import { MasksearchError, type ErrorCode } from '../../../src/core/error.ts';
import { withTimeout } from '../gpu.ts';

/** Fails unless the promise is rejected within seconds, with an error of this code whose message matches. */
export async function assertRejects(
  promise: Promise<unknown>,
  code: ErrorCode,
  message = /./,
  what: string = code,
): Promise<void> {
  const settled = promise.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
  const error = await withTimeout(settled, 30_000, what);
  assert.instance(error, MasksearchError, `${what}: ${String(error)}`);
  assert.is((error as MasksearchError).code, code, `${what}: ${String(error)}`);
  assert.match((error as MasksearchError).message, message);
}
