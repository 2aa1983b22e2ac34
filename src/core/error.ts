import { optionsIn, spell, type Phrase, type Speller } from './phrase.ts';

/** What went wrong, for programs. The command line maps it to an exit code. */
export type ErrorCode =
  /** An option, a file or an argument is not what it must be. */
  | 'bad-input'
  /** The search cannot start or continue from here: there is no feasible state. */
  | 'infeasible'
  /** This machine does not have the requested device. */
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

/** What an error says about an option, as data. */
export interface OptionDetails {
  /** Name of the option at fault, in camelCase. */
  readonly option?: string | undefined;
  /** The value found. */
  readonly value?: unknown;
  /** What the option may be, in words that complete "must be". */
  readonly allowed?: string | undefined;
  /** All values that the option may have, if they can be listed. */
  readonly choices?: readonly string[] | undefined;
}

/**
 * Every error that a user can cause. `message` states the value found and the value allowed, without a final full
 * stop; `fix` says what to do about it. Shown together as one sentence: `${message}; ${fix}`. Both spell options in camelCase;
 * `spelled` gives them in another spelling.
 */
export class MasksearchError extends Error implements OptionDetails {
  override readonly name = 'MasksearchError';
  readonly code: ErrorCode;
  readonly fix: string;
  readonly option: string | undefined;
  readonly value: unknown;
  readonly allowed: string | undefined;
  readonly choices: readonly string[] | undefined;
  /** Names of other options that `message` or `fix` contains. */
  readonly related: readonly string[];
  /** `message` and `fix` with the names of options as data. */
  readonly phrases: { readonly message: string | Phrase; readonly fix: string | Phrase };

  constructor(
    code: ErrorCode,
    message: string | Phrase,
    fix: string | Phrase,
    { option, value, allowed, choices, ...rest }: ErrorOptions & OptionDetails = {},
  ) {
    super(spell(message), rest);
    this.code = code;
    this.fix = spell(fix);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
    this.choices = choices;
    this.related = optionsIn(message, fix).filter((name) => name !== option);
    this.phrases = { message, fix };
  }

  /** `message` and `fix` with the names of options as `speller` writes them. */
  spelled(speller: Speller): { readonly message: string; readonly fix: string } {
    const { message, fix } = this.phrases;
    return { message: spell(message, speller), fix: spell(fix, speller) };
  }

  /** The same error with other advice. */
  withFix(fix: string | Phrase): MasksearchError {
    const { code, phrases, option, value, allowed, choices } = this;
    return new MasksearchError(code, phrases.message, fix, { option, value, allowed, choices, cause: this });
  }
}
