import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VERSION } from '../../../src/core/version.ts';

test('the version that results carry is that of the package', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
  assert.is(VERSION, (JSON.parse(text) as { version: string }).version);
});

test.run();
