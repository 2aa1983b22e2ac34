/** Where a run leaves its files. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
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
 * Throws 'bad-input' unless the files of a run can be written to `folder`: it must hold nothing but an earlier run's
 * files. Tries it, since permissions alone do not tell, and leaves nothing behind.
 */
export async function checkOutputFolder(folder: string): Promise<void> {
  const foreign = (await entriesOf(folder)).find((name) => !(RUN_FILES as readonly string[]).includes(name));
  if (foreign !== undefined) {
    throw new MasksearchError(
      'bad-input',
      `the output folder ${folder} holds ${foreign}, which is not of an earlier run`,
      'name a new or empty folder',
    );
  }
  const firstMade = await makeFolder(folder);
  try {
    await checkWritable(folder);
  } finally {
    if (firstMade !== undefined) await removeEmpty(folder, firstMade);
  }
}

/** Throws 'bad-input' unless files can be written to a folder that exists. Tries it, and leaves nothing behind. */
export async function checkWritable(folder: string): Promise<void> {
  const trial = join(folder, `.${randomUUID()}`);
  try {
    await writeFile(trial, '', { flag: 'wx' });
    await rm(trial);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** Writes the files of a run, each whole or not at all. */
export async function writeRun(folder: string, files: RunFiles): Promise<void> {
  await makeFolder(folder);
  for (const name of RUN_FILES) await writeFileAtomic(join(folder, name), files[name]);
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unusable(folder, error);
  }
}

/**
 * Makes a folder and those it lies in, and returns the outermost that was not there before. One by one: Node's
 * recursive `mkdir` never ends where the system answers ENOENT below a folder that exists, as Linux does in /proc.
 */
async function makeFolder(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let path = resolve(folder); !(await exists(path)); path = dirname(path)) missing.unshift(path);
  try {
    for (const path of missing) await mkdir(path);
  } catch (error) {
    throw unusable(folder, error);
  }
  return missing[0];
}

/** Removes `folder` and those it lies in up to `outermost`; none of them if it is not empty. */
async function removeEmpty(folder: string, outermost: string): Promise<void> {
  for (let made = resolve(folder); made.startsWith(resolve(outermost)); made = dirname(made))
    await rmdir(made);
}

function unusable(folder: string, error: unknown): MasksearchError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  return new MasksearchError(
    'bad-input',
    `the output folder ${folder} cannot be written (${reason})`,
    'name another one',
    { cause: error },
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
