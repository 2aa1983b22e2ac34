/** What the files of a data set are, where that is not a format of arrays: by content, or by a name that a data set gives its files. */
import { nameOf } from './paths.ts';
import { roleOf, type Part, type Role } from './roles.ts';

/** Whether a file is a table in text, gzipped or not: by its name. */
export const isTable = (path: string): boolean => /\.(csv|tsv)(\.gz)?$/i.test(path);

/** The role of a table by its name, where it is for images or labels alone, as of "x_train.csv". */
export const roleOfTable = (path: string): Role | undefined =>
  roleOf(nameOf(path).replace(/\.[^.]*(\.gz)?$/i, ''));

export interface CifarFile {
  readonly part: Part;
  /** Labels before the pixels of each image, of which the last one counts: CIFAR-100 has a coarse one before it. */
  readonly labels: 1 | 2;
}

/** What a file of the binary version of CIFAR-10 or CIFAR-100 is; undefined for a file of another name. */
export function cifarFile(path: string): CifarFile | undefined {
  const name = nameOf(path);
  if (/^data_batch(_\d{1,2})?\.bin$/i.test(name)) return { part: 'train', labels: 1 };
  if (/^test_batch\.bin$/i.test(name)) return { part: 'test', labels: 1 };
  const [, part] = /^(train|test)\.bin$/i.exec(name) ?? [];
  return part === undefined ? undefined : { part: part.toLowerCase() as Part, labels: 2 };
}
