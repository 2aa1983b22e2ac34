/** What the article's two searches share: layers one after the other, each with its own cap on the loss. */
import type { Evaluation, PrunableLayer, Problem, Solution } from '../contract.ts';
import { MasksearchError } from '../../core/error.ts';
import { fullMasks, sparsityOf, type Masks } from '../../core/mask.ts';
import { costOf, maxLossAt, type ObjectiveOptions } from './objective.ts';
import { checkPositive } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { layersToSearch } from '../searched-layers.ts';

export interface LayerwiseOptions extends ObjectiveOptions {
  /** Names of the layers to search, in network order whatever the order here; all if not given. */
  readonly layers?: readonly string[] | undefined;
  /** Whether to tell evaluators which losses are too high to matter, so that they may stop; never changes the result. */
  readonly lossLimits?: boolean | undefined;
}

/** Iterations or generations of a layer: each may leave a row in the history, which is in memory. */
export const MAX_STEPS = 1_000_000;

/** The layers to search, by their place in the search. Throws 'bad-input' for an option out of range. */
export class LayerSequence {
  readonly #problem: Problem;
  readonly #options: LayerwiseOptions;
  readonly #indices: readonly number[];

  constructor(problem: Problem, options: LayerwiseOptions) {
    checkPositive('lossToWarmup', options.lossToWarmup);
    checkPositive('maxLossPenalty', options.maxLossPenalty, 1e8);
    if (problem.layers.length === 0) {
      throw new MasksearchError('bad-input', 'the problem has no prunable layers', 'pass at least one layer');
    }
    this.#problem = problem;
    this.#options = options;
    this.#indices = layersToSearch(problem, options.layers);
  }

  get count(): number {
    return this.#indices.length;
  }

  /** Index among the problem's layers. */
  indexOf(place: number): number {
    return this.#indices[place]!;
  }

  layerAt(place: number): PrunableLayer {
    return this.#problem.layers[this.indexOf(place)]!;
  }

  /** The cap on the loss while this layer is searched. */
  maxLoss(place: number): number {
    return maxLossAt(this.#options.lossToWarmup, this.layerAt(place).position, this.#problem.depth);
  }

  unmasked(): Masks {
    return fullMasks(this.#problem.layers);
  }

  /** The unmasked network as the objective sees it, from the first evaluation of a search. */
  unpruned(evaluation: Evaluation): Solution {
    if (evaluation.exceeded) {
      throw new MasksearchError('bad-input', 'the unmasked network was not evaluated', 'evaluate it in full');
    }
    const { loss, accuracy } = evaluation;
    const masks = this.unmasked();
    const cost = costOf(loss, 0, loss, Infinity, this.#options.maxLossPenalty);
    return { masks, loss, accuracy, sparsity: sparsityOf(masks), cost };
  }

  /** A state as the objective sees it in this layer. */
  solutionOf(
    place: number,
    masks: Masks,
    { loss, accuracy }: { readonly loss: number; readonly accuracy: number },
    unprunedLoss: number,
  ): Solution {
    const sparsity = sparsityOf(masks);
    const { maxLossPenalty } = this.#options;
    const cost = costOf(loss, sparsity.meanLayer, unprunedLoss, this.maxLoss(place), maxLossPenalty);
    return { masks, loss, accuracy, sparsity, cost };
  }

  /** Throws 'infeasible' if a layer is reached with a loss that is not below its cap. */
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

/** Throws 'bad-input' unless there is one usable evaluation for each of `asked` candidates, and something was asked. */
export function checkTold(asked: number, evaluations: readonly Evaluation[]): void {
  if (asked === 0 || evaluations.length !== asked) {
    throw new MasksearchError(
      'bad-input',
      `told ${evaluations.length} evaluations for ${asked} candidates`,
      'ask, then tell one evaluation per candidate, in order',
    );
  }
  for (const evaluation of evaluations) {
    if (!evaluation.exceeded && !Number.isFinite(evaluation.loss)) {
      throw new MasksearchError('bad-input', `a loss of ${evaluation.loss} was told`, 'tell finite losses');
    }
  }
}
