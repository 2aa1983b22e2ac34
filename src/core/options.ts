import { MasksearchError } from './error.ts';

/**
 * An option that is not what it must be; `allowed` completes "… but must be". `related` are other options that `allowed`
 * or `fix` names.
 */
export function badOption(
  option: string,
  value: unknown,
  allowed: string,
  fix: string,
  related: readonly string[] = [],
): MasksearchError {
  return new MasksearchError('bad-input', `${option} is ${String(value)} but must be ${allowed}`, fix, {
    option,
    related,
  });
}

/** `example` is what the error names as one that would do. */
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

/** What a whole number may be; `example` is what an error names as one that would do. */
export interface CountRange {
  readonly most?: number;
  readonly example?: number;
}

export function checkCount(option: string, value: number, range: CountRange = {}): void {
  const { most = Number.MAX_SAFE_INTEGER, example = 10 } = range;
  if (!(Number.isSafeInteger(value) && value >= 1 && value <= most)) {
    throw badOption(option, value, `a whole number from 1 to ${most}`, `pass one such as ${example}`);
  }
}
