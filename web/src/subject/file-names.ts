/** Files in words, and as a command names them. */
import type { Given, GivenFile, OptionTexts } from '../protocol.ts';

/** Names beyond which there is only a number. */
const MAX_NAMES = 3;

/** The name of the file to which the architecture can be saved. */
export const ARCHITECTURE_FILE = 'network.json';

/** "x.npy, y.npy", "pets (60 files)", "a.csv, b.csv, c.csv and 4 more" */
export function namesOf(files: readonly Pick<GivenFile, 'path'>[]): string {
  const folder = folderOf(files);
  if (files.length > MAX_NAMES && folder !== '') return `${folder} (${files.length} files)`;
  const names = files.slice(0, MAX_NAMES).map(({ path }) => path);
  const others = files.length - names.length;
  return `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

/** The outermost folder that all of these files are in; empty if there is none. */
function folderOf(files: readonly Pick<GivenFile, 'path'>[]): string {
  const [first, ...others] = files.map(({ path }) => path.slice(0, Math.max(0, path.indexOf('/'))));
  return first !== undefined && others.every((folder) => folder === first) ? first : '';
}

/** What is in use as options of a command. One IDX or npy file stands for those that belong to it, a folder for others. */
export function commandOptions({ model, data, reading, architecture }: Given): OptionTexts {
  const [file] = model;
  const [first, ...others] = data;
  const isFolder = others.length > 0 && first !== undefined && !STANDS_FOR_OTHERS.test(first.path);
  return {
    ...(file && { model: file.path }),
    ...(architecture !== undefined && { architecture: ARCHITECTURE_FILE }),
    ...(first && { data: isFolder ? folderOf(data) || '.' : first.path }),
    ...(file || first ? reading : {}),
  };
}

/** Names of files that the command line takes with those that belong to them. */
const STANDS_FOR_OTHERS = /\.npy$|\bidx\d?\b|\.bin$/i;
