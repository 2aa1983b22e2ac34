/** Finds the development package `@sparticuz/chromium`, which carries a Chromium and a software GPU as archives. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface ArchivePackage {
  readonly version: string;
  /** Path of the folder that holds the archives. */
  readonly archives: string;
}

/** The package; undefined if it is not installed or its programs, which are for Linux on x64, cannot run here. */
export function findChromiumPackage(): ArchivePackage | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  } catch {
    return undefined;
  }
  // The package exports nothing but its entry point, build/cjs/index.cjs; the archives are found relative to it.
  const root = join(dirname(entry), '..', '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { version, archives: join(root, 'bin') };
}
