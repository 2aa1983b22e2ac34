/** Reads and writes files. Every failure is a MasksearchError that names the path. */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { MasksearchError } from '../../core/error.ts';
import { withPathInErrors } from '../path-in-errors.ts';

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
    const found = await stat(path);
    // A device such as /dev/zero has no end.
    if (!found.isCharacterDevice() && !found.isBlockDevice()) return await readFile(path);
  } catch (error) {
    throw fileError(error, `the ${what} file ${path}`, 'file', missingFix);
  }
  throw new MasksearchError('bad-input', `the ${what} file ${path} is a device`, missingFix);
}

/** `decode` of the file at `path`. Rejects with 'bad-input', or with what `decode` throws and the path in front of it. */
export async function decodeFile<T>(
  path: string,
  what: string,
  decode: (bytes: Uint8Array) => T | Promise<T>,
  missingFix?: string,
): Promise<T> {
  const bytes = await readFileChecked(path, what, missingFix);
  return withPathInErrors(path, () => decode(bytes));
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
    // Fails too if the folder is missing; the first error is the one to report.
    await rm(beside, { force: true }).catch(() => undefined);
    throw fileError(error, `the output ${path}`, 'file', 'name a folder that exists');
  }
}

/** 'bad-input' for what the system says of `subject`, which names its role and its path. */
export function fileError(
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
        ? [`${subject} is not a ${needed}`, code === 'EISDIR' ? 'name a file in it' : `name a ${needed}`]
        : code === 'EACCES' || code === 'EPERM'
          ? [`${subject} may not be opened by this user (${code})`, 'change its permissions or name another']
          : [`${subject} cannot be used (${code ?? String(error)})`, 'name another'];
  return new MasksearchError('bad-input', message, fix, { cause: error });
}
