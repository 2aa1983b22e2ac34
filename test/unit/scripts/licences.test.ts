import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findNodeLicence } from '../../../scripts/portable/licences.ts';

test('the licence text of Node.js, beside the program or else carried', async () => {
  const prefix = await mkdtemp(join(tmpdir(), 'masksearch-licences-'));
  const find = (version?: string) => findNodeLicence(join(prefix, 'bin/node'), version);
  try {
    const carried = find('20.19.0') ?? '';
    assert.is(basename(carried), 'node-20-licence.txt');
    const text = await readFile(carried, 'utf8');
    for (const part of ['Node.js', 'V8', 'OpenSSL', 'ICU', 'libuv', 'zlib', 'undici', 'llhttp']) {
      assert.match(text, new RegExp(`^(- )?${part}(, located at .*)? is licensed `, 'm'), part);
    }
    // Another major version has other parts.
    assert.is(find('21.0.0'), undefined);
    assert.is(find('120.19.0'), undefined);

    const debian = join(prefix, 'share/doc/nodejs/copyright');
    await mkdir(join(debian, '..'), { recursive: true });
    await writeFile(debian, 'Debian');
    assert.is(find('20.19.0'), debian);
    const release = join(prefix, 'LICENSE');
    await writeFile(release, 'release');
    assert.is(find('20.19.0'), release);
  } finally {
    await rm(prefix, { recursive: true });
  }
});

test.run();
