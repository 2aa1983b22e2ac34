/** A population search as functions of its state. */
import type { Codec } from '../../core/codec.ts';
import { countPruned } from '../../core/mask.ts';
import type { Candidate, Evaluation, Problem, Progress, Score, Solution } from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import { initialMasks } from '../initial-masks.ts';
import { inFull, type Question, type SearchMethod, type Step } from '../shell.ts';
import { afterValidation, unprunedScores } from '../tuned/after-validation.ts';
import { frontPoints, withSolution } from '../tuned/front.ts';
import { initialStepSizes, resized } from '../tuned/moves/step-sizes.ts';
import { lossLimitFor } from '../tuned/objective.ts';
import { targetStatus } from '../tuned/phase.ts';
import { Breeder, type Child, type Kind } from './breeder.ts';
import { worthJoining } from './differences.ts';
import { historyRow, mostChangedLayer } from './history-row.ts';
import { finalistsOf, leaderOf } from './choice.ts';
import { hypervolume, referenceLossOf } from './pareto/hypervolume.ts';
import type { PopulationSetup } from './setup.ts';
import { stateCodec, type PopulationState, type StoredPopulationState } from './state.ts';
import { cheapest, nondominated, Pricing } from './survivors.ts';

/** Factors of a step size for a mutant that improves on its parent, and for one that does not: equal at two in seven. */
const GROWTH = 1.3;
const SHRINKAGE = 0.9;

/** Share of the loss budget that mutants may be above the cap, and still show what can be joined. */
const MUTANT_SLACK = 0.2;

/** Generations after which rejected mutations count. */
const LEARNING_INTERVAL = 4;

/** The first loss per weight, as a share of annealing's: the best of many children would use up the loss budget for little. */
const FIRST_PRICE_SHARE = 0.25;

/** Generations in which a difference may be joined. */
const MAX_DIFFERENCE_AGE = 3;

/** Generations without another leader after which the population is replaced. */
const MAX_STAGNATION = 25;

/** The next generation, and by which rule its children survive. */
interface Plan {
  readonly kind: Kind;
  /** Number of zeros of every child; undefined for any number. */
  readonly zeros: number | undefined;
  /** Whether parents die, so that children survive whatever they cost. */
  readonly replacesParents: boolean;
  /** Loss up to which children may survive. */
  readonly maxLoss: number;
  /** Cost up to which they may. */
  readonly maxCost: number;
  /** Loss up to which mutants may still show what can be joined. */
  readonly maxMutantLoss: number;
}

export class PopulationMethod implements SearchMethod<PopulationState, StoredPopulationState> {
  readonly problem: Problem;
  readonly unprunedOn = [undefined, 'validation'] as const;
  readonly codec: Codec<PopulationState, StoredPopulationState>;
  readonly #setup: PopulationSetup;
  readonly #breeder: Breeder;

  constructor(setup: PopulationSetup) {
    this.problem = setup.problem;
    this.codec = stateCodec(setup);
    this.#setup = setup;
    this.#breeder = new Breeder(setup);
  }

  start([tuning, validation]: readonly Score[]): PopulationState {
    const { problem, options, weights, searched, timetable, tradeoffs, importance } = this.#setup;
    const first = tradeoffs.start({ tuning: tuning!, validation: validation! });
    const lossPerWeight = first.lossPerWeight * FIRST_PRICE_SHARE;
    const tradeoff = { ...first, lossPerWeight };
    const unpruned = new Pricing(options.objective, lossPerWeight).solution(initialMasks(problem), tuning!);
    const evaluations = 2;
    const state: PopulationState = {
      evaluations,
      accepted: 0,
      generation: 0,
      stagnation: 0,
      layer: searched[0]!,
      nextValidation: timetable.nextValidation(evaluations),
      improvedAt: 0,
      isValidated: true,
      isEnding: false,
      isComplete: false,
      tradeoff,
      stepSizes: initialStepSizes(weights, options.moves.length),
      digest: EMPTY_DIGEST,
      unpruned,
      population: [unpruned],
      differences: [],
      retired: undefined,
      best: unpruned,
      validation: { unpruned: validation!, best: validation! },
      validationPoints: [],
      front: withSolution(new Map(), unpruned),
      hypervolume: [],
      rejections: importance.start(),
    };
    return this.#advance(this.#steer(state, unpruned.loss));
  }

  isDone({ isComplete }: PopulationState): boolean {
    return isComplete;
  }

  best({ best }: PopulationState): Solution {
    return best;
  }

  progress(state: PopulationState | undefined): Progress {
    const { problem, options } = this.#setup;
    const { evaluations = 0, accepted = 0 } = state ?? {};
    const total = Number.isFinite(options.evaluations) ? options.evaluations : evaluations;
    return {
      layer: state ? problem.layers[state.layer]!.name : '',
      step: evaluations,
      steps: total,
      proposals: evaluations,
      totalProposals: total,
      // The unpruned network is no validation point.
      validations: state ? state.validationPoints.length + 1 : 0,
      accepted,
      current: state && this.#leader(state),
    };
  }

  /** The whole generation, whatever the limit: all of it is needed. */
  ask(state: PopulationState): Question<PopulationState> {
    const question = this.#generation(state) ?? this.#lastChoice(state);
    return {
      candidates: question.candidates,
      answer: (evaluations) => {
        const step = question.answer(evaluations);
        return { ...step, state: this.#advance(step.state) };
      },
    };
  }

  /** The next generation, with a validation of the leader if that is due. Undefined if the search is at its end, or nothing can be changed. */
  #generation(state: PopulationState): Question<PopulationState> | undefined {
    const isMissed = this.#isTargetMissed(state);
    if (state.isEnding && !isMissed) return undefined;
    const plan = this.#plan(state);
    const count = this.#affordable(state);
    const children = this.#breeder.generation(state, plan.kind, count, {
      zeros: plan.zeros,
      replacesParents: plan.replacesParents,
    });
    if (children.length === 0) return undefined;
    const leader = this.#leader(state);
    const validated = this.#isValidationDue(state, children.length) ? leader : undefined;
    return {
      candidates: [
        ...children.map((child) => this.#candidate(state, child, plan)),
        ...(validated ? [{ masks: validated.masks, on: 'validation' as const }] : []),
      ],
      answer: (evaluations) => {
        const step = this.#take(state, children, plan, evaluations.slice(0, children.length));
        if (!validated) return step;
        return { ...step, state: this.#validated(step.state, validated, inFull(evaluations.at(-1)!)) };
      },
    };
  }

  /** Validates what may become the result. */
  #lastChoice(state: PopulationState): Question<PopulationState> {
    const leader = this.#leader(state);
    const finalists = this.#finalists(state);
    const chosen = finalists.length > 0 ? finalists : [leader];
    return {
      candidates: chosen.map(({ masks }) => ({ masks, on: 'validation' as const })),
      answer: (evaluations) => {
        const validated = chosen.reduce(
          (after, solution, i) => this.#validated(after, solution, inFull(evaluations[i]!)),
          state,
        );
        return { state: { ...validated, isEnding: true, isComplete: true }, rows: [] };
      },
    };
  }

  #plan(state: PopulationState): Plan {
    const { options, goal, timetable, survivors } = this.#setup;
    const { generation, stagnation, retired, population, tradeoff, unpruned, validation } = state;
    const isDue = goal.zeros !== undefined && (state.isEnding || timetable.isPruningDue(state));
    const isForced = isDue && this.#isTargetMissed(state);
    const isStuck = stagnation > 0 && stagnation % MAX_STAGNATION === 0;
    const kind = generation === 0 ? 'seeds' : isStuck && !isForced && !retired ? 'shaken' : 'usual';
    const zeros = isForced || (isDue && !options.pareto) ? goal.zeros : undefined;
    const replacesParents = isForced || (kind === 'shaken' && !options.pareto);
    if (options.pareto) {
      const budget = goal.lossBudget(unpruned, validation.unpruned);
      const maxLoss = isForced ? Infinity : Math.max(referenceLossOf(unpruned), unpruned.loss + 2 * budget);
      return { kind, zeros, replacesParents, maxLoss, maxCost: Infinity, maxMutantLoss: maxLoss };
    }
    const isFull = population.length >= survivors && !replacesParents;
    const pricing = this.#pricing(state);
    const maxLoss = replacesParents ? Infinity : Math.max(tradeoff.lossCap, population[0]!.loss);
    const budget = goal.lossBudget(unpruned, validation.unpruned);
    return {
      kind,
      zeros,
      replacesParents,
      maxLoss,
      maxMutantLoss: maxLoss + MUTANT_SLACK * budget,
      maxCost: isFull ? Math.max(...population.map((solution) => pricing.costOf(solution))) : Infinity,
    };
  }

  #candidate(state: PopulationState, { masks, mutation }: Child, plan: Plan): Candidate {
    const { objective, lossLimits = true } = this.#setup.options;
    if (!lossLimits) return { masks };
    const { lossPerWeight } = state.tradeoff;
    const { sparsity } = this.#pricing(state).solution(masks, { loss: 0 });
    return {
      masks,
      lossLimit: lossLimitFor(
        objective,
        { sparsity, lossPerWeight },
        plan.maxCost,
        mutation ? plan.maxMutantLoss : plan.maxLoss,
      ),
    };
  }

  /** Who of a generation survives, and what is learned from it. */
  #take(
    state: PopulationState,
    children: readonly Child[],
    plan: Plan,
    evaluations: readonly Evaluation[],
  ): Step<PopulationState> {
    const { options, problem, survivors } = this.#setup;
    const pricing = this.#pricing(state);
    const evaluated = children.map(({ masks, mutation }, i) => {
      const told = evaluations[i]!;
      if (told.exceeded) return undefined;
      const solution = pricing.solution(masks, told);
      const maxLoss = mutation ? plan.maxMutantLoss : plan.maxLoss;
      return solution.loss <= maxLoss && solution.cost <= plan.maxCost ? solution : undefined;
    });
    const born = evaluated
      .filter((solution) => solution !== undefined)
      .filter(({ loss }) => loss <= plan.maxLoss);
    const parents = state.population.map((solution) => pricing.priced(solution));
    // After a restart that has led nowhere, the leader before it comes back.
    const isBack = state.retired !== undefined && state.stagnation >= MAX_STAGNATION;
    const back = isBack ? [pricing.priced(state.retired)] : [];
    const keepsParents = !plan.replacesParents || born.length === 0;
    const pool = [...(keepsParents ? parents : []), ...back, ...born];
    const population = options.pareto ? nondominated(pool, survivors) : cheapest(pool, survivors);
    const accepted = population.filter((solution) => born.includes(solution));

    const improved = children.map(({ mutation }, i) => {
      const solution = evaluated[i];
      if (!mutation || !solution) return false;
      return options.pareto ? accepted.includes(solution) : solution.cost < pricing.costOf(mutation.parent);
    });
    const retires = plan.kind === 'shaken' && plan.replacesParents && born.length > 0;
    const before = this.#leader(state);
    const after = leaderOf(population, state, this.#setup);
    const isSame = after.masks === before.masks;
    const learned = this.#learned(state, children, improved, evaluated);
    const taken: PopulationState = {
      ...learned,
      evaluations: state.evaluations + children.length,
      accepted: state.accepted + accepted.length,
      generation: state.generation + 1,
      stagnation: isSame ? state.stagnation + 1 : 0,
      layer: isSame ? state.layer : mostChangedLayer(before.masks, after.masks),
      isValidated: state.isValidated && isSame,
      population,
      differences: worthJoining(learned.differences, after.masks, this.#setup.children),
      retired: retires ? before : isBack ? undefined : state.retired,
      front: accepted.reduce(withSolution, state.front),
      digest: accepted.reduce(
        (digest, solution) => extendDigest(digest, problem.depth, state.generation, solution),
        state.digest,
      ),
    };
    return { state: taken, rows: [historyRow(this.problem, taken, before, after)] };
  }

  /** What mutants say of step sizes and of the importance of weights, and what can be joined in the next generation. */
  #learned(
    state: PopulationState,
    children: readonly Child[],
    improved: readonly boolean[],
    evaluated: readonly (Solution | undefined)[],
  ): PopulationState {
    const { weights, importance } = this.#setup;
    let { stepSizes, rejections } = state;
    children.forEach(({ masks, mutation }, i) => {
      if (!mutation) return;
      const { layer, move, parent } = mutation;
      stepSizes = resized(stepSizes, layer, move, improved[i] ? GROWTH : SHRINKAGE, weights);
      if (!improved[i]) rejections = importance.recordRejection(rejections, parent.masks, masks);
    });
    if (state.generation % LEARNING_INTERVAL === LEARNING_INTERVAL - 1) {
      rejections = importance.commit(rejections);
    }
    const fresh = state.differences.filter(
      ({ generation }) => state.generation - generation < MAX_DIFFERENCE_AGE,
    );
    const found = children.flatMap(({ masks, mutation }, i) => {
      if (!mutation || !improved[i]) return [];
      const { parent } = mutation;
      const lossChange = evaluated[i]!.loss - parent.loss;
      return [{ from: parent.masks, to: masks, lossChange, generation: state.generation }];
    });
    return { ...state, stepSizes, rejections, differences: [...found, ...fresh] };
  }

  /** A solution that was validated may be the best so far, and what a weight may cost follows from the leader's validation loss. */
  #validated(state: PopulationState, solution: Solution, score: Score): PopulationState {
    const validated = { ...state, ...afterValidation(this.#setup, state, solution, score) };
    const isLeader = this.#leader(validated).masks === solution.masks;
    return this.#steer({ ...validated, isValidated: isLeader }, solution.loss);
  }

  /**
   * Where the goal limits the loss, it may rise in proportion to the search, as the path of the tradeoffs is the root of its share; and the loss per
   * weight changes faster than annealing's, since it starts lower.
   *
   * @param loss on the tuning images, of the solution validated last or the leader
   */
  #steer(state: PopulationState, loss: number): PopulationState {
    const { timetable, tradeoffs, options, goal } = this.#setup;
    const { evaluations, unpruned, front } = state;
    const share = timetable.shareUsed(evaluations);
    const steeredOnce = tradeoffs.steer(state.tradeoff, unprunedScores(state), {
      loss,
      zeros: countPruned(this.#leader(state).masks),
      share: goal.zeros === undefined ? share * share : share,
    });
    const { lossPerWeight } = state.tradeoff;
    const factor = steeredOnce.lossPerWeight / lossPerWeight;
    const tradeoff =
      goal.zeros === undefined
        ? { ...steeredOnce, lossPerWeight: lossPerWeight * factor * factor * factor }
        : steeredOnce;
    const steered = { ...state, tradeoff, nextValidation: timetable.nextValidation(evaluations) };
    if (!options.pareto || state.hypervolume.at(-1)?.evaluations === evaluations) return steered;
    const value = hypervolume(frontPoints(front), referenceLossOf(unpruned));
    return { ...steered, hypervolume: [...state.hypervolume, { evaluations, value }] };
  }

  /** After every answer: new tradeoffs without a validation, or the end, if they are due. */
  #advance(answered: PopulationState): PopulationState {
    const { options, timetable, finalists } = this.#setup;
    let state = answered;
    if (state.isComplete) return state;
    if (state.evaluations >= state.nextValidation && state.isValidated) {
      state = this.#steer(state, this.#leader(state).loss);
    }
    const isMet = this.#targetStatus(state) === 'met';
    const isEnding =
      state.isEnding ||
      timetable.isOver(state, isMet) ||
      state.evaluations >= options.evaluations - finalists;
    if (!isEnding) return state;
    state = { ...state, isEnding };
    const isComplete = !this.#isTargetMissed(state) && this.#finalists(state).length === 0;
    return { ...state, isComplete };
  }

  /** Number of children that can be evaluated now, with what must come after them. */
  #affordable(state: PopulationState): number {
    const { children, timetable, finalists } = this.#setup;
    const isMet = this.#targetStatus(state) === 'met';
    const dates = { ...state, nextValidation: Infinity, visitEnd: Infinity };
    const left = timetable.proposalsLeft(dates, isMet) - (finalists - 1);
    return Math.max(1, Math.min(children, left));
  }

  #isValidationDue(state: PopulationState, children: number): boolean {
    const { evaluations, nextValidation, isValidated } = state;
    const isDue = evaluations >= nextValidation || this.#targetStatus(state) === 'reached';
    const isAffordable =
      evaluations + children + 1 <= this.#setup.options.evaluations - this.#setup.finalists;
    return isDue && !isValidated && isAffordable;
  }

  #finalists(state: PopulationState): readonly Solution[] {
    const { options, finalists } = this.#setup;
    const count = Math.min(finalists, Math.max(1, options.evaluations - state.evaluations));
    return finalistsOf(state, this.#leader(state), this.#setup, count);
  }

  #leader(state: PopulationState): Solution {
    return leaderOf(state.population, state, this.#setup);
  }

  #targetStatus(state: PopulationState) {
    return targetStatus(this.#setup.goal.zeros, { best: state.best, current: this.#leader(state) });
  }

  #isTargetMissed(state: PopulationState): boolean {
    return this.#targetStatus(state) === 'missed';
  }

  #pricing({ tradeoff }: PopulationState): Pricing {
    return new Pricing(this.#setup.options.objective, tradeoff.lossPerWeight);
  }
}
