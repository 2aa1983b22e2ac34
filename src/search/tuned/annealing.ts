/**
 * Simulated annealing, preset `tuned`: weights are dropped, restored and exchanged, in one layer after the other and across
 * layers, for the smallest network whose loss still obeys a goal. Two sets of images are told apart: proposals are evaluated on
 * those tuned on; on the others, the validation images, only now and then the current state is, which steers how much a
 * weight may cost and decides what is chosen in the end.
 */
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
import { MasksearchError } from '../../core/error.ts';
import { checkTold } from '../article/layerwise.ts';
import { countKept, countPruned, fullMasks, sparsityOf, weightsOf, type Masks } from '../../core/mask.ts';
import { log } from '../../core/math.ts';
import { badOption } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { layersToSearch } from '../searched-layers.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import { restoreSolution, storeSolution } from '../snapshot.ts';
import { stepSizesAfter, initialStepSizes, type StepSizes } from './step-sizes.ts';
import { Front } from './front.ts';
import { goalOf, type Goal } from './goal.ts';
import { ImportanceModel } from './importance-model.ts';
import { changed, type MoveContext } from './moves.ts';
import { largestLoss } from './objective.ts';
import { checkTunedOptions, TUNED_DEFAULTS, type TunedAnnealingOptions } from './options.ts';
import { chooseMove, changedShare, pruneToTarget, minKept } from './proposing.ts';
import type { ValidationPoint, TunedAnnealingState } from './state.ts';
import { TradeoffController } from './tradeoff-controller.ts';
import { LayerSchedule } from './layer-schedule.ts';

/** Looks at the validation images over the whole search. */
const VALIDATIONS = 64;

/** Evaluations after which the goal is aimed at in full, where nobody says how many there will be. */
const OPEN_RAMP = 3000;

/** Evaluations that a search is taken to have at least while only the start of another budget is spent. */
const MIN_EXPECTED = 64;

/** Proposals that the temperature is measured by, in each layer, and the share of the budget that they may take in all. */
const CALIBRATIONS = 3;
const CALIBRATION_SHARE = 0.1;

/** The first temperature, as a share of what those proposals change the loss by, at the median. */
const TEMPERATURE_SHARE = 0.1;

/** Share of the budget after which a number of zeros that was not reached is pruneToTarget. */
const FORCING_SHARE = 0.7;

export interface TunedSearch extends Search<TunedAnnealingState> {
  /** The states of which none is both sparser and of lower loss, by rising sparsity: the lowest loss in each half per cent. */
  readonly front: readonly Solution[];
  /** The states that were evaluated on the validation images, in the order of the search. */
  readonly validationPoints: readonly ValidationPoint[];
  /** The unmasked network and the best state on the validation images; undefined until evaluated. */
  readonly validation: { readonly unpruned: Score; readonly best: Score } | undefined;
}

/**
 * A search over `problem`, with `TUNED_DEFAULTS` for options that are not given. A state continues the run it was taken from,
 * bit for bit, if problem and options are the same.
 *
 * Throws 'bad-input' for an option out of range or a state of another problem. `tell` throws 'infeasible' if the unmasked
 * network does not obey the goal.
 */
export function tunedAnnealing(
  problem: Problem,
  options: Partial<TunedAnnealingOptions> = {},
  state?: TunedAnnealingState,
): TunedSearch {
  return new TunedAnnealing(problem, { ...TUNED_DEFAULTS, ...options }, state);
}

interface Proposal extends Candidate {
  /** Index of the move; undefined where the proposal is accepted whatever its loss. */
  readonly move: number | undefined;
  /** Accepted if and only if its cost is at most this, and its loss at most the cap. */
  readonly threshold: number;
  /** In nats. */
  readonly temperature: number;
}

class TunedAnnealing implements TunedSearch {
  readonly #problem: Problem;
  readonly #options: TunedAnnealingOptions;
  readonly #weights: readonly number[];
  readonly #searched: readonly number[];
  readonly #goal: Goal;
  readonly #schedule: LayerSchedule;
  #importanceModel: ImportanceModel;
  readonly #front = new Front();
  #evaluations = 0;
  #validations = 0;
  #accepted = 0;
  #visit = 0;
  #visitEnd = 0;
  #nextValidation = 0;
  #improvedAt = 0;
  #unvalidated = false;
  #ending = false;
  #temperature: number | undefined;
  /** Undefined until the unmasked network was evaluated. */
  #tradeoff: TradeoffController | undefined;
  #stepSizes: StepSizes;
  #digest = EMPTY_DIGEST;
  #unpruned: Solution | undefined;
  #current: Solution | undefined;
  #best: Solution | undefined;
  #validationUnpruned: Score | undefined;
  #validationBest: Score | undefined;
  #validationPoints: readonly ValidationPoint[] = [];
  #asked: readonly Candidate[] = [];

  constructor(problem: Problem, options: TunedAnnealingOptions, state?: TunedAnnealingState) {
    if (problem.layers.length === 0) {
      throw new MasksearchError('bad-input', 'the problem has no prunable layers', 'pass at least one layer');
    }
    this.#problem = problem;
    this.#options = options;
    this.#weights = problem.layers.map(({ shape }) => weightsOf(shape));
    checkTunedOptions(options, this.#weights);
    this.#searched = layersToSearch(problem, options.layers);
    this.#goal = goalOf(options, this.#total(this.#weights));
    this.#checkReachable();
    this.#schedule = new LayerSchedule(this.#weights, this.#searched);
    this.#stepSizes = initialStepSizes(this.#weights, options.moves.length);
    this.#importanceModel = new ImportanceModel(
      options.seed,
      options.importance,
      this.#weights,
      state?.importanceModel,
    );
    if (state) this.#restore(state);
  }

  /** Throws 'bad-input' if the layers searched cannot lose as many weights as are wanted. */
  #checkReachable(): void {
    const { zeros = 0 } = this.#goal;
    const full = fullMasks(this.#problem.layers);
    const most = this.#total(this.#searched.map((layer) => this.#maxPrunableIn(full, layer)));
    if (zeros <= most) return;
    const allowed = `at most ${(most / this.#total(this.#weights)).toFixed(4)}: every layer keeps one weight for each output`;
    throw badOption(
      'targetSparsity',
      this.#options.targetSparsity,
      allowed,
      phrase`pass less, or search more ${optionName('layers')}`,
    );
  }

  get done(): boolean {
    return this.#ending && !this.#unvalidated && !this.#isTargetMissed();
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

  get front(): readonly Solution[] {
    return this.#front.points;
  }

  get validationPoints(): readonly ValidationPoint[] {
    return this.#validationPoints;
  }

  get validation(): TunedSearch['validation'] {
    const [unpruned, best] = [this.#validationUnpruned, this.#validationBest];
    return unpruned && best && { unpruned, best };
  }

  get progress(): Progress {
    const { evaluations } = this.#options;
    const known = Number.isFinite(evaluations);
    return {
      layer: this.#unpruned ? this.#problem.layers[this.#schedule.layerOf(this.#visit)]!.name : '',
      step: this.#evaluations,
      steps: known ? evaluations : this.#evaluations,
      proposals: this.#evaluations,
      totalProposals: known ? evaluations : this.#evaluations,
      validations: this.#validations,
      accepted: this.#accepted,
      current: this.#current,
    };
  }

  ask(limit: number): readonly Candidate[] {
    return (this.#asked = this.#candidates(limit >= 1 ? Math.floor(limit) : 1));
  }

  #candidates(limit: number): readonly Candidate[] {
    if (this.done) return [];
    if (!this.#current) {
      const masks = fullMasks(this.#problem.layers);
      return [{ masks }, { masks, on: 'validation' }];
    }
    if (this.#temperature === undefined) return this.#calibrations(this.#current);
    const check: Candidate = { masks: this.#current.masks, on: 'validation' };
    if (this.#isFirstAtTarget()) return [check];
    if (this.#isForcingDue()) return [this.#pruneToTarget(this.#current)];
    if (this.#isValidationDue()) return [check];
    const proposals = this.#proposals(this.#current, limit);
    if (proposals.length > 0) return proposals;
    // No move has anything to change in any layer: a last look ends the search.
    return this.#isTargetMissed() ? [this.#pruneToTarget(this.#current)] : [check];
  }

  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[] {
    const asked = this.#asked;
    checkTold(asked.length, evaluations);
    this.#asked = [];
    const rows: HistoryRow[] = [];
    if (!this.#current) this.#tellBaseline(evaluations);
    else if (this.#temperature === undefined) this.#tellCalibrations(this.#current, evaluations);
    else if (asked[0]!.on === 'validation') this.#tellValidation(this.#current, evaluations[0]!);
    else rows.push(...this.#tellProposals(asked as readonly Proposal[], evaluations));
    this.#advance();
    return rows;
  }

  #tellBaseline(evaluations: readonly Evaluation[]): void {
    const [tuning, validation] = evaluations.map(inFull);
    const masks = fullMasks(this.#problem.layers);
    // First, since it may throw.
    this.#tradeoff = new TradeoffController(this.#goal, tuning!, validation!);
    this.#evaluations += 2;
    this.#validations++;
    this.#visitEnd = this.#schedule.lengthOf(0, this.#expected());
    this.#validationUnpruned = this.#validationBest = validation!;
    this.#current = this.#unpruned = this.#best = this.#solution(masks, tuning!);
    this.#front.add(this.#current);
    this.#steer(this.#current);
    if (this.#calibrationsPerLayer() === 0) this.#temperature = 0;
  }

  #calibrationsPerLayer(): number {
    const affordable = (CALIBRATION_SHARE * this.#options.evaluations) / this.#searched.length;
    return Math.floor(Math.min(CALIBRATIONS, affordable));
  }

  /** Proposals of a fixed size, told in full, to see what losses differ by. */
  #calibrations(current: Solution): readonly Candidate[] {
    return this.#searched.flatMap((layer) =>
      Array.from({ length: this.#calibrationsPerLayer() }, (_, i) => {
        const random = this.#stream('calibration', layer, i);
        const count = Math.floor(this.#stepSizes[layer]![0]!);
        const drop = this.#importanceModel.rankings[layer]!.pickKept(current.masks[layer]!, count, random);
        return { masks: changed(current.masks, layer, drop, []) };
      }),
    );
  }

  #tellCalibrations(current: Solution, evaluations: readonly Evaluation[]): void {
    const changes = evaluations.map((told) => Math.abs(inFull(told).loss - current.loss));
    changes.sort((a, b) => a - b);
    this.#evaluations += changes.length;
    this.#temperature = TEMPERATURE_SHARE * changes[Math.floor(changes.length / 2)]!;
  }

  #proposals(current: Solution, limit: number): readonly Proposal[] {
    // Layers in which there is nothing to change are passed over.
    for (let schedule = 0; schedule < this.#schedule.count; schedule++) {
      const proposals = this.#proposalsInLayer(current, limit);
      if (proposals.length > 0) return proposals;
      this.#nextVisit();
    }
    return [];
  }

  #proposalsInLayer(current: Solution, limit: number): readonly Proposal[] {
    const first = this.#evaluations;
    const count = Math.max(1, Math.min(limit, this.#nextEvent() - first));
    const proposals: Proposal[] = [];
    // Later proposals of an ask stand on the same state as the first: they count only while all before are rejected.
    let stepSizes = this.#stepSizes;
    for (let step = first; step < first + count; step++) {
      const proposal = this.#propose(current, stepSizes, step);
      if (!proposal) break;
      proposals.push(proposal);
      stepSizes = this.#stepSizesAfter(stepSizes, proposal.move!, false);
    }
    return proposals;
  }

  /** Number of evaluations at which something else than a proposal is due, if all until then are rejected. */
  #nextEvent(): number {
    const { evaluations, patience = Infinity, spent } = this.#options;
    const missed = this.#isTargetMissed();
    return Math.min(
      this.#nextValidation,
      this.#visitEnd,
      evaluations - (missed ? 2 : 1),
      missed ? Infinity : this.#improvedAt + patience,
      missed && !spent ? Math.ceil(FORCING_SHARE * this.#expected()) : Infinity,
    );
  }

  #propose(current: Solution, stepSizes: StepSizes, step: number): Proposal | undefined {
    const random = this.#stream('step', step);
    const { moves, objective, lossLimits = true } = this.#options;
    const context = this.#context(current.masks, random);
    const found = chooseMove(moves, context, stepSizes);
    if (!found) return undefined;
    const { move, masks } = found;
    if (countPruned(masks) - countPruned(current.masks) > context.maxPrunable) {
      throw badOption('moves', moves[move]!.name, 'moves that keep to maxPrunable', 'mend it');
    }
    const { lossPerWeight } = this.#tradeoff!;
    const sparsity = sparsityOf(masks);
    const temperature = this.#temperature! * (1 - Math.min(1, this.#shareAt(step)));
    const cost = objective({ loss: current.loss, sparsity: current.sparsity, lossPerWeight });
    // Metropolis, as a threshold: 1 - u is in (0, 1], so the logarithm is finite.
    const threshold = cost - (temperature / lossPerWeight) * log(1 - random.double());
    const lossLimit = lossLimits
      ? largestLoss(objective, { sparsity, lossPerWeight }, threshold, this.#largestLoss(current))
      : undefined;
    return { masks, move, threshold, temperature, lossLimit };
  }

  #context(masks: Masks, random: RandomStream): Omit<MoveContext, 'stepSize'> {
    return {
      masks,
      layer: this.#schedule.layerOf(this.#visit),
      searched: this.#searched,
      rankings: this.#importanceModel.rankings,
      maxPrunable: (this.#goal.zeros ?? Infinity) - countPruned(masks),
      maxPrunableIn: (layer) => this.#maxPrunableIn(masks, layer),
      random,
    };
  }

  #maxPrunableIn(masks: Masks, layer: number): number {
    return countKept(masks[layer]!) - minKept(this.#problem, layer, this.#weights[layer]!);
  }

  #tellProposals(proposals: readonly Proposal[], evaluations: readonly Evaluation[]): readonly HistoryRow[] {
    for (const [i, proposal] of proposals.entries()) {
      const step = this.#evaluations++;
      const row = this.#tellProposal(proposal, evaluations[i]!, step);
      if (row) return [row];
    }
    return [];
  }

  /** The history row if the proposal is accepted. */
  #tellProposal(
    { masks, move, threshold, temperature }: Proposal,
    told: Evaluation,
    step: number,
  ): HistoryRow | undefined {
    const before = this.#current!;
    const state = told.exceeded ? undefined : this.#solution(masks, told);
    const accepted =
      state && (move === undefined || (state.loss <= this.#largestLoss(before) && state.cost <= threshold));
    if (move !== undefined) this.#stepSizes = this.#stepSizesAfter(this.#stepSizes, move, accepted === true);
    if (!accepted) {
      this.#importanceModel.recordRejection(before.masks, masks);
      return undefined;
    }
    this.#accepted++;
    this.#current = state;
    this.#unvalidated = true;
    this.#front.add(state);
    const layer = this.#schedule.layerOf(this.#visit);
    const { position } = this.#problem.layers[layer]!;
    this.#digest = extendDigest(this.#digest, position, step, state);
    return {
      layer: position,
      evaluation: step,
      temperature,
      mutationRate: changedShare(before.masks, masks),
      cost: state.cost,
      accuracy: state.accuracy,
      loss: state.loss,
      sparsity: state.sparsity.meanLayer,
      globalSparsity: state.sparsity.global,
    };
  }

  /** What the validation images say of the current state: whether it is the best yet, and what a weight may cost from now on. */
  #tellValidation(current: Solution, told: Evaluation): void {
    const score = inFull(told);
    this.#evaluations++;
    this.#validations++;
    this.#ending ||= !this.#unvalidated;
    this.#unvalidated = false;
    const { loss, accuracy, sparsity } = current;
    const check = {
      evaluations: this.#evaluations,
      sparsity: sparsity.global,
      tuning: { loss, accuracy },
    };
    this.#validationPoints = [...this.#validationPoints, { ...check, validation: score }];
    this.#digest = extendDigest(this.#digest, this.#problem.depth, this.#evaluations, {
      masks: [],
      ...score,
    });
    const obeys = this.#tradeoff!.check(score) && this.#goal.mayChoose(score, this.#validationUnpruned!);
    if (obeys && this.#isBetter(current, score)) {
      this.#best = current;
      this.#validationBest = score;
      this.#improvedAt = this.#evaluations;
    }
    this.#steer(current);
  }

  #isBetter(state: Solution, score: Score): boolean {
    const { zeros } = this.#goal;
    if (zeros !== undefined) {
      const [before, now] = [countPruned(this.#best!.masks), countPruned(state.masks)];
      return now > before || (now === before && score.loss < this.#validationBest!.loss);
    }
    const sizeOf = ({ sparsity }: Solution) =>
      this.#options.objective({
        loss: this.#unpruned!.loss,
        sparsity,
        lossPerWeight: this.#tradeoff!.lossPerWeight,
      });
    return sizeOf(state) < sizeOf(this.#best!);
  }

  #steer(current: Solution): void {
    this.#nextValidation = this.#evaluations + Math.max(1, Math.round(this.#expected() / VALIDATIONS));
    this.#tradeoff!.steer(current.loss, countPruned(current.masks), this.#share());
  }

  /** After what was told: the next visit, check or the end, where it is time. */
  #advance(): void {
    const { evaluations, patience = Infinity } = this.#options;
    if (this.#evaluations >= this.#visitEnd) this.#nextVisit();
    if (this.#evaluations >= this.#nextValidation && !this.#unvalidated && this.#temperature !== undefined) {
      this.#steer(this.#current!);
    }
    this.#ending ||=
      this.#evaluations >= evaluations - 1 ||
      (!this.#isTargetMissed() && this.#evaluations - this.#improvedAt >= patience) ||
      (this.#options.spent !== undefined && this.#share() >= 1);
  }

  #nextVisit(): void {
    this.#visit++;
    this.#visitEnd = this.#evaluations + this.#schedule.lengthOf(this.#visit, this.#expected());
    this.#importanceModel.commit();
  }

  #isValidationDue(): boolean {
    return this.#unvalidated && (this.#ending || this.#evaluations >= this.#nextValidation);
  }

  /** Whether a number of zeros is asked for that the choice does not have yet. */
  #isTargetMissed(): boolean {
    const { zeros } = this.#goal;
    return zeros !== undefined && this.#best !== undefined && countPruned(this.#best.masks) !== zeros;
  }

  #isFirstAtTarget(): boolean {
    return this.#isTargetMissed() && countPruned(this.#current!.masks) === this.#goal.zeros;
  }

  /** Whether time runs out for reaching the number of zeros that is asked for. */
  #isForcingDue(): boolean {
    if (!this.#isTargetMissed()) return false;
    return (
      this.#ending || this.#share() >= FORCING_SHARE || this.#evaluations >= this.#options.evaluations - 2
    );
  }

  /** Exactly the zeros that are still missing, accepted whatever they cost. */
  #pruneToTarget({ masks }: Solution): Proposal {
    const context = this.#context(masks, this.#stream('forced'));
    return {
      masks: pruneToTarget(masks, context.maxPrunable, context),
      move: undefined,
      threshold: Infinity,
      temperature: 0,
    };
  }

  #solution(masks: Masks, { loss, accuracy }: Score): Solution {
    const sparsity = sparsityOf(masks);
    const cost = this.#options.objective({ loss, sparsity, lossPerWeight: this.#tradeoff!.lossPerWeight });
    return { masks, loss, accuracy, sparsity, cost };
  }

  #stepSizesAfter(stepSizes: StepSizes, move: number, accepted: boolean): StepSizes {
    return stepSizesAfter(stepSizes, this.#schedule.layerOf(this.#visit), move, accepted, this.#weights);
  }

  /** No proposal with a higher loss is accepted; one above the cap must at least not be worse. */
  #largestLoss(current: Solution): number {
    return Math.max(this.#tradeoff!.lossCap, current.loss);
  }

  /** Number of evaluations that the search will have had: as far as it is known, or as the share that is spent suggests. */
  #expected(): number {
    const { evaluations, spent } = this.#options;
    if (Number.isFinite(evaluations)) return evaluations;
    return spent ? Math.max(MIN_EXPECTED, this.#evaluations / Math.max(spent(), 0.001)) : OPEN_RAMP;
  }

  /** Share of the budget that is used up. */
  #share(): number {
    return this.#shareAt(this.#evaluations);
  }

  #shareAt(step: number): number {
    const { evaluations, spent } = this.#options;
    if (spent) return spent();
    return step / (Number.isFinite(evaluations) ? evaluations : OPEN_RAMP);
  }

  #stream(...key: readonly (string | number)[]): RandomStream {
    return randomStream(this.#options.seed, 'tuned annealing', ...key);
  }

  #total(counts: readonly number[]): number {
    return counts.reduce((sum, count) => sum + count, 0);
  }

  snapshot(): TunedAnnealingState {
    return {
      version: 1,
      evaluations: this.#evaluations,
      validations: this.#validations,
      accepted: this.#accepted,
      visit: this.#visit,
      visitEnd: this.#visitEnd,
      nextValidation: this.#nextValidation,
      improvedAt: this.#improvedAt,
      unvalidated: this.#unvalidated,
      ending: this.#ending,
      temperature: this.#temperature ?? null,
      tradeoff: this.#tradeoff?.store() ?? null,
      stepSizes: this.#stepSizes,
      digest: this.#digest,
      unpruned: storeSolution(this.#unpruned),
      current: storeSolution(this.#current),
      best: storeSolution(this.#best),
      validationUnpruned: this.#validationUnpruned ?? null,
      validationBest: this.#validationBest ?? null,
      importanceModel: this.#importanceModel.store(),
      validationPoints: this.#validationPoints,
      front: this.#front.store(),
    };
  }

  #restore(state: TunedAnnealingState): void {
    if ((state.version as number) !== 1) {
      throw new MasksearchError(
        'bad-input',
        `the state is of version ${String(state.version)}, but this search has version 1`,
        'continue with the version of masksearch it was taken with',
      );
    }
    this.#evaluations = state.evaluations;
    this.#validations = state.validations;
    this.#accepted = state.accepted;
    this.#visit = state.visit;
    this.#visitEnd = state.visitEnd;
    this.#nextValidation = state.nextValidation;
    this.#improvedAt = state.improvedAt;
    this.#unvalidated = state.unvalidated;
    this.#ending = state.ending;
    this.#temperature = state.temperature ?? undefined;
    this.#stepSizes = state.stepSizes;
    this.#digest = state.digest;
    this.#unpruned = restoreSolution(state.unpruned, this.#problem);
    this.#current = restoreSolution(state.current, this.#problem);
    this.#best = restoreSolution(state.best, this.#problem);
    this.#validationUnpruned = state.validationUnpruned ?? undefined;
    this.#validationBest = state.validationBest ?? undefined;
    if (state.tradeoff) {
      this.#tradeoff = new TradeoffController(
        this.#goal,
        this.#unpruned!,
        this.#validationUnpruned!,
        state.tradeoff,
      );
    }
    this.#validationPoints = state.validationPoints;
    this.#front.restore(state.front, this.#problem);
  }
}

/** Throws 'bad-input' for what had no limit and was given up all the same. */
function inFull(told: Evaluation): Score {
  if (!told.exceeded) return { loss: told.loss, accuracy: told.accuracy };
  throw new MasksearchError('bad-input', 'a candidate without a limit was given up', 'evaluate it in full');
}
