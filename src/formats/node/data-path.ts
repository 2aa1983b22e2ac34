/** Which files of a path hold a data set. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MasksearchError } from '../../core/error.ts';
import { claimedFormat, formatOf, SNIFFED_BYTES, type ArrayFormat } from '../arrays/open.ts';
import { chooseSets, type ChooseOptions } from '../datasets/choose.ts';
import {
  chooseOptions,
  readDataset,
  type LoadedData,
  type NamedBytes,
  type ReadOptions,
} from '../datasets/read.ts';
import { partOf, roleOf } from '../datasets/roles.ts';
import { withPathInErrors } from '../path-in-errors.ts';
import { fileError, readFileChecked } from './files.ts';

/** Formats of several arrays with names. */
const CONTAINER = /\.(npz|safetensors)$/i;

/**
 * The data set at `path`: an npz or safetensors file; an IDX or npy file with those that belong to it; or a folder with one of them, or
 * with a folder `raw`, also in a folder within, as torchvision has it. Rejects with 'bad-input'; see `readDataset` for the rest.
 */
export async function readDataPath(path: string, options: ReadOptions): Promise<LoadedData> {
  const isFolder = await inspect(path, async () => (await stat(path)).isDirectory());
  const choose = chooseOptions(options);
  const paths = isFolder ? await filesOfFolder(path, choose) : await filesWith(path, choose);
  const files: NamedBytes[] = [];
  for (const name of paths) files.push({ name, bytes: await readFileChecked(name, 'data') });
  return readDataset(files, options);
}

/** The file itself, or the pairs of IDX or npy files that it is one of. */
async function filesWith(path: string, choose: ChooseOptions): Promise<readonly string[]> {
  const role = roleOf(basename(path));
  const format = await sniff(path);
  if (!role || (format !== 'idx' && format !== 'npy')) return [path];
  const folder = dirname(path);
  const names = (await arrayFiles(folder)).filter((name) => roleOf(name)!.prefix === role.prefix);
  return pairedFiles(folder, names, choose);
}

async function filesOfFolder(folder: string, choose: ChooseOptions): Promise<readonly string[]> {
  const found = await filesIn(folder, choose);
  if (found.length > 0) return found;
  const raw: string[] = [];
  for (const inside of await rawFolders(folder)) {
    if ((await arrayFiles(inside)).length > 0) raw.push(inside);
  }
  const [first, second] = raw;
  if (first !== undefined && second === undefined) return filesIn(first, choose);
  throw new MasksearchError(
    'bad-input',
    second === undefined
      ? `the data folder ${folder} holds neither IDX files, npz, npy nor safetensors`
      : `the data folder ${folder} holds ${raw.length} data sets, ${raw.join(', ')}, only one is allowed`,
    second === undefined ? 'name a folder or file with images and labels' : 'name one of them',
  );
}

/** Empty if the folder holds no data itself. */
async function filesIn(folder: string, choose: ChooseOptions): Promise<readonly string[]> {
  const arrays = await arrayFiles(folder);
  if (arrays.length > 0) return pairedFiles(folder, arrays, choose);
  const containers = (await namesIn(folder)).filter((name) => CONTAINER.test(name));
  const parts = containers.map(partOf);
  const areParts = containers.length === 2 && parts.includes('train') && parts.includes('test');
  if (containers.length > 1 && !areParts) {
    throw new MasksearchError(
      'bad-input',
      `the data folder ${folder} holds ${containers.length} files with arrays, ${containers.slice(0, 8).join(', ')}, only one is allowed`,
      'name one of them',
    );
  }
  return containers.map((name) => join(folder, name));
}

function pairedFiles(
  folder: string,
  names: readonly string[],
  choose: ChooseOptions,
): Promise<readonly string[]> {
  return withPathInErrors(folder, () => {
    const candidates = names.map((name) => ({ name, role: roleOf(name) }));
    const { train, test } = chooseSets(candidates, choose);
    return [train?.images, train?.labels, test.images, test.labels].flatMap((file) =>
      file ? [join(folder, file.name)] : [],
    );
  });
}

/** Names of the IDX and npy files whose names say what they hold, in alphabetical order: plain files before gzipped ones. */
async function arrayFiles(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await namesIn(folder)) {
    if (!roleOf(name)) continue;
    // What claims to be such a file is read, so that damage is reported.
    const format = claimedFormat(name) ?? (await sniff(join(folder, name)));
    if (format === 'idx' || format === 'npy') found.push(name);
  }
  return found;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await inspect(folder, () => readdir(folder, { withFileTypes: true }));
  return entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/** `raw`, and `raw` in each folder within. */
async function rawFolders(folder: string): Promise<readonly string[]> {
  const inside = await inspect(folder, () => readdir(folder, { withFileTypes: true }));
  const folders = inside.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const found = folders.filter((path) => basename(path) === 'raw');
  for (const path of folders) {
    const deeper = await readdir(path, { withFileTypes: true }).catch(() => []);
    if (deeper.some((entry) => entry.isDirectory() && entry.name === 'raw')) found.push(join(path, 'raw'));
  }
  return found.sort();
}

async function sniff(path: string): Promise<ArrayFormat | undefined> {
  const head = await inspect(path, async () => {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  });
  return formatOf(head);
}

/** What the system says of a path, or the error for what it refuses. */
async function inspect<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fileError(
      error,
      `the data file or folder ${path}`,
      'file',
      'name an existing file or folder with images',
    );
  }
}
