import { badChoice } from '../core/options.ts';
import { renamedValue } from '../pruning/options/renamed.ts';

/** Those of `known` that are among `names`. Throws 'bad-input' for an unknown name, or for none. */
export function choose<T extends string>(
  option: string,
  names: readonly string[],
  known: readonly T[],
): readonly T[] {
  const unknown = names.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined)
    throw renamedValue(option, unknown) ?? badChoice(option, unknown, 'among', known);
  if (names.length === 0) throw badChoice(option, '', 'among', known);
  return known.filter((name) => names.includes(name));
}
