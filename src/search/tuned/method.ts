/** Tuned annealing as functions of its state: a question for every phase, and what its answers make of the state. */
import type { Codec } from '../../core/codec.ts';
import { countPruned, sparsityOf, type Masks } from '../../core/mask.ts';
import type { Evaluation, Problem, Progress, Score, Solution } from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import { initialMasks } from '../initial-masks.ts';
import {
  inFull,
  measuresOf,
  takeUntilAccepted,
  type Question,
  type SearchMethod,
  type Step,
} from '../shell.ts';
import { afterValidation, unprunedScores } from './after-validation.ts';
import { withSolution } from './front.ts';
import { changedShare } from './moves/moves.ts';
import { initialStepSizes, stepSizesAfter } from './moves/step-sizes.ts';
import { nextPhase, targetStatus, type Phase } from './phase.ts';
import { maxAcceptedLoss, nextVisit, Proposer, type Proposal } from './proposer.ts';
import type { SearchSetup } from './setup.ts';
import { stateCodec, type StoredTunedState, type TunedState } from './state.ts';

/** The first temperature is the median loss change of the trial proposals times this. */
const TEMPERATURE_SHARE = 0.1;

export class TunedMethod implements SearchMethod<TunedState, StoredTunedState> {
  readonly problem: Problem;
  readonly unprunedOn = [undefined, 'validation'] as const;
  readonly codec: Codec<TunedState, StoredTunedState>;
  readonly #setup: SearchSetup;
  readonly #proposer: Proposer;

  constructor(setup: SearchSetup) {
    this.problem = setup.problem;
    this.codec = stateCodec(setup);
    this.#setup = setup;
    this.#proposer = new Proposer(setup);
  }

  start([tuning, validation]: readonly Score[]): TunedState {
    const { problem, options, weights, searched, schedule, timetable, tradeoffs, importance } = this.#setup;
    const tradeoff = tradeoffs.start({ tuning: tuning!, validation: validation! });
    const unpruned = this.#solution(initialMasks(problem), tuning!, tradeoff.lossPerWeight);
    const evaluations = 2;
    const state: TunedState = {
      evaluations,
      accepted: 0,
      visit: 0,
      visitEnd: schedule.lengthOf(0, timetable.expected(evaluations)),
      nextValidation: timetable.nextValidation(evaluations),
      improvedAt: 0,
      isValidated: true,
      isEnding: false,
      temperature: timetable.calibrationsPerLayer(searched.length) === 0 ? 0 : undefined,
      tradeoff,
      stepSizes: initialStepSizes(weights, options.moves.length),
      digest: EMPTY_DIGEST,
      unpruned,
      current: unpruned,
      best: unpruned,
      validation: { unpruned: validation!, best: validation! },
      validationPoints: [],
      front: withSolution(new Map(), unpruned),
      rejections: importance.start(),
    };
    return this.#advance(this.#steer(state));
  }

  isDone(state: TunedState): boolean {
    return this.#phase(state) === 'done';
  }

  best({ best }: TunedState): Solution {
    return best;
  }

  progress(state: TunedState | undefined): Progress {
    const { problem, options, schedule } = this.#setup;
    const { evaluations = 0, accepted = 0, current } = state ?? {};
    const total = Number.isFinite(options.evaluations) ? options.evaluations : evaluations;
    return {
      layer: state ? problem.layers[schedule.layerOf(state.visit)]!.name : '',
      step: evaluations,
      steps: total,
      proposals: evaluations,
      totalProposals: total,
      // The unpruned network is no validation point.
      validations: state ? state.validationPoints.length + 1 : 0,
      accepted,
      current,
    };
  }

  ask(state: TunedState, limit: number): Question<TunedState> {
    const { candidates, answer } = this.#questionIn(this.#phase(state), state, limit);
    return {
      candidates,
      answer: (evaluations) => {
        const step = answer(evaluations);
        return { ...step, state: this.#advance(step.state) };
      },
    };
  }

  /** What comes next; `isExhausted` if no move has anything to change in any layer. */
  #phase(state: TunedState, isExhausted = false): Phase {
    const { goal, timetable } = this.#setup;
    return nextPhase({
      isEnding: state.isEnding,
      isCalibrated: state.temperature !== undefined,
      isValidated: state.isValidated,
      target: targetStatus(goal.zeros, state),
      isValidationDue: state.evaluations >= state.nextValidation,
      isPruningDue: timetable.isPruningDue(state),
      isExhausted,
    });
  }

  #questionIn(phase: Phase, state: TunedState, limit: number): Question<TunedState> {
    switch (phase) {
      case 'calibrate':
        return this.#calibrate(state);
      case 'propose':
        return this.#propose(state, limit);
      case 'validate':
        return this.#validate(state);
      case 'prune-to-target':
        return this.#pruneToTarget(state);
      case 'done':
        throw new Error('a search that is done has no question');
    }
  }

  #calibrate(state: TunedState): Question<TunedState> {
    const candidates = this.#proposer.calibrations(state);
    return {
      candidates,
      answer(evaluations) {
        const changes = evaluations.map((told) => Math.abs(inFull(told).loss - state.current.loss));
        changes.sort((a, b) => a - b);
        const temperature = TEMPERATURE_SHARE * changes[Math.floor(changes.length / 2)]!;
        return {
          state: { ...state, evaluations: state.evaluations + changes.length, temperature },
          rows: [],
        };
      },
    };
  }

  #propose(state: TunedState, limit: number): Question<TunedState> {
    const { state: from, proposals } = this.#proposer.proposals(state, limit);
    if (proposals.length === 0) return this.#questionIn(this.#phase(from, true), from, limit);
    return {
      candidates: proposals,
      answer: (evaluations) =>
        takeUntilAccepted(from, proposals, evaluations, (...taken) => this.#take(...taken)),
    };
  }

  #validate(state: TunedState): Question<TunedState> {
    return {
      candidates: [{ masks: state.current.masks, on: 'validation' }],
      answer: ([told]) => ({ state: this.#validated(state, inFull(told!)), rows: [] }),
    };
  }

  #pruneToTarget(state: TunedState): Question<TunedState> {
    const masks = this.#proposer.pruneToTarget(state);
    const { lossPerWeight } = state.tradeoff;
    return {
      candidates: [{ masks }],
      answer: ([told]) => this.#accept(state, this.#solution(masks, inFull(told!), lossPerWeight), 0),
    };
  }

  #take(state: TunedState, proposal: Proposal, told: Evaluation): Step<TunedState> {
    const { schedule, weights, importance } = this.#setup;
    const { masks, move, threshold, temperature } = proposal;
    const solution = told.exceeded ? undefined : this.#solution(masks, told, state.tradeoff.lossPerWeight);
    const isAccepted =
      solution !== undefined && solution.loss <= maxAcceptedLoss(state) && solution.cost <= threshold;
    const layer = schedule.layerOf(state.visit);
    const stepSizes = stepSizesAfter(state.stepSizes, layer, move, isAccepted, weights);
    if (isAccepted) return this.#accept({ ...state, stepSizes }, solution, temperature);
    const rejections = importance.recordRejection(state.rejections, state.current.masks, masks);
    return { state: { ...state, evaluations: state.evaluations + 1, stepSizes, rejections }, rows: [] };
  }

  #accept(state: TunedState, solution: Solution, temperature: number): Step<TunedState> {
    const { problem, schedule } = this.#setup;
    const { position } = problem.layers[schedule.layerOf(state.visit)]!;
    const { evaluations } = state;
    const accepted: TunedState = {
      ...state,
      evaluations: evaluations + 1,
      accepted: state.accepted + 1,
      current: solution,
      isValidated: false,
      front: withSolution(state.front, solution),
      digest: extendDigest(state.digest, position, evaluations, solution),
    };
    const row = {
      layer: position,
      evaluation: evaluations,
      temperature,
      mutationRate: changedShare(state.current.masks, solution.masks),
      ...measuresOf(solution),
      globalSparsity: solution.sparsity.global,
    };
    return { state: accepted, rows: [row] };
  }

  /** The current solution may be the best so far, and what a weight may cost follows from its validation loss. */
  #validated(state: TunedState, score: Score): TunedState {
    return this.#steer({
      ...state,
      ...afterValidation(this.#setup, state, state.current, score),
      isValidated: true,
      // Nothing was accepted since the last validation: no move has anything to change any more.
      isEnding: state.isEnding || state.isValidated,
    });
  }

  #steer(state: TunedState): TunedState {
    const { timetable, tradeoffs } = this.#setup;
    const { evaluations, current } = state;
    const tradeoff = tradeoffs.steer(state.tradeoff, unprunedScores(state), {
      loss: current.loss,
      zeros: countPruned(current.masks),
      share: timetable.shareUsed(evaluations),
    });
    return { ...state, tradeoff, nextValidation: timetable.nextValidation(evaluations) };
  }

  /** After every answer: the next visit, new tradeoffs without a validation, or the end, if they are due. */
  #advance(answered: TunedState): TunedState {
    const { goal, timetable } = this.#setup;
    let state = answered;
    if (state.evaluations >= state.visitEnd) state = nextVisit(this.#setup, state);
    const isCalibrated = state.temperature !== undefined;
    // Nothing new to validate.
    if (state.evaluations >= state.nextValidation && state.isValidated && isCalibrated) {
      state = this.#steer(state);
    }
    const isTargetMet = targetStatus(goal.zeros, state) === 'met';
    return { ...state, isEnding: state.isEnding || timetable.isOver(state, isTargetMet) };
  }

  #solution(masks: Masks, { loss, accuracy }: Score, lossPerWeight: number): Solution {
    const sparsity = sparsityOf(masks);
    const cost = this.#setup.options.objective({ loss, sparsity, lossPerWeight });
    return { masks, loss, accuracy, sparsity, cost };
  }
}
