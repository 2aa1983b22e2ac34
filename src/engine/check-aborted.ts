import { MasksearchError } from '../core/error.ts';

/** Throws 'aborted' if the caller has asked to stop. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new MasksearchError('aborted', 'the evaluation was aborted', 'evaluate again to continue', {
      cause: signal.reason,
    });
  }
}
