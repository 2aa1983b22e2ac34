import { MasksearchError } from '../core/error.ts';
import { badChoice } from '../core/options.ts';
import type { Problem } from './contract.ts';

/**
 * Indices of the layers of `problem` with these names, in network order; of all layers if no names are given. Throws
 * 'bad-input' for unknown names, an empty list of names and a problem without layers.
 */
export function layersToSearch({ layers }: Problem, names: readonly string[] | undefined): readonly number[] {
  if (layers.length === 0) {
    throw new MasksearchError(
      'bad-input',
      'the network has no weights that can be pruned',
      'use a network with convolutions or dense layers',
    );
  }
  const known = layers.map(({ name }) => name);
  if (names?.length === 0) throw badChoice('layers', '', 'among', known);
  checkLayerNames('layers', names ?? [], known);
  return [...known.keys()].filter((index) => names?.includes(known[index]!) ?? true);
}

/** Throws 'bad-input' for a name in an option's value that no layer has. */
export function checkLayerNames(option: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw badChoice(option, unknown, 'among', known);
}
