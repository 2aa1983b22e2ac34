/** Unpacks archives into a cache folder, once per machine and user, also if several processes do so at the same time. */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MasksearchError } from '../../src/core/error.ts';
import type { ArchivePackage } from './chromium-package.ts';
import { unpackArchive } from './unpack-archive.ts';

/**
 * Unpacks archives of the package side by side into one folder and returns its path. The folder is private to this user
 * and lies in the system's temporary folder. `name` becomes part of its name and must differ where `archives` differ.
 * Later calls, also of other processes, find the folder and unpack nothing.
 */
export async function unpackOnce(
  source: ArchivePackage,
  name: string,
  archives: readonly string[],
): Promise<string> {
  const cache = await privateCacheFolder();
  const folder = join(cache, `${name}-${source.version}`);
  if (await isComplete(folder)) return folder;

  // Unpacked beside and renamed: another process sees all of it or nothing. The process that comes second discards its own.
  const unpacked = `${folder}.${randomUUID()}`;
  try {
    const sizes: Record<string, number> = {};
    for (const archive of archives) {
      Object.assign(sizes, await unpackArchive(join(source.archives, archive), unpacked));
    }
    await writeFile(join(unpacked, manifest), JSON.stringify(sizes));
    await moveIntoPlace(unpacked, folder);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  return folder;
}

/** Programs are loaded from this folder, so no other user may be able to write to it. */
async function privateCacheFolder(): Promise<string> {
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `masksearch-${user}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0) {
    throw new MasksearchError(
      'bad-input',
      `the cache folder ${folder} must be a folder that belongs to user ${user} with mode 700`,
      'remove it, or set TMPDIR to a folder of your own',
    );
  }
  return folder;
}

const manifest = '.manifest.json';

/** Whether every unpacked file is still there: cleaners of temporary folders remove single files, not whole folders. */
async function isComplete(folder: string): Promise<boolean> {
  try {
    const sizes = JSON.parse(await readFile(join(folder, manifest), 'utf8')) as Record<string, number>;
    const found = await Promise.all(Object.keys(sizes).map((name) => stat(join(folder, name))));
    return Object.values(sizes).every((size, index) => found[index]?.size === size);
  } catch {
    return false;
  }
}

async function moveIntoPlace(unpacked: string, folder: string): Promise<void> {
  for (;;) {
    try {
      return await rename(unpacked, folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
    if (await isComplete(folder)) return;
    const incomplete = `${unpacked}.old`;
    try {
      await rename(folder, incomplete);
    } catch (error) {
      // Another process moved it away at the same moment, so the place is free.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await rm(incomplete, { recursive: true, force: true });
  }
}
