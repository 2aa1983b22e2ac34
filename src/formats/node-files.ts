/** Reads and writes files, in Node alone. Every failure is a sentence with the path. */
import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MasksearchError } from '../core/error.ts';
import type { ImageSet } from '../data/dataset.ts';
import { decodeIdxImages, decodeIdxLabels, labelledImages } from './idx.ts';
import { decodeMnist } from './mnist.ts';
import { splitTraining } from '../data/splits.ts';
import type { Splits } from '../data/splits.ts';

/**
 * The bytes of the file at `path`; `what` names its role in messages, such as "model". Rejects with 'bad-input'.
 * @param missingFix what to do if there is no such file
 */
export async function readFileChecked(
  path: string,
  what: string,
  missingFix = `name an existing ${what} file`,
): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, `the ${what} file ${path}`, 'file', missingFix);
  }
}

/** `decode` of the file at `path`, with the path in front of what it throws as a MasksearchError. */
export async function decodeFile<T>(
  path: string,
  what: string,
  decode: (bytes: Uint8Array) => T | Promise<T>,
  missingFix?: string,
): Promise<T> {
  const bytes = await readFileChecked(path, what, missingFix);
  return named(path, () => decode(bytes));
}

async function named<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    // An option at fault is not the file's.
    if (!(error instanceof MasksearchError) || error.option !== undefined) throw error;
    throw new MasksearchError(error.code, `${path}: ${error.message}`, error.fix, { cause: error });
  }
}

/**
 * Writes beside `path` and renames, so that `path` is at any moment the old file or the whole new one. Its folder must
 * exist. Rejects with 'bad-input'.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    // What went wrong above is the message; a folder that is missing altogether fails here too.
    await rm(beside, { force: true }).catch(() => undefined);
    throw fileError(error, `the output ${path}`, 'file', 'name a folder that exists');
  }
}

/** The bundled MNIST images, from `dist/data`. Rejects with 'bad-input' if the package was not built. */
export async function readBundledMnist(): Promise<ImageSet> {
  // The same from src/data and from dist/data.
  const path = fileURLToPath(new URL('../../dist/data/mnist.safetensors', import.meta.url));
  return decodeFile(path, 'MNIST', decodeMnist, 'run `npm run build`');
}

/**
 * The four IDX files of MNIST or Fashion-MNIST in the folder `dir`, plain or gzipped, split in file order: the first
 * 80 % of the training file for training, the rest for search, the test file for test. Rejects with 'bad-input'.
 */
export async function readIdxDirectory(dir: string): Promise<Splits> {
  let present: ReadonlySet<string>;
  try {
    present = new Set(await readdir(dir));
  } catch (error) {
    throw fileError(
      error,
      `the data folder ${dir}`,
      'folder',
      'name an existing folder with the four IDX files',
    );
  }
  const paths = {
    trainImages: findIdx(dir, present, 'train-images', 'idx3-ubyte'),
    trainLabels: findIdx(dir, present, 'train-labels', 'idx1-ubyte'),
    testImages: findIdx(dir, present, 't10k-images', 'idx3-ubyte'),
    testLabels: findIdx(dir, present, 't10k-labels', 'idx1-ubyte'),
  };
  const training = await readPair(paths.trainImages, paths.trainLabels);
  const test = await readPair(paths.testImages, paths.testLabels);
  return named(dir, () => splitTraining(training, test));
}

async function readPair(imagesPath: string, labelsPath: string): Promise<ImageSet> {
  const images = await decodeFile(imagesPath, 'image', decodeIdxImages);
  const labels = await decodeFile(labelsPath, 'label', decodeIdxLabels);
  return named(labelsPath, () => labelledImages(images, labels));
}

function findIdx(dir: string, present: ReadonlySet<string>, stem: string, kind: string): string {
  const names = [`${stem}-${kind}`, `${stem}.${kind}`].flatMap((name) => [name, `${name}.gz`]);
  const found = names.find((name) => present.has(name));
  if (found === undefined) {
    throw new MasksearchError(
      'bad-input',
      `the data folder ${dir} holds none of ${names.join(', ')}`,
      'put one of them there',
    );
  }
  return join(dir, found);
}

function fileError(
  error: unknown,
  subject: string,
  needed: 'file' | 'folder',
  missingFix: string,
): MasksearchError {
  const { code } = error as NodeJS.ErrnoException;
  const [message, fix] =
    code === 'ENOENT'
      ? [`${subject} does not exist`, missingFix]
      : code === 'EISDIR' || code === 'ENOTDIR'
        ? [`${subject} is not a ${needed}`, `name a ${needed}`]
        : code === 'EACCES' || code === 'EPERM'
          ? [`${subject} may not be opened by this user (${code})`, 'change its permissions or name another']
          : [`${subject} cannot be used (${code ?? String(error)})`, 'name another'];
  return new MasksearchError('bad-input', message, fix, { cause: error });
}
