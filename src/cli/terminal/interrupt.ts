import { EXIT } from '../command.ts';

/**
 * Makes an abort signal that is aborted by the first SIGINT or SIGTERM, so that work can end cleanly; `announce` is called then, with
 * a sentence on what a second one does: it ends the process. Call `release` when the work has ended.
 */
export function onInterrupt(announce: (again: string) => void): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    announce('Interrupt again to end at once.');
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
