import { EXIT } from '../command.ts';

/**
 * Makes an abort signal that is aborted by the first SIGINT or SIGTERM, so that work can end cleanly; `announce` is called then. A
 * second one ends the process. Call `release` when the work has ended.
 */
export function onInterrupt(announce: () => void): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    announce();
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
