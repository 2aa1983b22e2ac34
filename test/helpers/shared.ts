/** Files of other people, beside the checkout: too large, or not ours to give away. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { testUnless } from './skip.ts';

const SHARED = join(import.meta.dirname, '../../../shared');

/** The path of a file or folder there. */
export const shared = (path: string) => join(SHARED, path);

/** A test with such a file or folder, left out where it is missing. */
export function testWithShared(path: string, name: string, body: (path: string) => Promise<void>): void {
  const lack = existsSync(shared(path)) ? undefined : `there is no ../shared/${path} beside the checkout`;
  testUnless(lack)(name, () => body(shared(path)));
}
