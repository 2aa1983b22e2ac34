/** The folders that commands write their files to. */
import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, readdir, realpath, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../formats/node/files.ts';
import type { Files } from '../pruning/files/run-files.ts';
import { MasksearchError } from '../core/error.ts';

/** The files of a `pick`; the last only if it was asked for. */
export const PICK_FILES = ['masks.safetensors', 'pruned.safetensors', 'pruned.onnx'] as const;

/** Path of a new folder under `runs/`, named by the time and `what`. */
export async function newRunFolder(what: string, now: Date): Promise<string> {
  const name = `${now.toISOString().slice(0, 19).replaceAll(':', '')}-${what}`;
  for (let attempt = 1; ; attempt++) {
    const folder = join('runs', attempt === 1 ? name : `${name}-${attempt}`);
    if (!(await exists(folder))) return folder;
  }
}

/**
 * Throws 'bad-input' unless the files of a run can be written to `folder`: it may contain nothing but files of `names`, which an
 * earlier run of the same command wrote, and none of `inputs`, the files that are read. Tries to write, since permissions do not tell everything,
 * and removes what it wrote.
 */
export async function checkOutputFolder(
  folder: string,
  names: readonly string[],
  command: string,
  inputs: readonly (string | undefined)[] = [],
): Promise<void> {
  for (const input of inputs) if (input !== undefined) await checkNotIn(folder, names, input);
  // A crash may have left a half-written file, whose name has this ending.
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

async function checkNotIn(folder: string, names: readonly string[], input: string): Promise<void> {
  const [within, of] = await Promise.all([realFolder(folder), realFolder(dirname(input))]);
  if (within !== of || !names.includes(basename(input))) return;
  throw new MasksearchError(
    'bad-input',
    `the output folder ${folder} holds ${basename(input)}, which is read and would be overwritten`,
    'name a new or empty folder',
  );
}

/** Where links lead; the path itself if there is nothing yet. */
async function realFolder(folder: string): Promise<string> {
  return realpath(folder).catch(() => resolve(folder));
}

/** Throws 'bad-input' unless files can be written to an existing folder. Tries it, and removes what it wrote. */
export async function checkWritable(folder: string, output = `the output folder ${folder}`): Promise<void> {
  const trial = join(folder, `.${randomUUID()}`);
  try {
    await writeFile(trial, '', { flag: 'wx' });
    await rm(trial);
  } catch (error) {
    throw unusable(output, error);
  }
}

/** Writes the files of a run in the order of `names`, each completely or not at all. */
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

/** Removes those files of an earlier run that are not in `files`. */
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
 * Makes a folder and its missing parents, and returns the outermost that was missing. One by one: Node's recursive `mkdir` never
 * ends where the system reports ENOENT below a folder that exists, as Linux does in /proc.
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

/** Removes `folder` and its parents up to `outermost`. They are empty. */
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

/** Whether a file or folder exists at a path. A path below a file does not. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
