/** What went wrong, for programs. The command line maps it to an exit code. */
export type ErrorCode =
  /** An option, a file or an argument is not what it must be. */
  | 'bad-input'
  /** The search cannot start or go on from here: no feasible state. */
  | 'infeasible'
  /** The requested device is not on this machine. */
  | 'no-device'
  | 'device-lost'
  | 'shader-failed'
  /** The device refused or could not carry out a command. */
  | 'gpu-failed'
  /** More than the device's limits or memory allow. */
  | 'limit-exceeded'
  /** The engine or evaluator was closed. */
  | 'closed'
  | 'aborted';

/**
 * Every error that a user can cause. `message` states the value found and the value allowed, without a final full
 * stop; `fix` says what to do about it. Shown together as one sentence: `${message}; ${fix}`.
 */
export class MasksearchError extends Error {
  override readonly name = 'MasksearchError';
  readonly code: ErrorCode;
  readonly fix: string;
  /** Name of the option at fault, as `message` spells it. */
  readonly option: string | undefined;
  /** Names of other options that `message` or `fix` spells. */
  readonly related: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    fix: string,
    { option, related = [], ...rest }: ErrorOptions & { option?: string; related?: readonly string[] } = {},
  ) {
    super(message, rest);
    this.code = code;
    this.fix = fix;
    this.option = option;
    this.related = related;
  }
}
