/**
 * The article's simulated annealing. It searches one layer after the other and only ever drops weights; the next layer
 * starts from the current masks.
 */
import {
  badStored,
  checked,
  finiteNumber,
  record,
  sha256Hex,
  wholeNumber,
  type Codec,
} from '../../core/codec.ts';
import { type Mask, type Masks, sparsityOf } from '../../core/mask.ts';
import { log } from '../../core/math.ts';
import { checkCount, checkFraction, checkPositive } from '../../core/options.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import type { Candidate, Evaluation, Problem, Progress, Score, Search, Solution } from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import {
  measuresOf,
  SearchShell,
  takeUntilAccepted,
  type Question,
  type SearchMethod,
  type SearchState,
  type Snapshot,
  type Step,
} from '../shell.ts';
import { solutionCodec, unprunedCodec, type StoredSolution } from '../stored-solution.ts';
import { LayerSequence, MAX_STEPS, type LayerwiseOptions } from './layerwise.ts';
import { lossLimitFor } from './loss-limit.ts';
import { adaptiveMutationRate, temperatureAt } from './schedule.ts';

export interface SimulatedAnnealingOptions extends LayerwiseOptions {
  readonly seed: string;
  /** Proposals per layer. */
  readonly iterations: number;
  readonly initialTemperature: number;
  /** Probability with which the first proposal drops each kept weight; falls linearly to 0. */
  readonly mutationRate: number;
}

/** The article's experiment. */
export const SIMULATED_ANNEALING_PAPER: SimulatedAnnealingOptions = {
  seed: '1',
  iterations: 200,
  initialTemperature: 1,
  mutationRate: 0.15,
  lossToWarmup: 1,
  maxLossPenalty: 1e8,
};

interface State extends SearchState {
  /** Place among the layers to search; their number once the search is done. */
  readonly layer: number;
  /** Proposals evaluated in this layer. */
  readonly step: number;
  /** Proposals accepted, in all layers. */
  readonly accepted: number;
  readonly current: Solution;
  readonly best: Solution;
  /** Lowest cost in this layer. Costs in different layers do not compare, since their caps differ. */
  readonly layerBestCost: number;
}

type StoredState = Omit<State, 'unpruned' | 'current' | 'best'> &
  Readonly<Record<'unpruned' | 'current' | 'best', StoredSolution>>;

export type SimulatedAnnealingState = Snapshot<StoredState>;

interface Proposal extends Candidate {
  readonly step: number;
  /** Accepted if and only if its cost is at most this. */
  readonly threshold: number;
}

/**
 * A search over `problem`. Options that are not given are the article's. With a snapshot it continues the run that the
 * snapshot was taken from, bit for bit, if problem and options are the same.
 *
 * Throws 'bad-input' for an option out of range and for a snapshot that does not fit. `ask` throws 'infeasible' if a layer
 * is reached with a loss that is not below its cap: the article's search would go on and destroy the layer.
 */
export function simulatedAnnealing(
  problem: Problem,
  options: Partial<SimulatedAnnealingOptions> = {},
  snapshot?: SimulatedAnnealingState,
): Search<SimulatedAnnealingState> {
  const method = new SimulatedAnnealing(problem, { ...SIMULATED_ANNEALING_PAPER, ...options });
  return new SearchShell(method, snapshot);
}

class SimulatedAnnealing implements SearchMethod<State, StoredState> {
  readonly problem: Problem;
  readonly unprunedOn = [undefined];
  readonly codec: Codec<State, StoredState>;
  readonly #options: SimulatedAnnealingOptions;
  readonly #layers: LayerSequence;

  constructor(problem: Problem, options: SimulatedAnnealingOptions) {
    checkCount('iterations', options.iterations, { most: MAX_STEPS, example: 200 });
    checkPositive('initialTemperature', options.initialTemperature);
    checkFraction('mutationRate', options.mutationRate, 0.15);
    this.problem = problem;
    this.#options = options;
    this.#layers = new LayerSequence(problem, options);
    this.codec = stateCodec(problem, this.#layers.count, options.iterations);
  }

  start([score]: readonly Score[]): State {
    const unpruned = this.#layers.unpruned(score!);
    const solutions = { unpruned, current: unpruned, best: unpruned, layerBestCost: unpruned.cost };
    return this.#enterLayer({ ...solutions, digest: EMPTY_DIGEST, accepted: 0 }, 0);
  }

  isDone({ layer }: State): boolean {
    return layer === this.#layers.count;
  }

  best({ best }: State): Solution {
    return best;
  }

  progress(state: State | undefined): Progress {
    const { iterations } = this.#options;
    const { count } = this.#layers;
    const { layer = 0, step = 0, accepted = 0, current } = state ?? {};
    return {
      layer: state ? this.#layers.layerAt(Math.min(layer, count - 1)).name : '',
      step: layer === count ? iterations : step,
      steps: iterations,
      proposals: layer * iterations + step,
      totalProposals: count * iterations,
      accepted,
      current,
    };
  }

  ask(state: State, limit: number): Question<State> {
    if (state.step === 0) this.#layers.checkBelowCap(state.layer, state.current);
    const count = Math.min(limit, this.#options.iterations - state.step);
    const candidates = Array.from({ length: count }, (_, i) => this.#propose(state, state.step + i));
    return { candidates, answer: (evaluations) => this.#takeAll(state, candidates, evaluations) };
  }

  #takeAll(from: State, proposals: readonly Proposal[], evaluations: readonly Evaluation[]): Step<State> {
    const { state, rows } = takeUntilAccepted(from, proposals, evaluations, this.#take.bind(this));
    const layerIsOver = state.step === this.#options.iterations;
    return { state: layerIsOver ? this.#enterLayer(state, state.layer + 1) : state, rows };
  }

  #propose({ layer, current, unpruned }: State, step: number): Proposal {
    const { seed, mutationRate, initialTemperature, iterations, lossLimits = true } = this.#options;
    const index = this.#layers.indexOf(layer);
    const random = randomStream(seed, 'simulated annealing', index, step);
    // Metropolis: u < exp(-(cost - current) / T), solved for the cost. 1 - u is in (0, 1], so the logarithm is
    // finite and a cost that is not higher is always accepted.
    const temperature = temperatureAt(initialTemperature, step);
    const threshold = current.cost - temperature * log(1 - random.double());
    const mask = dropWeights(
      current.masks[index]!,
      adaptiveMutationRate(mutationRate, step, iterations),
      random,
    );
    const masks = current.masks.with(index, mask);
    const lossLimit = lossLimits ? this.#lossLimit(layer, masks, threshold, unpruned.loss) : undefined;
    return { masks, step, threshold, lossLimit };
  }

  #lossLimit(layer: number, masks: Masks, threshold: number, unprunedLoss: number): number | undefined {
    const { meanLayer } = sparsityOf(masks);
    const cap = this.#layers.maxLoss(layer);
    return lossLimitFor(threshold, meanLayer, unprunedLoss, cap, this.#options.maxLossPenalty);
  }

  #take(state: State, { masks, step, threshold }: Proposal, evaluation: Evaluation): Step<State> {
    const evaluated = { ...state, step: step + 1 };
    if (evaluation.exceeded) return { state: evaluated, rows: [] };
    const solution = this.#layers.solutionOf(state.layer, masks, evaluation, state.unpruned.loss);
    if (!(solution.cost <= threshold)) return { state: evaluated, rows: [] };

    const { position } = this.#layers.layerAt(state.layer);
    const { initialTemperature, mutationRate, iterations } = this.#options;
    const isBest = solution.cost < state.layerBestCost;
    const accepted: State = {
      ...evaluated,
      accepted: state.accepted + 1,
      current: solution,
      digest: extendDigest(state.digest, position, step, solution),
      ...(isBest && { best: solution, layerBestCost: solution.cost }),
    };
    const row = {
      layer: position,
      temperature: temperatureAt(initialTemperature, step),
      mutationRate: adaptiveMutationRate(mutationRate, step, iterations),
      ...measuresOf(solution),
    };
    return { state: accepted, rows: [row] };
  }

  /** Goes on with the current masks. They need no new evaluation: only the cap, and with it the cost, is another. */
  #enterLayer(state: Omit<State, 'layer' | 'step'>, layer: number): State {
    if (layer === this.#layers.count) return { ...state, layer, step: 0 };
    const { current, unpruned } = state;
    const entered = this.#layers.solutionOf(layer, current.masks, current, unpruned.loss);
    return { ...state, layer, step: 0, current: entered, layerBestCost: entered.cost };
  }
}

function stateCodec(problem: Problem, layers: number, iterations: number): Codec<State, StoredState> {
  const solution = solutionCodec(problem);
  const fields = record<State, StoredState>({
    layer: wholeNumber(0, layers),
    step: wholeNumber(0, iterations - 1),
    accepted: wholeNumber(),
    layerBestCost: finiteNumber(),
    digest: sha256Hex,
    unpruned: unprunedCodec(problem),
    current: solution,
    best: solution,
  });
  return checked(fields, ({ layer, step, accepted }, path) => {
    if (layer === layers && step > 0) throw badStored(`${path}.step`, step, '0 after the last layer');
    const proposals = layer * iterations + step;
    if (accepted > proposals) {
      throw badStored(`${path}.accepted`, accepted, `at most ${proposals}, the number of proposals so far`);
    }
  });
}

/** A mask in which each kept weight of `mask` is dropped with probability `rate`; `mask` itself if none is. */
function dropWeights(mask: Mask, rate: number, random: RandomStream): Mask {
  let dropped = 0;
  const words = mask.words.map((word) => {
    let kept = word;
    for (let rest = word; rest !== 0;) {
      const lowest = rest & -rest;
      if (random() < rate) {
        kept ^= lowest;
        dropped++;
      }
      rest ^= lowest;
    }
    return kept;
  });
  return dropped === 0 ? mask : { length: mask.length, words };
}
