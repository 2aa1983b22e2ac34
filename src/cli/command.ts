import type { OptionTable } from '../pruning/options/option.ts';

export const EXIT = { done: 0, failed: 1, badInput: 2, noDevice: 3, interrupted: 130 } as const;

export interface Command {
  readonly summary: string;
  /** The text of `--help` between the usage line and the options. */
  readonly help: string;
  /** Arguments before the options, as the usage line shows them. */
  readonly arguments?: string;
  readonly options: OptionTable;
  /** Runs the command and resolves to the exit code. Rejects with a MasksearchError. */
  run(args: readonly string[]): Promise<number>;
}

/** Commands under one name, such as `bench schedule`. */
export interface CommandGroup {
  readonly summary: string;
  readonly commands: Readonly<Record<string, Command>>;
}
