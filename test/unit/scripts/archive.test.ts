import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { archiveSuffix, hasXz, packFolder } from '../../../scripts/portable/archive.ts';
import { MasksearchError } from '../../../src/core/error.ts';
import { testUnless } from '../../helpers/skip.ts';

async function inFolder(action: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'masksearch-archive-'));
  try {
    await mkdir(join(dir, 'packed/bin'), { recursive: true });
    await writeFile(join(dir, 'packed/bin/program'), '#!/bin/sh\n');
    await chmod(join(dir, 'packed/bin/program'), 0o755);
    await writeFile(join(dir, 'packed/text'), 'text\n'.repeat(1000));
    await action(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Each format starts with bytes of its own, by which tar finds out what to unpack it with. */
const magic = { '.tar.xz': 'fd377a585a00', '.tar.gz': '1f8b08' };

for (const suffix of ['.tar.gz', '.tar.xz'] as const) {
  const lack = suffix === '.tar.xz' && !hasXz() ? 'there is no xz' : undefined;

  testUnless(lack)(`${suffix}: tar unpacks what was packed, and nothing else is left`, async () => {
    await inFolder(async (dir) => {
      const file = join(dir, `new/archive${suffix}`);
      await packFolder(join(dir, 'packed'), file, 0);
      assert.equal(await readdir(join(dir, 'new')), [`archive${suffix}`]);
      assert.ok((await readFile(file)).toString('hex').startsWith(magic[suffix]));

      const tar = spawnSync('tar', ['-xf', file, '-C', join(dir, 'new')], { encoding: 'utf8' });
      assert.is(tar.status, 0, tar.stderr);
      const unpacked = join(dir, 'new/packed');
      assert.equal((await readdir(unpacked, { recursive: true })).sort(), ['bin', 'bin/program', 'text']);
      assert.is(await readFile(join(unpacked, 'text'), 'utf8'), 'text\n'.repeat(1000));
      assert.is((await stat(join(unpacked, 'bin/program'))).mode & 0o111, 0o111);
    });
  });

  testUnless(lack)(`${suffix}: the same files give the same bytes, whenever they were written`, async () => {
    await inFolder(async (dir) => {
      const [first, second] = ['first', 'second'].map((name) => join(dir, name + suffix)) as [string, string];
      await packFolder(join(dir, 'packed'), first, 6);
      await utimes(join(dir, 'packed/text'), 1e9, 1e9);
      await packFolder(join(dir, 'packed'), second, 6);
      assert.ok((await readFile(first)).equals(await readFile(second)));
    });
  });
}

test('xz where there is one, else gzip', () => {
  assert.is(archiveSuffix(), hasXz() ? '.tar.xz' : '.tar.gz');
});

test('a folder that cannot be packed', async () => {
  await inFolder(async (dir) => {
    await packFolder(join(dir, 'missing'), join(dir, 'archive.tar.gz'), 0).then(
      () => assert.unreachable(),
      (error: unknown) => assert.ok(error instanceof MasksearchError && error.code === 'bad-input'),
    );
    assert.equal(await readdir(dir), ['packed']);
  });
});

test.run();
