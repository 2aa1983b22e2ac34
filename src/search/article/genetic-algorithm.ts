/**
 * The article's genetic algorithm. It searches one layer after the other; a generation is evaluated as one batch, without
 * the individuals that equal one of the population before.
 */
import { optionName, phrase } from '../../core/phrase.ts';
import type { Codec } from '../../core/codec.ts';
import { MasksearchError } from '../../core/error.ts';
import { sparsityOf, weightsOf, type Mask, type Masks } from '../../core/mask.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import type {
  Candidate,
  Evaluation,
  HistoryRow,
  Problem,
  Progress,
  Score,
  Search,
  Solution,
} from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import {
  measuresOf,
  SearchShell,
  type Question,
  type SearchMethod,
  type Snapshot,
  type Step,
} from '../shell.ts';
import {
  bredMasks,
  firstMasks,
  individualsOf,
  offspringOf,
  sortedByCost,
  type Individual,
  type Offspring,
} from './breeding.ts';
import {
  checkGeneticOptions,
  GENETIC_ALGORITHM_PAPER,
  type GeneticAlgorithmOptions,
} from './genetic-options.ts';
import { MAX_ATTEMPTS, stateCodec, type State, type StoredState } from './genetic-state.ts';
import { withinInitial } from '../initial-masks.ts';
import { LayerSequence } from './layerwise.ts';
import { penalisedCost } from './objective.ts';
import { adaptiveMutationRate } from './schedule.ts';

export type GeneticAlgorithmState = Snapshot<StoredState>;

/**
 * A search over `problem`. Options that are not given are the article's. With a snapshot it continues the run that the
 * snapshot was taken from, bit for bit, if problem and options are the same.
 *
 * Throws 'bad-input' for an option out of range and for a snapshot that does not fit. `ask` throws 'infeasible' if a layer
 * is reached with a loss that is not below its cap, and after `MAX_ATTEMPTS` populations without a feasible individual.
 */
export function geneticAlgorithm(
  problem: Problem,
  options: Partial<GeneticAlgorithmOptions> = {},
  snapshot?: GeneticAlgorithmState,
): Search<GeneticAlgorithmState> {
  const method = new GeneticAlgorithm(problem, { ...GENETIC_ALGORITHM_PAPER, ...options });
  return new SearchShell(method, snapshot);
}

/** What a mask of a layer is evaluated against: the layer, and the masks of the others. */
type Surroundings = Pick<State, 'layer' | 'current' | 'unpruned'>;

class GeneticAlgorithm implements SearchMethod<State, StoredState> {
  readonly problem: Problem;
  readonly unprunedOn = [undefined];
  readonly codec: Codec<State, StoredState>;
  readonly #options: GeneticAlgorithmOptions;
  readonly #layers: LayerSequence;
  /** What is bred in a state follows from it. Kept because it is needed twice: to see whether to ask, and to ask. */
  readonly #bred = new WeakMap<State, Offspring>();

  constructor(problem: Problem, options: GeneticAlgorithmOptions) {
    checkGeneticOptions(options);
    this.problem = problem;
    this.#options = options;
    this.#layers = new LayerSequence(problem, options);
    this.codec = stateCodec(problem, this.#layers, options, (state, mask, score) =>
      this.#individual(state, mask, score),
    );
  }

  start([score]: readonly Score[]): State {
    const unpruned = this.#layers.unpruned(score!);
    const counts = { proposals: 0, accepted: 0 };
    return { unpruned, digest: EMPTY_DIGEST, ...counts, ...layerStart(0, unpruned) };
  }

  isDone({ layer }: State): boolean {
    return layer === this.#layers.count;
  }

  best({ layerBest, current }: State): Solution {
    // The article requires less than the penalty here, but of individuals at most the penalty.
    return layerBest && layerBest.cost < this.#options.maxLossPenalty ? layerBest : current;
  }

  progress(state: State | undefined): Progress {
    const { generations, populationSize, eliteSize } = this.#options;
    const { count } = this.#layers;
    const { layer = 0, generation = -1, proposals = 0, accepted = 0 } = state ?? {};
    // Children come in pairs.
    const children = 2 * Math.ceil((populationSize - eliteSize) / 2);
    return {
      layer: state ? this.#layers.layerAt(Math.min(layer, count - 1)).name : '',
      step: layer === count ? generations : Math.max(generation, 0),
      steps: generations,
      proposals,
      totalProposals: count * (populationSize + generations * children),
      accepted,
      current: state && this.best(state),
    };
  }

  /** The whole generation, whatever the limit: all of it is needed. */
  ask(state: State): Question<State> {
    if (entersLayer(state)) this.#layers.checkBelowCap(state.layer, state.current);
    if (state.attempt === MAX_ATTEMPTS) throw this.#infeasible(state);
    const offspring = this.#breed(state);
    const { masks, unknown } = offspring;
    return {
      candidates: unknown.map(([place]) => this.#candidate(state, masks[place!]!)),
      answer: (evaluations) => this.#answer(state, offspring, evaluations),
    };
  }

  #candidate(state: State, mask: Mask): Candidate {
    const { lossLimits = true } = this.#options;
    // Above the cap an individual costs the penalty and its sparsity, whatever its loss.
    const lossLimit = lossLimits ? this.#layers.maxLoss(state.layer) : undefined;
    return { masks: this.#masksWith(state, mask), lossLimit };
  }

  #answer(from: State, offspring: Offspring, evaluations: readonly Evaluation[]): Step<State> {
    let { state, row } = this.#takeOffspring(from, offspring, evaluations);
    const rows = row ? [row] : [];
    // Goes on over generations in which every individual is known already. A layer's first population has none that is.
    while (!this.isDone(state) && !entersLayer(state) && state.attempt < MAX_ATTEMPTS) {
      const next = this.#breed(state);
      if (next.unknown.length > 0) break;
      ({ state, row } = this.#takeOffspring(state, next, []));
      if (row) rows.push(row);
    }
    return { state, rows };
  }

  /** The population to evaluate next. */
  #breed(state: State): Offspring {
    const known = this.#bred.get(state);
    if (known) return known;
    const drawn = state.generation < 0 ? this.#initialMasks(state) : this.#nextMasks(state);
    const layer = this.#layers.indexOf(state.layer);
    const masks = drawn.map((mask) => withinInitial(this.problem, layer, mask));
    const offspring = offspringOf(masks, state.population);
    this.#bred.set(state, offspring);
    return offspring;
  }

  #initialMasks(state: State): readonly Mask[] {
    const { populationSize, mutationRate } = this.#options;
    // The rate itself, then its square, its cube, …
    let rate = mutationRate;
    for (let i = 0; i < state.attempt; i++) rate *= mutationRate;
    const weights = weightsOf(this.#layers.layerAt(state.layer).shape);
    return firstMasks(weights, populationSize, rate, this.#stream('initial', state));
  }

  /** Elites and children of the population. As in the article, a generation that is bred again has no elites. */
  #nextMasks(state: State): readonly Mask[] {
    const { eliteSize, mutationRate, generations } = this.#options;
    const isFirst = state.attempt === 0;
    const parents = isFirst ? sortedByCost(state.population) : state.population;
    const elites = isFirst ? parents.slice(0, eliteSize) : [];
    const rate = adaptiveMutationRate(mutationRate, state.generation, generations);
    const { shape } = this.#layers.layerAt(state.layer);
    return bredMasks({ parents, elites }, this.#options, shape, rate, this.#stream('generation', state));
  }

  #stream(purpose: string, { layer, generation, attempt }: State): RandomStream {
    const index = this.#layers.indexOf(layer);
    return randomStream(this.#options.seed, 'genetic algorithm', purpose, index, generation, attempt);
  }

  #takeOffspring(
    from: State,
    offspring: Offspring,
    evaluations: readonly Evaluation[],
  ): { state: State; row: HistoryRow | undefined } {
    const evaluated = offspring.unknown.map(([place], i) => {
      const evaluation = evaluations[i]!;
      return this.#individual(from, offspring.masks[place!]!, evaluation.exceeded ? undefined : evaluation);
    });
    const population = individualsOf(offspring, evaluated);
    // Elites were counted as proposals in an earlier generation.
    const elites = from.generation < 0 || from.attempt > 0 ? 0 : this.#options.eliteSize;
    const isAnyFeasible = population.some(({ feasible }) => feasible);
    const state = {
      ...from,
      population,
      proposals: from.proposals + population.length - elites,
      accepted: from.accepted + population.slice(elites).filter(({ feasible }) => feasible).length,
      attempt: isAnyFeasible ? 0 : from.attempt + 1,
    };
    if (!isAnyFeasible) return { state, row: undefined };
    if (state.generation < 0) return { state: { ...state, generation: 0 }, row: undefined };
    return this.#endGeneration(state);
  }

  #individual(surroundings: Surroundings, mask: Mask, score: Score | undefined): Individual {
    const masks = this.#masksWith(surroundings, mask);
    const { maxLossPenalty } = this.#options;
    if (!score) {
      const { meanLayer } = sparsityOf(masks);
      return { mask, score, feasible: false, cost: penalisedCost(meanLayer, maxLossPenalty) };
    }
    const { layer, unpruned } = surroundings;
    const { loss, accuracy } = score;
    const { cost } = this.#layers.solutionOf(layer, masks, score, unpruned.loss);
    // The article goes by the cost alone, but a very large penalty would swallow the difference.
    const feasible = loss < this.#layers.maxLoss(layer) && cost <= maxLossPenalty;
    return { mask, score: { loss, accuracy }, feasible, cost };
  }

  #masksWith({ layer, current }: Surroundings, mask: Mask): Masks {
    return current.masks.with(this.#layers.indexOf(layer), mask);
  }

  #endGeneration(state: State): { state: State; row: HistoryRow } {
    const { mutationRate, generations } = this.#options;
    const { layer, generation, unpruned, layerBest } = state;
    const [winner] = sortedByCost(state.population.filter(({ feasible }) => feasible));
    // Feasible, so its score is known.
    const masks = this.#masksWith(state, winner!.mask);
    const solution = this.#layers.solutionOf(layer, masks, winner!.score!, unpruned.loss);
    const { position } = this.#layers.layerAt(layer);
    const ended: State = {
      ...state,
      generation: generation + 1,
      layerBest: !layerBest || solution.cost < layerBest.cost ? solution : layerBest,
      digest: extendDigest(state.digest, position, generation, solution),
    };
    const row = {
      layer: position,
      generation,
      mutationRate: adaptiveMutationRate(mutationRate, generation, generations),
      ...measuresOf(solution),
    };
    const layerIsOver = ended.generation === generations;
    return { state: layerIsOver ? { ...ended, ...layerStart(layer + 1, this.best(ended)) } : ended, row };
  }

  #infeasible({ layer, generation, population }: State): MasksearchError {
    const { name } = this.#layers.layerAt(layer);
    const cap = this.#layers.maxLoss(layer);
    const { maxLossPenalty } = this.#options;
    const initial = generation < 0;
    const what = initial ? 'initial populations' : `populations of generation ${generation}`;
    // With a loss below the cap, its sparsity alone costs more than the penalty.
    const costly = sortedByCost(population).find(({ score }) => score && score.loss < cap);
    const lower = phrase`a lower ${optionName('mutationRate')}`;
    const rates = initial ? phrase` or ${lower}` : phrase`, ${lower} or a larger ${optionName('eliteSize')}`;
    return new MasksearchError(
      'infeasible',
      `none of ${MAX_ATTEMPTS} ${what} of ${name} has an individual with a loss below the cap of ${cap} and a cost ` +
        `of at most ${maxLossPenalty}`,
      costly
        ? phrase`use a larger ${optionName('maxLossPenalty')}, since the cheapest below the cap costs ${costly.cost}`
        : phrase`use a larger ${optionName('lossToWarmup')}${rates}`,
      { option: costly ? 'maxLossPenalty' : 'lossToWarmup' },
    );
  }
}

/** What a layer is entered with. */
function layerStart(layer: number, current: Solution) {
  return { layer, current, layerBest: undefined, population: [], generation: -1, attempt: 0 };
}

/** Whether nothing was proposed in this layer yet. */
function entersLayer({ generation, attempt }: State): boolean {
  return generation < 0 && attempt === 0;
}
