/**
 * The article's genetic algorithm over the masks of one layer after the other. A generation is one batch; individuals
 * that equal one of the population before are not score again.
 */
import type { Candidate, Evaluation, HistoryRow, Problem, Progress, Search, Solution } from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import { MasksearchError } from '../../core/error.ts';
import { articleOrder, crossOver, drawWithoutReplacement, mutate, randomMask } from './operators.ts';
import { checkTold, MAX_STEPS, LayerSequence, type LayerwiseOptions } from './layerwise.ts';
import { masksEqual, sparsityOf, weightsOf, type Mask } from '../../core/mask.ts';
import { penalisedCost } from './objective.ts';
import { badOption, checkCount, checkFraction } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import { adaptiveMutationRate } from './schedule.ts';
import { maskFromHex, maskToHex, restoreSolution, storeSolution, type StoredSolution } from '../snapshot.ts';

export interface GeneticAlgorithmOptions extends LayerwiseOptions {
  readonly seed: string;
  /** Generations bred per layer, after the initial population. */
  readonly generations: number;
  readonly populationSize: number;
  /** Individuals of the lowest cost that go on unchanged. */
  readonly eliteSize: number;
  /** Individuals drawn for a tournament; the one of the lowest cost becomes a parent. */
  readonly tournamentSize: number;
  /** Probability that two parents exchange genes; else their children are copies. */
  readonly crossoverRate: number;
  /** Probability with which a gene is redrawn in the first generation; falls linearly to 0. */
  readonly mutationRate: number;
}

/** The article's experiment. */
export const GENETIC_ALGORITHM_PAPER: GeneticAlgorithmOptions = {
  seed: '1',
  generations: 20,
  populationSize: 12,
  eliteSize: 2,
  tournamentSize: 5,
  crossoverRate: 0.9,
  mutationRate: 0.15,
  lossToWarmup: 1,
  maxLossPenalty: 1e8,
};

/** Individuals in a generation: all their masks are in memory, and asked for in one batch. */
export const MAX_POPULATION = 10_000;

/** Times that a population is drawn or bred anew because nobody in it is feasible, before the search gives up. */
export const MAX_ATTEMPTS = 20;

/** An individual as plain JSON; one whose loss is above the cap was not score further. */
interface StoredIndividual {
  readonly mask: string;
  readonly loss?: number;
  readonly accuracy?: number;
}

/** Everything that changes, as plain JSON. */
export interface GeneticAlgorithmState {
  readonly version: 1;
  /** Place among the layers to search. */
  readonly layer: number;
  /** The generation to breed next; -1 while the initial population is drawn. */
  readonly generation: number;
  readonly attempt: number;
  readonly proposals: number;
  readonly accepted: number;
  readonly digest: string;
  readonly population: readonly StoredIndividual[];
  readonly unpruned: StoredSolution | null;
  readonly current: StoredSolution | null;
  readonly layerBest: StoredSolution | null;
}

interface Individual {
  readonly mask: Mask;
  readonly cost: number;
  /** Whether its loss is below the cap, and its cost no more than what a loss above the cap costs. */
  readonly feasible: boolean;
  /** May be undefined if the loss is above the cap: the cost does not depend on it then. */
  readonly score: { readonly loss: number; readonly accuracy: number } | undefined;
}

/** A population about to be score: `known` individuals have been, the others are asked for, once each. */
interface Offspring {
  readonly masks: readonly Mask[];
  readonly known: readonly (Individual | undefined)[];
  /** For each candidate asked for, the members of the population that it stands for. */
  readonly members: readonly (readonly number[])[];
}

/**
 * A search over `problem`. Options that are not given are the article's. A state continues the run it was taken
 * from, bit for bit, if problem and options are the same.
 *
 * Throws 'bad-input' for an option out of range or a state of another problem. `ask` throws 'infeasible' when a layer
 * is reached with a loss that is not below its cap, and after `MAX_ATTEMPTS` populations without a feasible individual.
 */
export function geneticAlgorithm(
  problem: Problem,
  options: Partial<GeneticAlgorithmOptions> = {},
  state?: GeneticAlgorithmState,
): Search<GeneticAlgorithmState> {
  return new GeneticAlgorithm(problem, { ...GENETIC_ALGORITHM_PAPER, ...options }, state);
}

class GeneticAlgorithm implements Search<GeneticAlgorithmState> {
  readonly #problem: Problem;
  readonly #options: GeneticAlgorithmOptions;
  readonly #layers: LayerSequence;
  #layer = 0;
  #generation = -1;
  #attempt = 0;
  #proposals = 0;
  #accepted = 0;
  #digest = EMPTY_DIGEST;
  /** The last generation that was bred. */
  #population: readonly Individual[] = [];
  #unpruned: Solution | undefined;
  /** The state that the layer was entered with. */
  #current: Solution | undefined;
  /** The best of all generations of this layer. */
  #layerBest: Solution | undefined;
  #offspring: Offspring | undefined;
  #asked = false;

  constructor(problem: Problem, options: GeneticAlgorithmOptions, state?: GeneticAlgorithmState) {
    checkOptions(options);
    this.#problem = problem;
    this.#options = options;
    this.#layers = new LayerSequence(problem, options);
    if (state) this.#restore(state);
  }

  get done(): boolean {
    return this.#layer === this.#layers.count;
  }

  get best(): Solution | undefined {
    const best = this.#layerBest;
    // The article asks for less than the penalty here, where it asks individuals for at most that.
    return best && best.cost < this.#options.maxLossPenalty ? best : this.#current;
  }

  get unpruned(): Solution | undefined {
    return this.#unpruned;
  }

  get digest(): string {
    return this.#digest;
  }

  get progress(): Progress {
    const { generations, populationSize, eliteSize } = this.#options;
    const place = Math.min(this.#layer, this.#layers.count - 1);
    // Children come in pairs.
    const children = 2 * Math.ceil((populationSize - eliteSize) / 2);
    return {
      layer: this.#unpruned ? this.#layers.layerAt(place).name : '',
      step: this.done ? generations : Math.max(this.#generation, 0),
      steps: generations,
      proposals: this.#proposals,
      totalProposals: this.#layers.count * (populationSize + generations * children),
      accepted: this.#accepted,
      current: this.best,
    };
  }

  /** A generation at once: nobody in it is asked for in vain. */
  ask(): readonly Candidate[] {
    if (this.done) return [];
    if (!this.#current) return [{ masks: this.#layers.unmasked() }];
    if (this.#generation < 0 && this.#attempt === 0) this.#layers.checkBelowCap(this.#layer, this.#current);
    this.#checkAttempts();
    this.#offspring ??= this.#breed();
    this.#asked = true;
    const { masks, members } = this.#offspring;
    return members.map(([member]) => this.#candidate(masks[member!]!));
  }

  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[] {
    if (!this.#current) {
      checkTold(1, evaluations);
      this.#current = this.#unpruned = this.#layers.unpruned(evaluations[0]!);
      return [];
    }
    checkTold(this.#asked ? this.#offspring!.members.length : 0, evaluations);
    this.#asked = false;
    const rows = this.#tellOffspring(evaluations);
    // Of a layer's first population nobody is known, so the layer begins with a question.
    const begins = () => this.#generation < 0 && this.#attempt === 0;
    while (!this.done && !begins() && this.#attempt < MAX_ATTEMPTS) {
      this.#offspring = this.#breed();
      if (this.#offspring.members.length > 0) break;
      rows.push(...this.#tellOffspring([]));
    }
    return rows;
  }

  #candidate(mask: Mask): Candidate {
    const { lossLimits = true } = this.#options;
    const masks = this.#current!.masks.with(this.#layers.indexOf(this.#layer), mask);
    // Above the cap an individual costs the penalty and its sparsity, whatever its loss.
    return { masks, lossLimit: lossLimits ? this.#layers.maxLoss(this.#layer) : undefined };
  }

  /** The population to solutionOf next; follows from the state alone. */
  #breed(): Offspring {
    const masks = this.#generation < 0 ? this.#initialMasks() : this.#nextMasks();
    const known = masks.map((mask) => this.#population.find((parent) => masksEqual(parent.mask, mask)));
    const members: number[][] = [];
    masks.forEach((mask, i) => {
      if (known[i]) return;
      const duplicate = members.find(([first]) => masksEqual(masks[first!]!, mask));
      if (duplicate) duplicate.push(i);
      else members.push([i]);
    });
    return { masks, known, members };
  }

  #initialMasks(): readonly Mask[] {
    const { populationSize, mutationRate } = this.#options;
    const random = this.#stream('initial');
    // The rate itself, then its square, its cube, …
    let rate = mutationRate;
    for (let i = 0; i < this.#attempt; i++) rate *= mutationRate;
    const length = weightsOf(this.#layers.layerAt(this.#layer).shape);
    return Array.from({ length: populationSize }, () => randomMask(length, rate, random));
  }

  /** Elites and children of the population; a generation bred again has no elites, as in the article. */
  #nextMasks(): readonly Mask[] {
    const { populationSize, eliteSize, crossoverRate, mutationRate, generations } = this.#options;
    const parents = this.#attempt === 0 ? sortedByCost(this.#population) : this.#population;
    const rate = adaptiveMutationRate(mutationRate, this.#generation, generations);
    const random = this.#stream('generation');
    const { shape } = this.#layers.layerAt(this.#layer);
    const order = articleOrder(shape);
    const next = this.#attempt === 0 ? parents.slice(0, eliteSize).map(({ mask }) => mask) : [];
    while (next.length < populationSize) {
      const [a, b] = [this.#winner(parents, random), this.#winner(parents, random)];
      // A cut leaves at least the last gene behind it. A mask of one gene has no place for one.
      const cuts = order.length - 1;
      const crosses = random() < crossoverRate && cuts > 0;
      const children = crosses
        ? crossOver(a.mask, b.mask, Math.floor(random.double() * cuts), order)
        : ([a.mask, b.mask] as const);
      next.push(mutate(children[0], rate, random), mutate(children[1], rate, random));
    }
    return next;
  }

  #winner(population: readonly Individual[], random: RandomStream): Individual {
    const drawn = drawWithoutReplacement(this.#options.tournamentSize, population.length, random);
    return drawn.map((i) => population[i]!).reduce((best, one) => (one.cost < best.cost ? one : best));
  }

  #stream(purpose: string): RandomStream {
    const { seed } = this.#options;
    const index = this.#layers.indexOf(this.#layer);
    return randomStream(seed, 'genetic algorithm', purpose, index, this.#generation, this.#attempt);
  }

  #tellOffspring(evaluations: readonly Evaluation[]): HistoryRow[] {
    const { masks, known, members } = this.#offspring!;
    this.#offspring = undefined;
    const population = [...known];
    members.forEach((duplicates, k) => {
      for (const member of duplicates) population[member] = this.#individual(masks[member]!, evaluations[k]!);
    });
    this.#population = population as Individual[];
    // Elites were proposed in a generation before.
    const elites = this.#generation < 0 || this.#attempt > 0 ? 0 : this.#options.eliteSize;
    this.#proposals += this.#population.length - elites;
    this.#accepted += this.#population.slice(elites).filter(({ feasible }) => feasible).length;
    if (!this.#population.some(({ feasible }) => feasible)) {
      this.#attempt++;
      return [];
    }
    this.#attempt = 0;
    if (this.#generation < 0) {
      this.#generation = 0;
      return [];
    }
    const row = this.#endGeneration();
    if (this.#generation === this.#options.generations) this.#enterLayer(this.#layer + 1);
    return [row];
  }

  #individual(mask: Mask, evaluation: Evaluation): Individual {
    const masks = this.#current!.masks.with(this.#layers.indexOf(this.#layer), mask);
    const { maxLossPenalty } = this.#options;
    if (evaluation.exceeded) {
      const { meanLayer } = sparsityOf(masks);
      return { mask, score: undefined, feasible: false, cost: penalisedCost(meanLayer, maxLossPenalty) };
    }
    const { loss, accuracy } = evaluation;
    const { cost } = this.#layers.solutionOf(this.#layer, masks, evaluation, this.#unpruned!.loss);
    // The article goes by the cost alone, in which a very large penalty would swallow the difference.
    const feasible = loss < this.#layers.maxLoss(this.#layer) && cost <= maxLossPenalty;
    return { mask, score: { loss, accuracy }, feasible, cost };
  }

  #checkAttempts(): void {
    if (this.#attempt < MAX_ATTEMPTS) return;
    const { name } = this.#layers.layerAt(this.#layer);
    const cap = this.#layers.maxLoss(this.#layer);
    const { maxLossPenalty } = this.#options;
    const initial = this.#generation < 0;
    const what = initial ? 'initial populations' : `populations of generation ${this.#generation}`;
    // Where a loss is below the cap, what its sparsity costs is above the penalty.
    const costly = sortedByCost(this.#population).find(({ score }) => score && score.loss < cap);
    const lower = phrase`a lower ${optionName('mutationRate')}`;
    const rates = initial ? phrase` or ${lower}` : phrase`, ${lower} or a larger ${optionName('eliteSize')}`;
    throw new MasksearchError(
      'infeasible',
      `none of ${MAX_ATTEMPTS} ${what} of ${name} has an individual with a loss below the cap of ${cap} and a cost ` +
        `of at most ${maxLossPenalty}`,
      costly
        ? phrase`use a larger ${optionName('maxLossPenalty')}, since the cheapest below the cap costs ${costly.cost}`
        : phrase`use a larger ${optionName('lossToWarmup')}${rates}`,
      { option: costly ? 'maxLossPenalty' : 'lossToWarmup' },
    );
  }

  #endGeneration(): HistoryRow {
    const { mutationRate, generations } = this.#options;
    const best = this.#population
      .filter(({ feasible }) => feasible)
      .reduce((least, one) => (one.cost < least.cost ? one : least));
    const masks = this.#current!.masks.with(this.#layers.indexOf(this.#layer), best.mask);
    // Feasible, so its loss is known.
    const solution = this.#layers.solutionOf(this.#layer, masks, best.score!, this.#unpruned!.loss);
    if (!this.#layerBest || solution.cost < this.#layerBest.cost) this.#layerBest = solution;
    const layer = this.#layers.layerAt(this.#layer).position;
    const generation = this.#generation++;
    this.#digest = extendDigest(this.#digest, layer, generation, solution);
    return {
      layer,
      generation,
      mutationRate: adaptiveMutationRate(mutationRate, generation, generations),
      cost: solution.cost,
      accuracy: solution.accuracy,
      loss: solution.loss,
      sparsity: solution.sparsity.meanLayer,
    };
  }

  /** Goes on with the best of the layer that is left, or with the masks that it was entered with. */
  #enterLayer(layer: number): void {
    this.#current = this.best;
    this.#layerBest = undefined;
    this.#population = [];
    this.#generation = -1;
    this.#attempt = 0;
    this.#layer = layer;
  }

  snapshot(): GeneticAlgorithmState {
    return {
      version: 1,
      layer: this.#layer,
      generation: this.#generation,
      attempt: this.#attempt,
      proposals: this.#proposals,
      accepted: this.#accepted,
      digest: this.#digest,
      population: this.#population.map(({ mask, score }) => ({ mask: maskToHex(mask), ...score })),
      unpruned: storeSolution(this.#unpruned),
      current: storeSolution(this.#current),
      layerBest: storeSolution(this.#layerBest),
    };
  }

  #restore(state: GeneticAlgorithmState): void {
    const { version, layer, generation, attempt } = state;
    const { generations, tournamentSize } = this.#options;
    const ended = layer === this.#layers.count && generation === -1;
    const within = layer >= 0 && layer < this.#layers.count && generation >= -1 && generation < generations;
    const whole = [layer, generation, attempt].every(Number.isInteger);
    const breeds = within && (generation >= 0 || attempt > 0);
    const peopled = !breeds || state.population.length >= tournamentSize;
    if (version !== 1 || !whole || !(ended || within) || !peopled || attempt < 0 || attempt > MAX_ATTEMPTS) {
      throw new MasksearchError(
        'bad-input',
        `the state is of version ${String(version)}, layer ${layer}, generation ${generation} and ${state.population.length} ` +
          'individuals, which this search does not have',
        'continue with the problem and the options the state was taken from',
      );
    }
    this.#layer = layer;
    this.#generation = generation;
    this.#attempt = attempt;
    this.#proposals = state.proposals;
    this.#accepted = state.accepted;
    this.#digest = state.digest;
    this.#unpruned = restoreSolution(state.unpruned, this.#problem);
    this.#current = restoreSolution(state.current, this.#problem);
    this.#layerBest = restoreSolution(state.layerBest, this.#problem);
    if (ended) return;
    const length = weightsOf(this.#layers.layerAt(layer).shape);
    this.#population = state.population.map(({ mask, loss, accuracy }) =>
      this.#individual(
        maskFromHex(mask, length),
        loss === undefined || accuracy === undefined
          ? { exceeded: true }
          : { exceeded: false, loss, accuracy },
      ),
    );
  }
}

/** Equal costs keep their order. */
function sortedByCost(population: readonly Individual[]): readonly Individual[] {
  return [...population].sort((a, b) => a.cost - b.cost);
}

function checkOptions(options: GeneticAlgorithmOptions): void {
  const { populationSize, eliteSize, tournamentSize } = options;
  checkCount('generations', options.generations, { most: MAX_STEPS, example: 20 });
  checkCount('populationSize', populationSize, { most: MAX_POPULATION, example: 12 });
  checkCount('tournamentSize', tournamentSize, { example: 5 });
  checkFraction('crossoverRate', options.crossoverRate, 0.9);
  checkFraction('mutationRate', options.mutationRate, 0.15);
  // Either may be what was not given, so both are named.
  const population = optionName('populationSize');
  if (!(Number.isSafeInteger(eliteSize) && eliteSize >= 0 && eliteSize < populationSize)) {
    const allowed = phrase`a whole number from 0 to ${populationSize - 1}, below the size of the population (${population})`;
    const fix = phrase`pass a smaller ${optionName('eliteSize')} or a larger ${population}`;
    throw badOption('eliteSize', eliteSize, allowed, fix);
  }
  if (tournamentSize > populationSize) {
    const allowed = phrase`at most ${populationSize}, the size of the population (${population})`;
    const fix = phrase`pass a smaller ${optionName('tournamentSize')} or a larger ${population}`;
    throw badOption('tournamentSize', tournamentSize, allowed, fix);
  }
}
