/** The forms in which `bench schedule` runs a search: with every way to save work, and with some left out. */
import { badOption } from '../../core/options.ts';
import { OPTIMIZATION_NAMES } from '../../pruning/options/optimizations.ts';

export interface Configuration {
  readonly name: string;
  /** Names of the work optimizations that is left out; undefined for none. */
  readonly without: readonly string[] | undefined;
}

export const FULL: Configuration = { name: 'full', without: undefined };

/** Whatever `prune --without` can leave out is a configuration by itself, so a new optimization becomes one with its name there. */
export const CONFIGURATIONS: readonly Configuration[] = [
  FULL,
  ...OPTIMIZATION_NAMES.map((name) => ({ name, without: [name] })),
  { name: 'plain', without: OPTIMIZATION_NAMES },
];

/** The configurations of these names, in the order of `CONFIGURATIONS`; `full` is always first, since all others are held against it. */
export function chooseConfigurations(names: readonly string[]): readonly Configuration[] {
  const known = CONFIGURATIONS.map(({ name }) => name);
  const chosen = choose('configurations', names, known);
  return CONFIGURATIONS.filter(
    (configuration) => configuration === FULL || chosen.includes(configuration.name),
  );
}

/** Those of `known` that are among `names`. Throws 'bad-input' for a name that is not known, or for none. */
export function choose<T extends string>(
  option: string,
  names: readonly string[],
  known: readonly T[],
): readonly T[] {
  const unknown = names.find((name) => !known.some((one) => one === name));
  if (names.length === 0 || unknown !== undefined) {
    throw badOption(option, unknown ?? 'empty', `among ${known.join(', ')}`, 'name one or more of these');
  }
  return known.filter((name) => names.includes(name));
}
