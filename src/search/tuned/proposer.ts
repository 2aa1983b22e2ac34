/** From a state of tuned annealing to the masks to evaluate next. */
import { countPruned, sparsityOf, type Masks } from '../../core/mask.ts';
import { log } from '../../core/math.ts';
import { badOption } from '../../core/options.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import type { Candidate } from '../contract.ts';
import { chooseMove } from './moves/choose-move.ts';
import { changed, type MoveContext } from './moves/moves.ts';
import { pruneToTarget } from './moves/prune-to-target.ts';
import { stepSizesAfter, type StepSizes } from './moves/step-sizes.ts';
import { lossLimitFor } from './objective.ts';
import { targetStatus } from './phase.ts';
import { maxPrunableIn, type SearchSetup } from './setup.ts';
import type { TunedState } from './state.ts';

export interface Proposal extends Candidate {
  /** Index of the move that made it. */
  readonly move: number;
  /** Accepted if and only if its cost is at most this, and its loss at most `maxAcceptedLoss`. */
  readonly threshold: number;
  /** In nats. */
  readonly temperature: number;
}

/** Loss, in nats, up to which proposals are accepted. One above the cap must at least not be worse than the current solution. */
export function maxAcceptedLoss({ tradeoff, current }: TunedState): number {
  return Math.max(tradeoff.lossCap, current.loss);
}

/** `state` at the beginning of the next visit. What was learned in the visit takes effect. */
export function nextVisit({ schedule, timetable, importance }: SearchSetup, state: TunedState): TunedState {
  const visit = state.visit + 1;
  const length = schedule.lengthOf(visit, timetable.expected(state.evaluations));
  const visitEnd = state.evaluations + length;
  return { ...state, visit, visitEnd, rejections: importance.commit(state.rejections) };
}

export class Proposer {
  readonly #setup: SearchSetup;

  constructor(setup: SearchSetup) {
    this.#setup = setup;
  }

  /** Trial proposals in every layer, of the first step size. */
  calibrations({ current, stepSizes, rejections }: TunedState): readonly Candidate[] {
    const { searched, timetable } = this.#setup;
    const length = timetable.calibrationsPerLayer(searched.length);
    return searched.flatMap((layer) =>
      Array.from({ length }, (_, i) => {
        const count = Math.floor(stepSizes[layer]![0]!);
        const random = this.#stream('calibration', layer, i);
        const drop = rejections.rankings[layer]!.pickKept(current.masks[layer]!, count, random);
        return { masks: changed(current.masks, layer, drop, []) };
      }),
    );
  }

  /**
   * Up to `limit` proposals, at least one, and the state that they start from: layers in which no move has anything to change
   * are passed over. No proposals if that is every layer.
   */
  proposals(from: TunedState, limit: number): { state: TunedState; proposals: readonly Proposal[] } {
    let state = from;
    for (let i = 0; i < this.#setup.schedule.count; i++) {
      const proposals = this.#proposalsInLayer(state, limit);
      if (proposals.length > 0) return { state, proposals };
      state = nextVisit(this.#setup, state);
    }
    return { state, proposals: [] };
  }

  /** The current masks with exactly the zeros that the target still needs. */
  pruneToTarget({ current, rejections }: TunedState): Masks {
    const { goal, problem, searched } = this.#setup;
    return pruneToTarget(current.masks, goal.zeros! - countPruned(current.masks), {
      searched,
      rankings: rejections.rankings,
      maxPrunableIn: (layer) => maxPrunableIn(problem, current.masks, layer),
    });
  }

  #proposalsInLayer(state: TunedState, limit: number): readonly Proposal[] {
    const { goal, schedule, timetable, weights } = this.#setup;
    const isTargetMet = targetStatus(goal.zeros, state) === 'met';
    const count = Math.min(limit, timetable.proposalsLeft(state, isTargetMet));
    const layer = schedule.layerOf(state.visit);
    const proposals: Proposal[] = [];
    // A proposal is used only if all before it are rejected, and is made as if they were.
    let { stepSizes } = state;
    for (let step = state.evaluations; step < state.evaluations + count; step++) {
      const proposal = this.#propose(state, stepSizes, step);
      if (!proposal) break;
      proposals.push(proposal);
      stepSizes = stepSizesAfter(stepSizes, layer, proposal.move, false, weights);
    }
    return proposals;
  }

  #propose(state: TunedState, stepSizes: StepSizes, step: number): Proposal | undefined {
    const { options, timetable } = this.#setup;
    const { moves, objective, lossLimits = true } = options;
    const { current, tradeoff } = state;
    const random = this.#stream('step', step);
    const context = this.#context(state, random);
    const found = chooseMove(moves, context, stepSizes);
    if (!found) return undefined;
    const { move, masks } = found;
    if (countPruned(masks) - countPruned(current.masks) > context.maxPrunable) {
      throw badOption('moves', moves[move]!.name, 'moves that keep to maxPrunable', 'mend it');
    }
    const { lossPerWeight } = tradeoff;
    const sparsity = sparsityOf(masks);
    const temperature = state.temperature! * (1 - Math.min(1, timetable.shareUsed(step)));
    const cost = objective({ loss: current.loss, sparsity: current.sparsity, lossPerWeight });
    // Metropolis, solved for the cost: 1 - u is in (0, 1], so the logarithm is finite.
    const threshold = cost - (temperature / lossPerWeight) * log(1 - random.double());
    const lossLimit = lossLimits
      ? lossLimitFor(objective, { sparsity, lossPerWeight }, threshold, maxAcceptedLoss(state))
      : undefined;
    return { masks, move, threshold, temperature, lossLimit };
  }

  #context({ current, visit, rejections }: TunedState, random: RandomStream): Omit<MoveContext, 'stepSize'> {
    const { problem, schedule, searched, goal } = this.#setup;
    const { masks } = current;
    return {
      masks,
      layer: schedule.layerOf(visit),
      searched,
      rankings: rejections.rankings,
      maxPrunable: (goal.zeros ?? Infinity) - countPruned(masks),
      maxPrunableIn: (layer) => maxPrunableIn(problem, masks, layer),
      random,
    };
  }

  #stream(...key: readonly (string | number)[]): RandomStream {
    return randomStream(this.#setup.options.seed, 'tuned annealing', ...key);
  }
}
