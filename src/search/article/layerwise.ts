/** What the article's two searches share: they search one layer after the other, each with its own cap on the loss. */
import type { PrunableLayer, Problem, Score, Solution } from '../contract.ts';
import { MasksearchError } from '../../core/error.ts';
import { sparsityOf, type Masks } from '../../core/mask.ts';
import { costOf, maxLossAt, type ObjectiveOptions } from './objective.ts';
import { checkPositive } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { initialMasks } from '../initial-masks.ts';
import { layersToSearch } from '../searched-layers.ts';

export interface LayerwiseOptions extends ObjectiveOptions {
  /** Names of the layers to search, in any order; they are searched in network order. All if undefined. */
  readonly layers?: readonly string[] | undefined;
  /** Whether candidates get a `lossLimit`, so that evaluators may stop early; true if undefined. Never changes the result. */
  readonly lossLimits?: boolean | undefined;
}

/** Iterations or generations per layer. Each may add a row to the history, which is kept in memory. */
export const MAX_STEPS = 1_000_000;

/** The layers to search, numbered by their place in the search. */
export class LayerSequence {
  readonly #problem: Problem;
  readonly #options: LayerwiseOptions;
  readonly #indices: readonly number[];

  /** Throws 'bad-input' for an option out of range and for a problem without layers. */
  constructor(problem: Problem, options: LayerwiseOptions) {
    checkPositive('lossToWarmup', options.lossToWarmup);
    checkPositive('maxLossPenalty', options.maxLossPenalty, 1e8);
    this.#problem = problem;
    this.#options = options;
    this.#indices = layersToSearch(problem, options.layers);
  }

  get count(): number {
    return this.#indices.length;
  }

  /** Index of a layer among the problem's layers. */
  indexOf(place: number): number {
    return this.#indices[place]!;
  }

  layerAt(place: number): PrunableLayer {
    return this.#problem.layers[this.indexOf(place)]!;
  }

  /** The cap on the loss, in nats, while this layer is searched. */
  maxLoss(place: number): number {
    return maxLossAt(this.#options.lossToWarmup, this.layerAt(place).position, this.#problem.depth);
  }

  /** The unpruned network as a solution. It is under no cap. */
  unpruned({ loss, accuracy }: Score): Solution {
    const masks = initialMasks(this.#problem);
    const sparsity = sparsityOf(masks);
    const cost = costOf(loss, sparsity.meanLayer, loss, Infinity, this.#options.maxLossPenalty);
    return { masks, loss, accuracy, sparsity, cost };
  }

  /** Masks and their score as a solution, with the cost that they have while this layer is searched. */
  solutionOf(place: number, masks: Masks, { loss, accuracy }: Score, unprunedLoss: number): Solution {
    const sparsity = sparsityOf(masks);
    const { maxLossPenalty } = this.#options;
    const cost = costOf(loss, sparsity.meanLayer, unprunedLoss, this.maxLoss(place), maxLossPenalty);
    return { masks, loss, accuracy, sparsity, cost };
  }

  /** Throws 'infeasible' if the loss with which this layer is entered is not below its cap. */
  checkBelowCap(place: number, { loss }: Solution): void {
    const cap = this.maxLoss(place);
    if (loss < cap) return;
    throw new MasksearchError(
      'infeasible',
      `the loss is ${loss} before ${this.layerAt(place).name} is searched, but must be below the layer's cap of ${cap}`,
      phrase`use more images or a larger ${optionName('lossToWarmup')}`,
      { option: 'lossToWarmup' },
    );
  }
}
