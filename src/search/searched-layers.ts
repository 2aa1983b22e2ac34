import { badChoice } from '../core/options.ts';
import type { Problem } from './contract.ts';

/** Indices of the layers of `problem` with these names, in network order; of all if no names are given. */
export function layersToSearch({ layers }: Problem, names: readonly string[] | undefined): readonly number[] {
  const known = layers.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (names?.length === 0 || unknown !== undefined) {
    throw badChoice('layers', unknown ?? '', 'among', known);
  }
  return [...known.keys()].filter((index) => names?.includes(known[index]!) ?? true);
}
