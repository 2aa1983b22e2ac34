/** Where a run leaves its files. */
import { access, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../data/node-files.ts';
import { MasksearchError } from '../search/error.ts';

/** The files of a `prune` run. */
export const RUN_FILES = [
  'history.csv',
  'result.json',
  'masks.safetensors',
  'pruned.safetensors',
  'report.html',
] as const;

export type RunFiles = Readonly<Record<(typeof RUN_FILES)[number], string | Uint8Array>>;

/** A new folder under `runs/`, named by time and method. */
export async function newRunFolder(method: string, now: Date): Promise<string> {
  const name = `${now.toISOString().slice(0, 19).replaceAll(':', '')}-${method}`;
  for (let attempt = 1; ; attempt++) {
    const folder = join('runs', attempt === 1 ? name : `${name}-${attempt}`);
    if (!(await exists(folder))) return folder;
  }
}

/**
 * Throws 'bad-input' unless the files of a run can be written to `folder`: it must be writable, or be in a writable
 * one, and hold nothing but an earlier run's files. Creates nothing.
 */
export async function checkOutputFolder(folder: string): Promise<void> {
  let entries: readonly string[] = [];
  try {
    entries = await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw unusable(folder, code ?? String(error));
  }
  const foreign = entries.find((name) => !(RUN_FILES as readonly string[]).includes(name));
  if (foreign !== undefined) {
    throw new MasksearchError(
      'bad-input',
      `the output folder ${folder} holds ${foreign}, which is not of an earlier run`,
      'name a new or empty folder',
    );
  }
  let existing = resolve(folder);
  while (!(await exists(existing))) existing = dirname(existing);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(folder, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

/** Writes the files of a run, each whole or not at all. */
export async function writeRun(folder: string, files: RunFiles): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw unusable(folder, (error as NodeJS.ErrnoException).code ?? String(error));
  }
  for (const name of RUN_FILES) await writeFileAtomic(join(folder, name), files[name]);
}

function unusable(folder: string, reason: string): MasksearchError {
  return new MasksearchError(
    'bad-input',
    `the output folder ${folder} cannot be written (${reason})`,
    'name another one',
    { option: 'out' },
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Anything but "not there" is for the caller to run into.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
