import { EXIT } from '../command.ts';

/**
 * A signal that the first SIGINT or SIGTERM aborts, so that work can end cleanly; a second one ends the process.
 * Call `release` when the work is over.
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
