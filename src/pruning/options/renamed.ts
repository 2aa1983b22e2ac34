/** Options and values of version 0.1 that have other names now. Delete this when nobody has commands or links of 0.1 any more. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';

const OPTIONS: Readonly<Record<string, string>> = { without: 'disable', variants: 'configurations' };

const VALUES: Readonly<Record<string, string>> = { 'hardest-first': 'highest-loss-first' };

/** The error for an old name of an option in camelCase, if its new name is in `table`. */
export function renamedOption(name: string, table: object): MasksearchError | undefined {
  const now = Object.hasOwn(OPTIONS, name) ? OPTIONS[name]! : undefined;
  if (now === undefined || !Object.hasOwn(table, now)) return undefined;
  return new MasksearchError(
    'bad-input',
    phrase`${optionName(name)} is now ${optionName(now)}`,
    phrase`pass ${optionName(now)} instead`,
    { option: name },
  );
}

/** The error for an old name among the values of an option. */
export function renamedValue(option: string, value: string): MasksearchError | undefined {
  if (!Object.hasOwn(VALUES, value)) return undefined;
  const now = VALUES[value]!;
  return new MasksearchError(
    'bad-input',
    phrase`${value} of ${optionName(option)} is now ${now}`,
    `pass ${now} instead`,
    {
      option,
      value,
    },
  );
}
