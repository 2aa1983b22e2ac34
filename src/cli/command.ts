import type { OptionTable } from './options.ts';

export const EXIT = { done: 0, failed: 1, badInput: 2, noDevice: 3, interrupted: 130 } as const;

export interface Command {
  readonly summary: string;
  /** What `--help` says between the usage line and the options. */
  readonly help: string;
  /** What comes before the options. */
  readonly arguments?: string;
  readonly options: OptionTable;
  /** Carries the command out and returns the exit code. Throws MasksearchError. */
  run(args: readonly string[]): Promise<number>;
}

/** Commands under one name, such as `bench schedule`. */
export interface CommandGroup {
  readonly summary: string;
  readonly commands: Readonly<Record<string, Command>>;
}
