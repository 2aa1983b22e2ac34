/** Options and values of version 0.1 that have other names now, so that old commands and links get the new name in the error. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';

/** The new names; of several, each belongs to another command. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  without: ['disable'],
  variants: ['configurations', 'tilings'],
};

const VALUES: Readonly<Record<string, string>> = { 'hardest-first': 'highest-loss-first' };

/** The error for an old name of an option in camelCase, if a new name of it is in `table`. */
export function renamedOption(name: string, table: object): MasksearchError | undefined {
  const names = Object.hasOwn(OPTIONS, name) ? OPTIONS[name]! : [];
  const now = names.find((one) => Object.hasOwn(table, one));
  if (now === undefined) return undefined;
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
