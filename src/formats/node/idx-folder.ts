import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MasksearchError } from '../../core/error.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { splitTraining, type Splits } from '../../data/splits.ts';
import { decodeIdxImages, decodeIdxLabels, labelledImages } from '../idx.ts';
import { decodeFile, fileError, withPathInErrors } from './files.ts';

/**
 * The four IDX files of MNIST or Fashion-MNIST in the folder `dir`, plain or gzipped, split in file order: the first
 * 80 % of the training file for training, the rest for search, the test file for test. Rejects with 'bad-input'.
 */
export async function readIdxFolder(dir: string): Promise<Splits> {
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
  return withPathInErrors(dir, () => splitTraining(training, test));
}

async function readPair(imagesPath: string, labelsPath: string): Promise<ImageSet> {
  const images = await decodeFile(imagesPath, 'image', decodeIdxImages);
  const labels = await decodeFile(labelsPath, 'label', decodeIdxLabels);
  return withPathInErrors(labelsPath, () => labelledImages(images, labels));
}

/** Path of the file with one of the names in use, which differ in a dash and a dot. */
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
