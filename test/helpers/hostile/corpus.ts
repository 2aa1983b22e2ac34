/** The files of the corpus, each from the sound one, by its row. */
import { refusalOf } from '../assert/hostile.ts';
import { damaged } from './damage.ts';
import { firstOf, read, type Given } from './given.ts';
import type { SoundFile } from './sound.ts';

/** Damaged files of each format: 2,300 with the attacks. */
export const FILES_OF_EACH = 62;
/** Damaged versions of a file that may be read, one after the other. */
const MAX_READ = 1000;

export interface Damage extends Given {
  readonly what: string;
}

/** The first damaged version of a row that is refused. */
export async function firstRefused(file: SoundFile, row: number): Promise<Damage> {
  for (let attempt = 0; attempt < MAX_READ; attempt++) {
    const found = damage(file, row, attempt);
    if ((await refusalOf(() => read(found), found.what)) !== undefined) return found;
  }
  throw new Error(`${file.format}: ${MAX_READ} damaged files of row ${row} were all read`);
}

function damage(file: SoundFile, row: number, attempt: number): Damage {
  const [name, bytes] = firstOf(file.files);
  const path = file.target ?? name;
  const target = file.inner?.bytes ?? (file.target === undefined ? bytes : file.files.get(path)!);
  const { how, bytes: changed } = damaged(target, `${file.format} ${row}`, row + attempt);
  const wrapped = file.inner ? file.inner.wrap(changed) : changed;
  return {
    ...file,
    what: `${file.format}, row ${row}, attempt ${attempt}: ${how}`,
    files: new Map(file.files).set(path, wrapped),
  };
}
