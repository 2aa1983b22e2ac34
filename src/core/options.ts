import { MasksearchError } from './error.ts';
import { optionName, phrase, spell, type Phrase } from './phrase.ts';

/** How `badOption` shows the value, and what else it says of the option. */
interface BadOptionDetails {
  /** The value as the message shows it; unless given, its text, or "empty" or "not given" where it has none. */
  readonly shown?: string;
  /** All values that are allowed, if they can be listed. */
  readonly choices?: readonly string[];
}

/** An option out of range. `allowed` completes "… but must be"; `fix` says what to pass instead. */
export function badOption(
  option: string,
  value: unknown,
  allowed: string | Phrase,
  fix: string | Phrase,
  { shown = shownValue(value), choices }: BadOptionDetails = {},
): MasksearchError {
  return new MasksearchError(
    'bad-input',
    phrase`${optionName(option)} is ${shown} but must be ${allowed}`,
    fix,
    { option, value, allowed: spell(allowed), choices },
  );
}

/** An option whose value is not `one of` a few, or an item of a list that is not `among` them. */
export function badChoice(
  option: string,
  value: string | undefined,
  how: 'one of' | 'among',
  choices: readonly string[],
): MasksearchError {
  const fix = how === 'one of' ? 'pass one of these' : 'name one or more of these';
  return badOption(option, value, `${how} ${choices.join(', ')}`, fix, { choices });
}

function shownValue(value: unknown): string {
  const text = String(value);
  return value === undefined ? 'not given' : text || 'empty';
}

/** `example` is the value that the error suggests. */
export function checkFraction(option: string, value: number, example: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw badOption(option, value, 'between 0 and 1', `pass a fraction such as ${example}`);
  }
}

export function checkPositive(option: string, value: number, example = 1): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw badOption(option, value, 'a number above 0', `pass one such as ${example}`);
  }
}

/** The range of a whole number, from 1 unless `least` says otherwise; `example` is the value that an error suggests. */
export interface CountRange {
  readonly least?: number;
  readonly most?: number;
  readonly example?: number;
}

export function checkCount(option: string, value: number, range: CountRange = {}): void {
  const { least = 1, most = Number.MAX_SAFE_INTEGER, example = 10 } = range;
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw badOption(option, value, `a whole number from ${least} to ${most}`, `pass one such as ${example}`);
  }
}
