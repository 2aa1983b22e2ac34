import { MasksearchError } from '../core/error.ts';

/**
 * `action()`, with `path` in front of the message of a MasksearchError that it throws, unless an option is at fault. Files in memory may have
 * none.
 */
export async function withPathInErrors<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof MasksearchError) || error.option !== undefined || path === '') throw error;
    throw new MasksearchError(error.code, `${path}: ${error.message}`, error.fix, { cause: error });
  }
}
