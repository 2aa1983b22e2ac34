/** Packs a folder with the system's GNU tar, and xz or gzip. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MasksearchError } from '../../src/core/error.ts';

/** The same files give the same bytes, whoever packs them and when. */
const REPRODUCIBLE = [
  ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+w,go=rX'],
  '--mtime=2000-01-01T00:00:00Z',
];

/** How this machine packs best: xz saves a third, but it is not everywhere that tar and gzip are. */
export function archiveSuffix(): '.tar.xz' | '.tar.gz' {
  return hasXz() ? '.tar.xz' : '.tar.gz';
}

export function hasXz(): boolean {
  return spawnSync('xz', ['--version']).status === 0;
}

/**
 * Packs `folder` under its own name into `file`, which appears complete or not at all; by gzip if its name ends in `.gz`,
 * else by xz. `level` is their preset, from 0 (fast) to 9. Rejects with 'bad-input' where a program is missing or fails.
 */
export async function packFolder(folder: string, file: string, level: number): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  const unfinished = `${file}.partial`;
  // gzip starts at 1; without -n some write the time.
  const compress = file.endsWith('.gz') ? `gzip -n -${Math.max(level, 1)}` : `xz -${level} -T0`;
  const args = ['--create', '--file', unfinished, '--use-compress-program', compress, ...REPRODUCIBLE];
  try {
    await promisify(execFile)('tar', [...args, '--directory', dirname(folder), basename(folder)]);
    await rename(unfinished, file);
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    throw new MasksearchError(
      'bad-input',
      `the archive cannot be packed (${reason})`,
      'install GNU tar and xz (Debian: tar, xz-utils) or name it .tar.gz, and see that the disk is not full',
      { cause: error },
    );
  } finally {
    await rm(unfinished, { force: true });
  }
}
