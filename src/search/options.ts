import type { Problem } from './contract.ts';
import { MasksearchError } from './error.ts';

/** An option that is not what it must be; `allowed` completes "… but must be". */
export function badOption(option: string, value: unknown, allowed: string, fix: string): MasksearchError {
  return new MasksearchError('bad-input', `${option} is ${String(value)} but must be ${allowed}`, fix, {
    option,
  });
}

export function checkFraction(option: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw badOption(option, value, 'between 0 and 1', 'pass a fraction such as 0.15');
}

export function checkPositive(option: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw badOption(option, value, 'a number above 0', 'pass one such as 1');
  }
}

export function checkCount(option: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) {
    throw badOption(
      option,
      value,
      `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
      'pass one such as 200',
    );
  }
}

/** Indices of the layers of `problem` with these names, in network order; of all if no names are given. */
export function layersToSearch({ layers }: Problem, names: readonly string[] | undefined): readonly number[] {
  const known = layers.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (names?.length === 0 || unknown !== undefined) {
    throw badOption('layers', unknown ?? 'empty', `among ${known.join(', ')}`, 'name one or more of these');
  }
  return [...known.keys()].filter((index) => names?.includes(known[index]!) ?? true);
}
