/** Tests that not every machine can run. */
import { test } from 'uvu';
import { skipLine } from '../../scripts/test-outcome.ts';

/**
 * `test` of uvu; or, where the machine lacks something, what leaves tests out by name, so that the runner counts them and
 * says why. `lack` is in words, undefined where nothing is lacking. Only for what a machine may well lack, never for
 * something that fails on it.
 */
export function testUnless(
  lack: string | undefined,
): (name: string, body: () => void | Promise<void>) => void {
  if (lack === undefined) return test;
  return (name, body) => {
    console.log(skipLine(name, lack));
    test.skip(name, body);
  };
}
