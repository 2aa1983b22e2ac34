/** The forms in which `bench schedule` runs a search: with every way to save work, and with some left out. */
import { badOption } from '../../core/options.ts';
import { AVOIDANCE_NAMES } from '../../pruning/options/optimizations.ts';

export interface Variant {
  readonly name: string;
  /** Names of the work avoidance that is left out; undefined for none. */
  readonly without: readonly string[] | undefined;
}

export const FULL: Variant = { name: 'full', without: undefined };

/** Whatever `prune --without` can leave out is a variant by itself, so a new technique becomes one with its name there. */
export const VARIANTS: readonly Variant[] = [
  FULL,
  ...AVOIDANCE_NAMES.map((name) => ({ name, without: [name] })),
  { name: 'plain', without: AVOIDANCE_NAMES },
];

/** The variants of these names, in the order of `VARIANTS`; `full` is always first, since all others are held against it. */
export function chooseVariants(names: readonly string[]): readonly Variant[] {
  const known = VARIANTS.map(({ name }) => name);
  const chosen = choose('variants', names, known);
  return VARIANTS.filter((variant) => variant === FULL || chosen.includes(variant.name));
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
