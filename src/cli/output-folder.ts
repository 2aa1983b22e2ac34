/** Where a run leaves its files. */
import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../formats/node/files.ts';
import type { Files } from '../pruning/run-files.ts';
import { MasksearchError } from '../core/error.ts';

/** The files of a `pick`. */
export const PICK_FILES = ['masks.safetensors', 'pruned.safetensors'] as const;

/** Those of a `compare` run. */
export const COMPARE_FILES = ['compare.json', 'compare.csv', 'compare.html'] as const;

/** A new folder under `runs/`, named by time and what was done. */
export async function newRunFolder(what: string, now: Date): Promise<string> {
  const name = `${now.toISOString().slice(0, 19).replaceAll(':', '')}-${what}`;
  for (let attempt = 1; ; attempt++) {
    const folder = join('runs', attempt === 1 ? name : `${name}-${attempt}`);
    if (!(await exists(folder))) return folder;
  }
}

/**
 * Throws 'bad-input' unless the files of a run can be written to `folder`: it must hold nothing but the files of an
 * earlier run of the same command, which are those of `names`. Tries it, since permissions alone do not tell, and leaves
 * nothing behind.
 */
export async function checkOutputFolder(
  folder: string,
  names: readonly string[],
  command: string,
): Promise<void> {
  // With the ending of a file that a crash left half-written beside the one it was to become.
  const ours = (entry: Dirent) =>
    entry.isFile() && names.some((name) => name === entry.name.replace(/\.[0-9a-f-]{36}\.tmp$/, ''));
  const foreign = (await entriesOf(folder)).find((entry) => !ours(entry))?.name;
  if (foreign !== undefined) {
    throw new MasksearchError(
      'bad-input',
      `the output folder ${folder} holds ${foreign}, which is not of an earlier ${command}`,
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
export async function checkWritable(folder: string, output = `the output folder ${folder}`): Promise<void> {
  const trial = join(folder, `.${randomUUID()}`);
  try {
    await writeFile(trial, '', { flag: 'wx' });
    await rm(trial);
  } catch (error) {
    throw unusable(output, error);
  }
}

/** Writes files of a run in the order of `names`, each whole or not at all. */
export async function writeRun<Name extends string>(
  folder: string,
  names: readonly Name[],
  files: Files<Name>,
): Promise<void> {
  await makeFolder(folder);
  for (const name of names) {
    const contents = files[name];
    if (contents !== undefined) await writeFileAtomic(join(folder, name), contents);
  }
}

/** Removes files of `names` that an earlier run left and this one does not write anew. */
export async function removeStale(
  folder: string,
  names: readonly string[],
  files: readonly Files<string>[],
): Promise<void> {
  const stale = names.filter((name) => files.every((written) => written[name] === undefined));
  await Promise.all(stale.map((name) => rm(join(folder, name), { force: true })));
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unusable(`the output folder ${folder}`, error);
  }
}

/**
 * Makes a folder and those it lies in, and returns the outermost that was not there before. One by one: Node's
 * recursive `mkdir` never ends where the system answers ENOENT below a folder that exists, as Linux does in /proc.
 */
async function makeFolder(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let path = resolve(folder); !(await exists(path)); path = dirname(path)) missing.unshift(path);
  const made: string[] = [];
  try {
    for (const path of missing) {
      await mkdir(path);
      made.unshift(path);
    }
  } catch (error) {
    for (const path of made) await rmdir(path);
    throw unusable(`the output folder ${folder}`, error);
  }
  return missing[0];
}

/** Removes `folder` and those it lies in up to `outermost`; none of them if it is not empty. */
async function removeEmpty(folder: string, outermost: string): Promise<void> {
  for (let made = resolve(folder); made.startsWith(resolve(outermost)); made = dirname(made))
    await rmdir(made);
}

function unusable(output: string, error: unknown): MasksearchError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  return new MasksearchError('bad-input', `${output} cannot be written (${reason})`, 'name another one', {
    cause: error,
  });
}

/** Whether there is something at a path; below a file there is not. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
