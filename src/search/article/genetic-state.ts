/** The state of the genetic algorithm, and the same as plain JSON. */
import { badStored, listOf, nullable, record, sha256Hex, wholeNumber, type Codec } from '../../core/codec.ts';
import { weightsOf, type Mask } from '../../core/mask.ts';
import type { Problem, Score, Solution } from '../contract.ts';
import type { SearchState } from '../shell.ts';
import {
  maskCodec,
  scoreCodec,
  solutionCodec,
  unprunedCodec,
  type StoredSolution,
} from '../stored-solution.ts';
import type { Individual } from './breeding.ts';
import type { BreedingOptions } from './genetic-options.ts';
import type { LayerSequence } from './layerwise.ts';

/** Populations drawn or bred again because none of their individuals is feasible, before the search gives up. */
export const MAX_ATTEMPTS = 20;

export interface State extends SearchState {
  /** Place among the layers to search; their number once the search is done. */
  readonly layer: number;
  /** The generation to breed next; -1 while the initial population is drawn. */
  readonly generation: number;
  /** Populations of this generation without a feasible individual so far. */
  readonly attempt: number;
  /** Individuals proposed, and feasible ones among them, in all layers. */
  readonly proposals: number;
  readonly accepted: number;
  /** The population evaluated last in this layer. */
  readonly population: readonly Individual[];
  /** The solution that the layer was entered with. */
  readonly current: Solution;
  /** The best of all generations of this layer; undefined before the first has ended. */
  readonly layerBest: Solution | undefined;
}

export interface StoredState {
  readonly layer: number;
  readonly generation: number;
  readonly attempt: number;
  readonly proposals: number;
  readonly accepted: number;
  readonly digest: string;
  readonly population: readonly StoredIndividual[];
  readonly unpruned: StoredSolution;
  readonly current: StoredSolution;
  readonly layerBest: StoredSolution | null;
}

/** Cost and feasibility are left out: they follow from the mask, the score and the rest of the state. */
interface StoredIndividual {
  readonly mask: string;
  /** Null if the loss is only known to be above the cap. */
  readonly score: Score | null;
}

type Evaluated = Pick<Individual, 'mask' | 'score'>;
type StateWithout = Omit<State, 'population'>;
type Fields = StateWithout & { readonly population: readonly Evaluated[] };

export interface StateOptions extends BreedingOptions {
  readonly generations: number;
}

/** @param individualOf a mask of the population and its score as an individual */
export function stateCodec(
  problem: Problem,
  layers: LayerSequence,
  options: StateOptions,
  individualOf: (state: StateWithout, mask: Mask, score: Score | undefined) => Individual,
): Codec<State, StoredState> {
  const place = record<Pick<State, 'layer'>, Pick<StoredState, 'layer'>>({
    layer: wholeNumber(0, layers.count),
  });
  const fieldsAt = ({ layer }: Pick<State, 'layer'>) => {
    // After the last layer there is no population.
    const weights = weightsOf(layers.layerAt(Math.min(layer, layers.count - 1)).shape);
    return fieldsOf(problem, weights, options.generations);
  };
  return {
    encode: (state) => fieldsAt(state).encode(state),
    decode(stored, path) {
      const fields = fieldsAt(place.decode(stored, path)).decode(stored, path);
      checkFit(fields, path, layers.count, options);
      const population = fields.population.map(({ mask, score }) => individualOf(fields, mask, score));
      return { ...fields, population };
    },
  };
}

function fieldsOf(problem: Problem, weights: number, generations: number): Codec<Fields, StoredState> {
  const solution = solutionCodec(problem);
  const individual = record<Evaluated, StoredIndividual>({
    mask: maskCodec(weights),
    score: nullable(scoreCodec),
  });
  return record<Fields, StoredState>({
    layer: wholeNumber(),
    generation: wholeNumber(-1, generations - 1),
    attempt: wholeNumber(0, MAX_ATTEMPTS),
    proposals: wholeNumber(),
    accepted: wholeNumber(),
    digest: sha256Hex,
    population: listOf(individual),
    unpruned: unprunedCodec(problem),
    current: solution,
    layerBest: nullable(solution),
  });
}

/** Throws 'bad-input' unless the fields of a state fit each other. */
function checkFit(state: Fields, path: string, layers: number, options: StateOptions): void {
  const { layer, generation, attempt, proposals, accepted, population, layerBest } = state;
  if (layer === layers && generation !== -1) {
    throw badStored(`${path}.generation`, generation, '-1 after the last layer');
  }
  if (layer === layers && attempt !== 0) {
    throw badStored(`${path}.attempt`, attempt, '0 after the last layer');
  }
  if (accepted > proposals) {
    throw badStored(`${path}.accepted`, accepted, `at most ${proposals}, the number of proposals so far`);
  }
  const sizes = populationSizes(generation, attempt, options);
  if (!sizes.includes(population.length)) {
    const when = `in generation ${generation}, attempt ${attempt}`;
    throw badStored(`${path}.population`, population, `a list of ${sizes.join(' or ')} ${when}`);
  }
  if (generation > 0 !== (layerBest !== undefined)) {
    const allowed = generation > 0 ? 'a solution' : 'null';
    throw badStored(`${path}.layerBest`, layerBest ?? null, `${allowed} in generation ${generation}`);
  }
}

/** Sizes that the population evaluated last may have. Children come in pairs, and a generation bred again has no elites. */
function populationSizes(
  generation: number,
  attempt: number,
  { populationSize, eliteSize }: BreedingOptions,
): readonly number[] {
  const childrenFor = (places: number) => 2 * Math.ceil(places / 2);
  const bred = eliteSize + childrenFor(populationSize - eliteSize);
  const bredAgain = childrenFor(populationSize);
  if (generation < 0) return [attempt === 0 ? 0 : populationSize];
  if (attempt > 0) return [attempt === 1 ? bred : bredAgain];
  return generation === 0 ? [populationSize] : [...new Set([bred, bredAgain])];
}
