import { MasksearchError } from '../core/error.ts';
import { phrase } from '../core/phrase.ts';

/**
 * `action()`, with `path` in front of the message of a MasksearchError that it throws, unless an option is at fault. Files in memory may have
 * none.
 */
export async function withPathInErrors<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof MasksearchError) || error.option !== undefined || path === '') throw error;
    const { code, phrases } = error;
    throw new MasksearchError(code, phrase`${path}: ${phrases.message}`, phrases.fix, { cause: error });
  }
}
