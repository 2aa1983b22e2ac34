import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brotliCompressSync } from 'node:zlib';
import type { ArchivePackage } from '../../../../scripts/software-gpu/chromium-package.ts';
import { unpackOnce } from '../../../../scripts/software-gpu/unpack-once.ts';

/** Calls `body` with a package of two archives, in a temporary folder of its own. */
async function withPackage(body: (source: ArchivePackage) => Promise<void>) {
  const before = process.env['TMPDIR'];
  const folder = await mkdtemp(join(tmpdir(), 'masksearch-test-'));
  try {
    process.env['TMPDIR'] = folder;
    await writeFile(join(folder, 'program.br'), brotliCompressSync('program'));
    await writeFile(
      join(folder, 'files.tar.br'),
      brotliCompressSync(tar({ 'a.txt': 'a', 'lib/b.txt': 'bb' })),
    );
    await body({ version: '1.2.3', archives: folder });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true });
  }
}

/** Headers hold only what the reader looks at: name, mode, size and type. */
function tar(files: Record<string, string>): Buffer {
  const entries = Object.entries(files).map(([name, text]) => {
    const entry = Buffer.alloc(1024);
    entry.write(name, 0);
    entry.write('0000644\0', 100);
    entry.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
    entry.write('0', 156);
    entry.write(text, 512);
    return entry;
  });
  return Buffer.concat([...entries, Buffer.alloc(1024)]);
}

const archives = ['program.br', 'files.tar.br'];

test('unpacks programs and tar archives into one folder of the user alone', () =>
  withPackage(async (source) => {
    const folder = await unpackOnce(source, 'tools', archives);
    assert.match(folder, /\/masksearch-\d+\/tools-1\.2\.3$/);
    assert.is(await readFile(join(folder, 'program'), 'utf8'), 'program');
    assert.is((await stat(join(folder, 'program'))).mode & 0o777, 0o700);
    assert.is(await readFile(join(folder, 'a.txt'), 'utf8'), 'a');
    assert.is(await readFile(join(folder, 'lib/b.txt'), 'utf8'), 'bb');
    assert.is((await stat(dirname(folder))).mode & 0o777, 0o700);
  }));

test('unpacks once, also when several ask at the same time', () =>
  withPackage(async (source) => {
    const folders = await Promise.all([1, 2, 3, 4].map(() => unpackOnce(source, 'tools', archives)));
    assert.is(new Set(folders).size, 1);
    const folder = folders[0] as string;
    const { ino } = await stat(folder);
    assert.is(await unpackOnce(source, 'tools', archives), folder);
    assert.is((await stat(folder)).ino, ino);
    assert.equal(await readdir(dirname(folder)), ['tools-1.2.3']);
  }));

test('unpacks again when files were lost or cut', () =>
  withPackage(async (source) => {
    const folder = await unpackOnce(source, 'tools', archives);
    await rm(join(folder, 'lib'), { recursive: true });
    await truncate(join(folder, 'program'), 3);
    await Promise.all([1, 2, 3].map(() => unpackOnce(source, 'tools', archives)));
    assert.is(await readFile(join(folder, 'lib/b.txt'), 'utf8'), 'bb');
    assert.is(await readFile(join(folder, 'program'), 'utf8'), 'program');
    assert.equal(await readdir(dirname(folder)), ['tools-1.2.3']);
  }));

test('refuses a cache folder that others may write to', () =>
  withPackage(async (source) => {
    const folder = await unpackOnce(source, 'tools', archives);
    await chmod(dirname(folder), 0o777);
    await unpackOnce(source, 'tools', archives).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, 'with mode 700'),
    );
  }));

test('leaves nothing behind when an archive is damaged', () =>
  withPackage(async (source) => {
    await writeFile(join(source.archives, 'files.tar.br'), brotliCompressSync(tar({ '../escape': 'x' })));
    await unpackOnce(source, 'tools', archives).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, '../escape'),
    );
    assert.equal(await readdir(join(source.archives, `masksearch-${process.getuid?.()}`)), []);
  }));

test.run();
