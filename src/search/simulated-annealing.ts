/**
 * Simulated annealing over the masks of one layer after the other, as in the article. Weights are only ever dropped;
 * the next layer goes on from the current masks.
 */
import type {
  Candidate,
  Evaluation,
  HistoryRow,
  PrunableLayer,
  Problem,
  Progress,
  Search,
  Solution,
} from './contract.ts';
import { EMPTY_DIGEST, extendDigest } from './digest.ts';
import { MasksearchError } from './error.ts';
import { lossLimitFor } from './loss-limit.ts';
import { costOf, maxLossAt, type ObjectiveOptions } from './objective.ts';
import { fullMasks, sparsityOf, type Mask, type Masks } from './mask.ts';
import { log } from './math.ts';
import { checkCount, checkFraction, checkPositive, layersToSearch } from './options.ts';
import { randomStream, type RandomStream } from './random.ts';
import { adaptiveMutationRate, temperatureAt } from './schedule.ts';
import { restoreSolution, storeSolution, type StoredSolution } from './snapshot.ts';

export interface SimulatedAnnealingOptions extends ObjectiveOptions {
  readonly seed: string;
  /** Proposals per layer. */
  readonly iterations: number;
  readonly initialTemperature: number;
  /** Probability with which the first proposal drops each kept weight; falls linearly to 0. */
  readonly mutationRate: number;
  /** Names of the layers to search, in network order whatever the order here; all if not given. */
  readonly layers?: readonly string[] | undefined;
  /** Whether to tell evaluators which losses are too high to matter, so that they may stop; never changes the result. */
  readonly lossLimits?: boolean | undefined;
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

/** Everything that changes, as plain JSON. */
export interface SimulatedAnnealingState {
  readonly version: 1;
  /** Index among the layers to search. */
  readonly layer: number;
  readonly step: number;
  readonly proposals: number;
  readonly accepted: number;
  readonly layerBestCost: number;
  readonly digest: string;
  readonly baseline: StoredSolution | null;
  readonly current: StoredSolution | null;
  readonly best: StoredSolution | null;
}

interface Proposal extends Candidate {
  readonly step: number;
  /** Accepted if and only if its cost is at most this. */
  readonly threshold: number;
}

/**
 * A search over `problem`. Options that are not given are the article's. A state continues the run it was taken
 * from, bit for bit, if problem and options are the same.
 *
 * Throws 'bad-input' for an option out of range or a state of another problem. `ask` throws 'infeasible' when a layer
 * is reached with a loss that is not below its cap: the article's search would go on to destroy the layer.
 */
export function simulatedAnnealing(
  problem: Problem,
  options: Partial<SimulatedAnnealingOptions> = {},
  state?: SimulatedAnnealingState,
): Search<SimulatedAnnealingState> {
  return new SimulatedAnnealing(problem, { ...SIMULATED_ANNEALING_PAPER, ...options }, state);
}

class SimulatedAnnealing implements Search<SimulatedAnnealingState> {
  readonly #problem: Problem;
  readonly #options: SimulatedAnnealingOptions;
  /** Indices into the problem's layers of those to search. */
  readonly #searched: readonly number[];
  /** Index into `#searched`. */
  #layer = 0;
  #step = 0;
  #proposals = 0;
  #accepted = 0;
  /** Lowest cost in this layer; costs of different layers do not compare, since the cap differs. */
  #layerBestCost = 0;
  #digest = EMPTY_DIGEST;
  #baseline: Solution | undefined;
  #current: Solution | undefined;
  #best: Solution | undefined;
  #asked: readonly (Candidate | Proposal)[] = [];

  constructor(problem: Problem, options: SimulatedAnnealingOptions, state?: SimulatedAnnealingState) {
    checkCount('iterations', options.iterations);
    checkPositive('initialTemperature', options.initialTemperature);
    checkFraction('mutationRate', options.mutationRate);
    checkPositive('lossToWarmup', options.lossToWarmup);
    checkPositive('maxLossPenalty', options.maxLossPenalty);
    if (problem.layers.length === 0) {
      throw new MasksearchError('bad-input', 'the problem has no prunable layers', 'pass at least one layer');
    }
    this.#problem = problem;
    this.#options = options;
    this.#searched = layersToSearch(problem, options.layers);
    if (state) this.#restore(state);
  }

  get done(): boolean {
    return this.#layer === this.#searched.length;
  }

  get best(): Solution | undefined {
    return this.#best;
  }

  get baseline(): Solution | undefined {
    return this.#baseline;
  }

  get digest(): string {
    return this.#digest;
  }

  get progress(): Progress {
    const { iterations } = this.#options;
    return {
      layer: this.#baseline ? this.#layerAt(Math.min(this.#layer, this.#searched.length - 1)).name : '',
      step: this.done ? iterations : this.#step,
      steps: iterations,
      proposals: this.#proposals,
      totalProposals: iterations * this.#searched.length,
      accepted: this.#accepted,
      current: this.#current,
    };
  }

  ask(limit: number): readonly Candidate[] {
    if (this.done) return (this.#asked = []);
    if (!this.#current) {
      return (this.#asked = [{ masks: fullMasks(this.#problem.layers) }]);
    }
    if (this.#step === 0) this.#checkFeasible(this.#current);
    // Later proposals of an ask stand on the same state as the first: they count only while all before are rejected.
    const count = Math.min(limit >= 1 ? Math.floor(limit) : 1, this.#options.iterations - this.#step);
    return (this.#asked = Array.from({ length: count }, (_, i) =>
      this.#propose(this.#current!, this.#step + i),
    ));
  }

  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[] {
    const asked = this.#asked;
    if (asked.length === 0 || evaluations.length !== asked.length) {
      throw new MasksearchError(
        'bad-input',
        `told ${evaluations.length} evaluations for ${asked.length} candidates`,
        'ask, then tell one evaluation per candidate, in order',
      );
    }
    for (const evaluation of evaluations) {
      if (!evaluation.exceeded && !Number.isFinite(evaluation.loss)) {
        throw new MasksearchError('bad-input', `a loss of ${evaluation.loss} was told`, 'tell finite losses');
      }
    }
    this.#asked = [];
    if (!this.#current) {
      this.#tellBaseline(asked[0]!.masks, evaluations[0]!);
      return [];
    }
    const rows: HistoryRow[] = [];
    for (const [i, proposal] of (asked as readonly Proposal[]).entries()) {
      const row = this.#tellProposal(proposal, evaluations[i]!);
      if (row) {
        rows.push(row);
        break;
      }
    }
    if (this.#step === this.#options.iterations) this.#enterLayer(this.#layer + 1);
    return rows;
  }

  #propose(current: Solution, step: number): Proposal {
    const { seed, mutationRate, initialTemperature, iterations, lossLimits = true } = this.#options;
    const index = this.#searched[this.#layer]!;
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
    return { masks, step, threshold, lossLimit: lossLimits ? this.#lossLimit(masks, threshold) : undefined };
  }

  #lossLimit(masks: Masks, threshold: number): number | undefined {
    const { meanLayer } = sparsityOf(masks);
    const { maxLossPenalty } = this.#options;
    return lossLimitFor(threshold, meanLayer, this.#baseline!.loss, this.#maxLoss(), maxLossPenalty);
  }

  #tellBaseline(masks: Masks, evaluation: Evaluation): void {
    if (evaluation.exceeded) {
      throw new MasksearchError('bad-input', 'the unmasked network was not evaluated', 'evaluate it in full');
    }
    const { loss, accuracy } = evaluation;
    const sparsity = sparsityOf(masks);
    const { maxLossPenalty } = this.#options;
    this.#baseline = {
      masks,
      loss,
      accuracy,
      sparsity,
      cost: costOf(loss, 0, loss, Infinity, maxLossPenalty),
    };
    this.#current = this.#best = this.#baseline;
    this.#enterLayer(0);
  }

  /** The history row if the proposal is accepted. */
  #tellProposal(proposal: Proposal, evaluation: Evaluation): HistoryRow | undefined {
    this.#step = proposal.step + 1;
    this.#proposals++;
    if (evaluation.exceeded) return undefined;
    const solution = this.#judge(proposal.masks, evaluation.loss, evaluation.accuracy);
    if (!(solution.cost <= proposal.threshold)) return undefined;

    this.#accepted++;
    this.#current = solution;
    if (solution.cost < this.#layerBestCost) {
      this.#layerBestCost = solution.cost;
      this.#best = solution;
    }
    const layer = this.#layerAt(this.#layer).position;
    this.#digest = extendDigest(this.#digest, layer, proposal.step, solution);
    const { initialTemperature, mutationRate, iterations } = this.#options;
    return {
      layer,
      temperature: temperatureAt(initialTemperature, proposal.step),
      mutationRate: adaptiveMutationRate(mutationRate, proposal.step, iterations),
      cost: solution.cost,
      accuracy: solution.accuracy,
      loss: solution.loss,
      sparsity: solution.sparsity.meanLayer,
    };
  }

  /** A state as the objective sees it in the layer being searched. */
  #judge(masks: Masks, loss: number, accuracy: number): Solution {
    const sparsity = sparsityOf(masks);
    const { maxLossPenalty } = this.#options;
    const cost = costOf(loss, sparsity.meanLayer, this.#baseline!.loss, this.#maxLoss(), maxLossPenalty);
    return { masks, loss, accuracy, sparsity, cost };
  }

  #layerAt(layer: number): PrunableLayer {
    return this.#problem.layers[this.#searched[layer]!]!;
  }

  #maxLoss(): number {
    const { position } = this.#layerAt(this.#layer);
    return maxLossAt(this.#options.lossToWarmup, position, this.#problem.depth);
  }

  /** Goes on with the current masks. They need no new evaluation: only the cap, hence the cost, is another. */
  #enterLayer(layer: number): void {
    this.#layer = layer;
    this.#step = 0;
    if (this.done) return;
    const { masks, loss, accuracy } = this.#current!;
    this.#current = this.#judge(masks, loss, accuracy);
    this.#layerBestCost = this.#current.cost;
  }

  #checkFeasible({ loss }: Solution): void {
    const cap = this.#maxLoss();
    if (loss < cap) return;
    const { name } = this.#layerAt(this.#layer);
    throw new MasksearchError(
      'infeasible',
      `the loss is ${loss} before ${name} is searched, but must be below the layer's cap of ${cap}`,
      'use more images or a larger lossToWarmup',
      { option: 'lossToWarmup' },
    );
  }

  snapshot(): SimulatedAnnealingState {
    return {
      version: 1,
      layer: this.#layer,
      step: this.#step,
      proposals: this.#proposals,
      accepted: this.#accepted,
      layerBestCost: this.#layerBestCost,
      digest: this.#digest,
      baseline: storeSolution(this.#baseline),
      current: storeSolution(this.#current),
      best: storeSolution(this.#best),
    };
  }

  #restore(state: SimulatedAnnealingState): void {
    const { layer, step, version } = state;
    const ended = layer === this.#searched.length && step === 0;
    const within =
      layer in this.#searched && Number.isInteger(step) && step >= 0 && step < this.#options.iterations;
    if (version !== 1 || !(ended || within)) {
      throw new MasksearchError(
        'bad-input',
        `the state is of version ${String(version)}, layer ${layer}, step ${step}, which this search does not have`,
        'continue with the problem and the options the state was taken from',
      );
    }
    this.#layer = state.layer;
    this.#step = state.step;
    this.#proposals = state.proposals;
    this.#accepted = state.accepted;
    this.#layerBestCost = state.layerBestCost;
    this.#digest = state.digest;
    this.#baseline = restoreSolution(state.baseline, this.#problem);
    this.#current = restoreSolution(state.current, this.#problem);
    this.#best = restoreSolution(state.best, this.#problem);
  }
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
