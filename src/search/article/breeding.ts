/** Populations of masks of one layer, and how a generation is bred from the one before. */
import { masksEqual, type Mask } from '../../core/mask.ts';
import type { RandomStream } from '../../core/random.ts';
import type { Score } from '../contract.ts';
import type { BreedingOptions } from './genetic-options.ts';
import { articleOrder, crossOver, mutate, randomMask, tournamentWinner } from './operators.ts';

export interface Individual {
  readonly mask: Mask;
  readonly cost: number;
  /** Whether its loss is below the cap, and its cost at most what a loss above the cap costs. */
  readonly feasible: boolean;
  /** Undefined if the loss is only known to be above the cap: the cost does not depend on it then. */
  readonly score: Score | undefined;
}

/** A new generation, of which some masks must be evaluated. */
export interface Offspring {
  readonly masks: readonly Mask[];
  /** For each mask the equal individual of the generation before, whose score is known. */
  readonly known: readonly (Individual | undefined)[];
  /** The different masks that are not known, each as the places at which it occurs. */
  readonly unknown: readonly (readonly number[])[];
}

/** A generation whose masks drop each of `weights` weights with probability `rate`. */
export function firstMasks(
  weights: number,
  populationSize: number,
  rate: number,
  random: RandomStream,
): readonly Mask[] {
  return Array.from({ length: populationSize }, () => randomMask(weights, rate, random));
}

/**
 * `elites`, then children of `parents` until the generation is full. Children come in pairs, so it may have one more.
 *
 * @param shape of the layer's weights
 * @param rate probability that a child's gene is redrawn
 */
export function bredMasks(
  { parents, elites }: { readonly parents: readonly Individual[]; readonly elites: readonly Individual[] },
  { populationSize, tournamentSize, crossoverRate }: BreedingOptions,
  shape: readonly number[],
  rate: number,
  random: RandomStream,
): readonly Mask[] {
  const order = articleOrder(shape);
  // At least the last gene comes after the cut. A mask of one gene cannot be cut.
  const cuts = order.length - 1;
  const parent = () => tournamentWinner(parents, tournamentSize, random).mask;
  const masks = elites.map(({ mask }) => mask);
  while (masks.length < populationSize) {
    const pair = [parent(), parent()] as const;
    const crosses = random() < crossoverRate && cuts > 0;
    const children = crosses ? crossOver(...pair, Math.floor(random.double() * cuts), order) : pair;
    masks.push(...children.map((child) => mutate(child, rate, random)));
  }
  return masks;
}

/** Compares the masks of a new generation with each other and with the generation before, so that none is evaluated twice. */
export function offspringOf(masks: readonly Mask[], before: readonly Individual[]): Offspring {
  const known = masks.map((mask) => before.find((individual) => masksEqual(individual.mask, mask)));
  const unknown: number[][] = [];
  masks.forEach((mask, place) => {
    if (known[place]) return;
    const duplicates = unknown.find(([first]) => masksEqual(masks[first!]!, mask));
    if (duplicates) duplicates.push(place);
    else unknown.push([place]);
  });
  return { masks, known, unknown };
}

/** The individuals of a generation; `evaluated` are those of `unknown`, in its order. */
export function individualsOf(
  { known, unknown }: Offspring,
  evaluated: readonly Individual[],
): readonly Individual[] {
  const individuals = [...known];
  unknown.forEach((places, i) => {
    for (const place of places) individuals[place] = evaluated[i];
  });
  return individuals as Individual[];
}

/** By rising cost; equal costs keep their order. */
export function sortedByCost(population: readonly Individual[]): readonly Individual[] {
  return [...population].sort((a, b) => a.cost - b.cost);
}
