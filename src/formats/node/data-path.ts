/** Which files of a path hold a data set. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MasksearchError } from '../../core/error.ts';
import { checkArrayBytes } from '../arrays/array.ts';
import { claimedFormat, formatOf, SNIFFED_BYTES, type ArrayFormat } from '../arrays/open.ts';
import { chooseSets, type ChooseOptions } from '../datasets/choose.ts';
import {
  chooseOptions,
  readDataset,
  type LoadedData,
  type NamedBytes,
  type ReadOptions,
} from '../datasets/read.ts';
import { cifarFile, isTable, roleOfTable } from '../datasets/file-roles.ts';
import { partOfFolder } from '../datasets/image-tree.ts';
import { partOf, roleOf } from '../datasets/roles.ts';
import { withPathInErrors } from '../path-in-errors.ts';
import { fileError, readFileChecked } from './files.ts';

/** Formats of several arrays with names. */
const CONTAINER = /\.(npz|safetensors)$/i;
const IMAGE = /\.(png|jpe?g)$/i;
/** Folders with data in the root folder of a data set. */
const INNER = /^(raw|cifar-10-batches-bin|cifar-100-binary)$/;
const MAX_IMAGES = 2 ** 18;

/**
 * The data set at `path`: an npz, safetensors or CSV file; an IDX or npy file, or one of CIFAR, with those that belong to it; a folder with one
 * of them, or with a folder `raw`, also in a folder within, as torchvision has it; or a folder with a folder of images for each class. Rejects
 * with 'bad-input'; see `readDataset` for the rest.
 */
export async function readDataPath(path: string, options: ReadOptions): Promise<LoadedData> {
  const isFolder = await inspect(path, async () => (await stat(path)).isDirectory());
  const choose = chooseOptions(options);
  const paths = isFolder ? await filesOfFolder(path, choose) : await filesWith(path, choose);
  const files: NamedBytes[] = [];
  let total = 0;
  for (const name of paths) {
    const bytes = await readFileChecked(name, 'data');
    files.push({ name, bytes });
    total += bytes.length;
    // Other files are looked at one by one, by what their headers say.
    if (paths.length > MAX_ARRAY_FILES) checkArrayBytes('the folder of images', total);
  }
  return readDataset(files, options);
}

/** Files of a data set of arrays at the most. */
const MAX_ARRAY_FILES = 8;

/** The file itself, or the pairs of IDX or npy files that it is one of. */
async function filesWith(path: string, choose: ChooseOptions): Promise<readonly string[]> {
  const folder = dirname(path);
  if (cifarFile(path)) return cifarFiles(folder);
  if (isTable(path)) return tableFiles(folder, [basename(path)], choose);
  const role = roleOf(basename(path));
  const format = await sniff(path);
  if (!role || (format !== 'idx' && format !== 'npy')) return [path];
  const names = (await arrayFiles(folder)).filter((name) => roleOf(name)!.prefix === role.prefix);
  return pairedFiles(folder, names, choose);
}

async function filesOfFolder(folder: string, choose: ChooseOptions): Promise<readonly string[]> {
  const found = await filesIn(folder, choose);
  if (found.length > 0) return found;
  const images = await imageFiles(folder);
  if (images.length > 0) return images;
  const raw: string[] = [];
  for (const inside of await innerFolders(folder)) {
    const holdsArrays = basename(inside) === 'raw' && (await arrayFiles(inside)).length > 0;
    if (holdsArrays || (await cifarFiles(inside)).length > 0) raw.push(inside);
  }
  const [first, second] = raw;
  if (first !== undefined && second === undefined) return filesIn(first, choose);
  throw new MasksearchError(
    'bad-input',
    second === undefined
      ? `the data folder ${folder} holds neither IDX files, npz, npy, safetensors, CSV, files of CIFAR nor folders of images`
      : `the data folder ${folder} holds ${raw.length} data sets, ${raw.join(', ')}, only one is allowed`,
    second === undefined ? 'name a folder or file with images and labels' : 'name one of them',
  );
}

/** Empty if the folder holds no data itself. */
async function filesIn(folder: string, choose: ChooseOptions): Promise<readonly string[]> {
  const arrays = await arrayFiles(folder);
  if (arrays.length > 0) return pairedFiles(folder, arrays, choose);
  const names = await namesIn(folder);
  const cifar = await cifarFiles(folder);
  if (cifar.length > 0) return cifar;
  const containers = names.filter((name) => CONTAINER.test(name));
  const tables = names.filter(isTable);
  if (containers.length === 0 && tables.length > 0) return tableFiles(folder, tables, choose);
  return oneSet(folder, containers);
}

/** Tables that hold one array each, as their names say, or images with labels. */
async function tableFiles(
  folder: string,
  names: readonly string[],
  choose: ChooseOptions,
): Promise<readonly string[]> {
  const role = roleOfTable(names[0]!);
  if (!role) return oneSet(folder, names);
  const others = (await namesIn(folder)).filter(
    (name) => isTable(name) && roleOfTable(name)?.prefix === role.prefix,
  );
  // One that holds the labels too stands alone.
  return others.some((name) => roleOfTable(name)?.kind === 'labels')
    ? pairedFiles(folder, others, choose)
    : oneSet(folder, names);
}

/** The only file, or that of the training set and that of the test set. */
function oneSet(folder: string, containers: readonly string[]): readonly string[] {
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
    const candidates = names.map((name) => ({
      name,
      role: isTable(name) ? roleOfTable(name) : roleOf(name),
    }));
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
    if (!roleOf(name) || isTable(name)) continue;
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

/** Files of CIFAR in a folder. */
async function cifarFiles(folder: string): Promise<readonly string[]> {
  return (await namesIn(folder)).filter(cifarFile).map((name) => join(folder, name));
}

/** Images in the folders of a folder, and in folders of a training and a test set in it. */
async function imageFiles(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const inside of await foldersIn(folder)) {
    const isPart = partOfFolder(basename(inside)) !== undefined;
    for (const place of isPart ? await foldersIn(inside) : [inside]) {
      for (const name of await namesIn(place)) if (IMAGE.test(name)) found.push(join(place, name));
      if (found.length > MAX_IMAGES)
        throw new MasksearchError(
          'bad-input',
          `the data folder ${folder} holds more than ${MAX_IMAGES} images`,
          'use fewer images',
        );
    }
  }
  return found;
}

/** The folders in a folder, and those in each of them that hold data by convention: `raw`, and those of CIFAR. */
async function innerFolders(folder: string): Promise<readonly string[]> {
  const folders = await foldersIn(folder);
  const found = folders.filter((path) => INNER.test(basename(path)));
  for (const path of folders) {
    const deeper = await foldersIn(path).catch(() => []);
    found.push(...deeper.filter((inside) => basename(inside) === 'raw'));
  }
  return found.sort();
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await inspect(folder, () => readdir(folder, { withFileTypes: true }));
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .sort();
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
