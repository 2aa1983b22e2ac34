/** From a population to the masks of its next generation. */
import { countKept, countPruned, masksEqual, type Masks } from '../../core/mask.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import type { Solution } from '../contract.ts';
import { initialMasks } from '../initial-masks.ts';
import { chooseMove } from '../tuned/moves/choose-move.ts';
import { changed } from '../tuned/moves/moves.ts';
import { layerwiseCrossover, uniformCrossover, withDifference, type Difference } from './crossover.ts';
import { withLayer, withZeros, type RepairContext } from './repair.ts';
import { seedMasks } from './seeds.ts';
import { prunableIn, type PopulationSetup } from './setup.ts';
import type { PopulationState } from './state.ts';

/** How the children of a generation are made: as seeds, as usual, or by strong mutations. */
export type Kind = 'seeds' | 'usual' | 'shaken';

export interface Child {
  readonly masks: Masks;
  /** What a mutation has changed, and how. */
  readonly mutation?: Mutation | undefined;
}

/**
 * The individuals of a generation have the layers before the first of `layers` in common, so that evaluators compute these once. Searches of one
 * layer after the other get the same by themselves.
 */
interface Family {
  /** Its best individual or, in a Pareto search, the one that it was chosen by. */
  readonly head: Solution;
  /** The best first. */
  readonly members: readonly Solution[];
  /** Layers that children may change. */
  readonly layers: readonly number[];
  /** Those of the state that are within these layers. */
  readonly differences: readonly Difference[];
}

interface Mutation {
  readonly parent: Solution;
  readonly layer: number;
  readonly move: number;
}

/** Shares of a generation that are made by joining differences and by crossover of two parents. The others are mutants. */
const JOINED_SHARE = 0.2;
const CROSSOVER_SHARE = 0.06;

/** Share of the crossovers that are uniform; the others are layer-wise. */
const UNIFORM_SHARE = 0.5;

/** Share of the joined children that start from the best individual. */
const FROM_BEST_SHARE = 0.75;

/** Most differences that are joined; mostly it is two or three, since the changes of the loss do not add up. */
const MAX_JOINED = 8;

/** Most draws for each. */
const DRAWS_PER_DIFFERENCE = 4;

/** The rise of the loss that joined children are planned for, as a multiple of what is left under the cap. */
const ROOM_RANGE = [0.3, 2] as const;

/** Individuals that are drawn for a parent, the best of which becomes it. */
const TOURNAMENT = 3;

/** Step sizes are times a number between these two, mostly small. */
const STEP_RANGE = [0.5, 2.5] as const;

/** Share of the mutations in the first layer of a family; the others are in that or a later one. */
const FOCUS_SHARE = 0.75;

/** Largest share of a layer's weights that a strong mutation exchanges. */
const SHAKEN_SHARE = 0.08;

/** Draws for a child that is not in the population yet. */
const MAX_DRAWS = 4;

export class Breeder {
  readonly #setup: PopulationSetup;
  /** Roots of the numbers of weights of the layers. */
  readonly #roots: readonly number[];

  constructor(setup: PopulationSetup) {
    this.#setup = setup;
    this.#roots = setup.weights.map(Math.sqrt);
  }

  /**
   * Up to `count` children that differ from each other and from the population; fewer where nothing else can be changed.
   *
   * @param zeros that all children must have; undefined for any number up to the target
   * @param replacesParents whether children may equal a parent, as parents die
   */
  generation(
    state: PopulationState,
    kind: Kind,
    count: number,
    { zeros, replacesParents }: { readonly zeros: number | undefined; readonly replacesParents: boolean },
  ): readonly Child[] {
    const family = this.#family(state);
    const makers = this.#makers(state, family, kind, count);
    const children: Child[] = [];
    const known: Masks[] = replacesParents ? [] : state.population.map(({ masks }) => masks);
    for (const [place, make] of makers.entries()) {
      for (let draw = 0; draw < MAX_DRAWS; draw++) {
        const made = make(this.#stream('child', state.generation, place, draw));
        if (!made) continue;
        const masks = this.#repaired(made.masks, state, zeros);
        if (known.some((other) => areEqual(other, masks))) continue;
        known.push(masks);
        children.push({ ...made, masks });
        break;
      }
    }
    return children;
  }

  #family({ population, differences, generation }: PopulationState): Family {
    const random = this.#stream('family', generation);
    const layers = this.#setup.searched;
    const first = this.#layer(layers, random);
    const head = this.#setup.options.pareto ? this.#parent(population, random) : population[0]!;
    const isRelated = ({ masks }: Solution) =>
      masks.every((mask, layer) => layer >= first || masksEqual(mask, head.masks[layer]!));
    return {
      head,
      members: population.filter(isRelated),
      layers: layers.filter((layer) => layer >= first),
      differences: differences.filter(({ from, to }) =>
        to.every((mask, layer) => layer >= first || masksEqual(mask, from[layer]!)),
      ),
    };
  }

  /** One of `layers`, each as often as the root of its number of weights says. */
  #layer(layers: readonly number[], random: RandomStream): number {
    const total = layers.reduce((sum, layer) => sum + this.#roots[layer]!, 0);
    let rest = random() * total;
    return layers.find((layer) => (rest -= this.#roots[layer]!) < 0) ?? layers.at(-1)!;
  }

  #makers(
    state: PopulationState,
    family: Family,
    kind: Kind,
    count: number,
  ): readonly ((random: RandomStream) => Child | undefined)[] {
    const { differences } = family;
    const length = { length: count };
    if (kind === 'seeds') {
      return Array.from(length, (_, i) => (random) => this.#seed(state, (i + 1) / count, random));
    }
    if (kind === 'shaken') return Array.from(length, () => (random) => this.#shaken(state, random));
    const joined = Math.min(Math.round(count * JOINED_SHARE), 2 * differences.length);
    const crossed = family.members.length > 1 ? Math.round(count * CROSSOVER_SHARE) : 0;
    return Array.from(length, (_, i) => {
      if (i < joined) return (random) => this.#joined(state, family, random);
      if (i < joined + crossed) return (random) => this.#crossed(state, family, random);
      return (random) => this.#mutant(state, family, random);
    });
  }

  #seed({ rejections }: PopulationState, place: number, random: RandomStream): Child {
    const masks = initialMasks(this.#setup.problem);
    return { masks: seedMasks(masks, this.#setup, rejections.rankings, place, random) };
  }

  /** The head of the family with a few differences of the last generations, preferably the best, if their loss is expected to fit under the cap. */
  #joined({ tradeoff }: PopulationState, family: Family, random: RandomStream): Child {
    const { head, members, differences } = family;
    const base = random() < FROM_BEST_SHARE ? head : this.#parent(members, random);
    const [least, most] = ROOM_RANGE;
    const room = Math.max(0, tradeoff.lossCap - base.loss) * (least + (most - least) * random());
    const wanted = 2 + Math.floor((MAX_JOINED - 1) * cube(random()));
    let rise = 0;
    const chosen: Difference[] = [];
    for (let draw = 0; draw < DRAWS_PER_DIFFERENCE * wanted && chosen.length < wanted; draw++) {
      const difference = differences[Math.floor(differences.length * random() * random())]!;
      if (chosen.includes(difference) || rise + difference.lossChange > room) continue;
      rise += difference.lossChange;
      chosen.push(difference);
    }
    return { masks: chosen.reduce(withDifference, base.masks) };
  }

  #crossed(
    { rejections: { rankings } }: PopulationState,
    { members, layers }: Family,
    random: RandomStream,
  ): Child {
    const context = { ...this.#repairContext(rankings), searched: layers };
    const [first, second] = [this.#parent(members, random).masks, this.#parent(members, random).masks];
    if (random() < UNIFORM_SHARE) return { masks: uniformCrossover(first, second, context, random) };
    const masks = layerwiseCrossover(first, second, context, random);
    return { masks: withZeros(masks, countPruned(first), context) };
  }

  #mutant(state: PopulationState, family: Family, random: RandomStream): Child | undefined {
    const { options, goal } = this.#setup;
    const { rejections, stepSizes } = state;
    const parent = this.#parent(family.members, random);
    const isFocused = random() < FOCUS_SHARE;
    const layer = isFocused ? family.layers[0]! : this.#layer(family.layers, random);
    const [least, most] = STEP_RANGE;
    const u = random();
    const factor = least + (most - least) * u * u;
    const sizes = stepSizes.with(
      layer,
      stepSizes[layer]!.map((size) => Math.max(1, size * factor)),
    );
    const { masks } = parent;
    const context = {
      masks,
      layer,
      searched: family.layers,
      rankings: rejections.rankings,
      maxPrunable: (goal.zeros ?? Infinity) - countPruned(masks),
      maxPrunableIn: (other: number) => prunableIn(this.#setup)(masks, other),
      random,
    };
    const found = chooseMove(options.moves, context, sizes);
    return found && { masks: found.masks, mutation: { parent, layer, move: found.move } };
  }

  /** The best individual with weights exchanged in every layer. */
  #shaken({ population, rejections: { rankings } }: PopulationState, random: RandomStream): Child {
    const base = population[0]!.masks;
    const share = SHAKEN_SHARE * random();
    const masks = this.#setup.searched.reduce((shaken, layer) => {
      const [mask, ranking] = [base[layer]!, rankings[layer]!];
      const count = Math.ceil(share * Math.min(countKept(mask), ranking.countPruned(mask)));
      const restore = ranking.pickPruned(mask, count, random);
      const drop = ranking.pickKept(mask, restore.length, random);
      return changed(shaken, layer, drop, restore);
    }, base);
    return { masks: withZeros(masks, countPruned(base), this.#repairContext(rankings)) };
  }

  /** The best of some individuals that are drawn. A population has its best first. */
  #parent(population: readonly Solution[], random: RandomStream): Solution {
    let place = population.length;
    for (let i = 0; i < TOURNAMENT; i++) place = Math.min(place, Math.floor(random() * population.length));
    return population[place]!;
  }

  /** No layer below what it keeps at least, and no more zeros than wanted. */
  #repaired(masks: Masks, { rejections: { rankings } }: PopulationState, wanted: number | undefined): Masks {
    const { searched, leastKept, goal } = this.#setup;
    const context = this.#repairContext(rankings);
    const guarded = searched.reduce((repaired, layer) => {
      const least = leastKept[layer]!;
      const mask = repaired[layer]!;
      return countKept(mask) >= least ? repaired : withLayer(repaired, layer, mask, least, context);
    }, masks);
    const zeros = wanted ?? Math.min(goal.zeros ?? Infinity, countPruned(guarded));
    return withZeros(guarded, zeros, context);
  }

  #repairContext(rankings: RepairContext['rankings']): RepairContext {
    return { searched: this.#setup.searched, rankings, maxPrunableIn: prunableIn(this.#setup) };
  }

  #stream(...key: readonly (string | number)[]): RandomStream {
    return randomStream(this.#setup.options.seed, 'population', ...key);
  }
}

const cube = (u: number) => u * u * u;

export function areEqual(a: Masks, b: Masks): boolean {
  return a.every((mask, layer) => masksEqual(mask, b[layer]!));
}
