/**
 * Simulated annealing over the masks of one layer after the other, as in the article. Weights are only ever dropped;
 * the next layer goes on from the current masks.
 */
import type { Candidate, Evaluation, HistoryRow, Problem, Progress, Search, Solution } from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import { MasksearchError } from '../../core/error.ts';
import { checkTold, MAX_STEPS, LayerSequence, type LayerwiseOptions } from './layerwise.ts';
import { lossLimitFor } from './loss-limit.ts';
import { sparsityOf, type Mask, type Masks } from '../../core/mask.ts';
import { log } from '../../core/math.ts';
import { checkCount, checkFraction, checkPositive } from '../../core/options.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import { adaptiveMutationRate, temperatureAt } from './schedule.ts';
import { restoreSolution, storeSolution, type StoredSolution } from '../snapshot.ts';

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
  readonly unpruned: StoredSolution | null;
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
  readonly #layers: LayerSequence;
  /** Place among the layers to search. */
  #layer = 0;
  #step = 0;
  #proposals = 0;
  #accepted = 0;
  /** Lowest cost in this layer; costs of different layers do not compare, since the cap differs. */
  #layerBestCost = 0;
  #digest = EMPTY_DIGEST;
  #unpruned: Solution | undefined;
  #current: Solution | undefined;
  #best: Solution | undefined;
  #asked: readonly (Candidate | Proposal)[] = [];

  constructor(problem: Problem, options: SimulatedAnnealingOptions, state?: SimulatedAnnealingState) {
    checkCount('iterations', options.iterations, { most: MAX_STEPS, example: 200 });
    checkPositive('initialTemperature', options.initialTemperature);
    checkFraction('mutationRate', options.mutationRate, 0.15);
    this.#problem = problem;
    this.#options = options;
    this.#layers = new LayerSequence(problem, options);
    if (state) this.#restore(state);
  }

  get done(): boolean {
    return this.#layer === this.#layers.count;
  }

  get best(): Solution | undefined {
    return this.#best;
  }

  get unpruned(): Solution | undefined {
    return this.#unpruned;
  }

  get digest(): string {
    return this.#digest;
  }

  get progress(): Progress {
    const { iterations } = this.#options;
    return {
      layer: this.#unpruned ? this.#layers.layerAt(Math.min(this.#layer, this.#layers.count - 1)).name : '',
      step: this.done ? iterations : this.#step,
      steps: iterations,
      proposals: this.#proposals,
      totalProposals: iterations * this.#layers.count,
      accepted: this.#accepted,
      current: this.#current,
    };
  }

  ask(limit: number): readonly Candidate[] {
    if (this.done) return (this.#asked = []);
    if (!this.#current) {
      return (this.#asked = [{ masks: this.#layers.unmasked() }]);
    }
    if (this.#step === 0) this.#layers.checkBelowCap(this.#layer, this.#current);
    // Later proposals of an ask stand on the same state as the first: they count only while all before are rejected.
    const count = Math.min(limit >= 1 ? Math.floor(limit) : 1, this.#options.iterations - this.#step);
    return (this.#asked = Array.from({ length: count }, (_, i) =>
      this.#propose(this.#current!, this.#step + i),
    ));
  }

  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[] {
    const asked = this.#asked;
    checkTold(asked.length, evaluations);
    this.#asked = [];
    if (!this.#current) {
      this.#current = this.#best = this.#unpruned = this.#layers.unpruned(evaluations[0]!);
      this.#enterLayer(0);
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
    const index = this.#layers.indexOf(this.#layer);
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
    return lossLimitFor(
      threshold,
      meanLayer,
      this.#unpruned!.loss,
      this.#layers.maxLoss(this.#layer),
      maxLossPenalty,
    );
  }

  /** The history row if the proposal is accepted. */
  #tellProposal(proposal: Proposal, evaluation: Evaluation): HistoryRow | undefined {
    this.#step = proposal.step + 1;
    this.#proposals++;
    if (evaluation.exceeded) return undefined;
    const solution = this.#layers.solutionOf(this.#layer, proposal.masks, evaluation, this.#unpruned!.loss);
    if (!(solution.cost <= proposal.threshold)) return undefined;

    this.#accepted++;
    this.#current = solution;
    if (solution.cost < this.#layerBestCost) {
      this.#layerBestCost = solution.cost;
      this.#best = solution;
    }
    const layer = this.#layers.layerAt(this.#layer).position;
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

  /** Goes on with the current masks. They need no new evaluation: only the cap, hence the cost, is another. */
  #enterLayer(layer: number): void {
    this.#layer = layer;
    this.#step = 0;
    if (this.done) return;
    this.#current = this.#layers.solutionOf(
      layer,
      this.#current!.masks,
      this.#current!,
      this.#unpruned!.loss,
    );
    this.#layerBestCost = this.#current.cost;
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
      unpruned: storeSolution(this.#unpruned),
      current: storeSolution(this.#current),
      best: storeSolution(this.#best),
    };
  }

  #restore(state: SimulatedAnnealingState): void {
    const { layer, step, version } = state;
    const ended = layer === this.#layers.count && step === 0;
    const within =
      layer >= 0 &&
      layer < this.#layers.count &&
      Number.isInteger(step) &&
      step >= 0 &&
      step < this.#options.iterations;
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
    this.#unpruned = restoreSolution(state.unpruned, this.#problem);
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
