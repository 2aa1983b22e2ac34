/**
 * Simulated annealing, preset `tuned`: weights are dropped, restored and exchanged, in one layer after the other and across
 * layers, for the smallest network whose loss still obeys a goal. Two sets of images are told apart: proposals are judged on
 * those optimised on; on the others, the selection images, only now and then the current state is, which steers how much a
 * weight may cost and decides what is chosen in the end.
 */
import type { Candidate, Evaluation, HistoryRow, Problem, Progress, Search, Solution } from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import { MasksearchError } from '../../core/error.ts';
import { checkTold } from '../article/layerwise.ts';
import { countKept, countPruned, fullMasks, sparsityOf, weightsOf, type Masks } from '../../core/mask.ts';
import { log } from '../../core/math.ts';
import { badOption, layersToSearch } from '../../core/options.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import { restoreSolution, storeSolution } from '../snapshot.ts';
import { blocksAfter, firstBlocks, type Blocks } from './step-sizes.ts';
import { Front } from './front.ts';
import { goalOf, type Goal, type Score } from './goal.ts';
import { Learning } from './importance-model.ts';
import { changed, type MoveContext } from './moves.ts';
import { largestLoss } from './objective.ts';
import { checkTunedOptions, TUNED_DEFAULTS, type TunedAnnealingOptions } from './options.ts';
import { chooseMove, changedShare, forced, leastKept } from './proposing.ts';
import type { Check, TunedAnnealingState } from './state.ts';
import { Steering } from './tradeoff-controller.ts';
import { Visits } from './layer-schedule.ts';

/** Looks at the selection images over the whole search. */
const CHECKS = 64;

/** Evaluations after which the goal is aimed at in full, where nobody says how many there will be. */
const OPEN_RAMP = 3000;

/** Evaluations that a search is taken to have at least while only the start of another budget is spent. */
const LEAST_EXPECTED = 64;

/** Proposals that the temperature is measured by, in each layer, and the share of the budget that they may take in all. */
const CALIBRATIONS = 3;
const CALIBRATION_SHARE = 0.1;

/** The first temperature, as a share of what those proposals change the loss by, at the median. */
const TEMPERATURE_SHARE = 0.1;

/** Share of the budget after which a number of zeros that was not reached is forced. */
const FORCING_SHARE = 0.7;

export interface TunedSearch extends Search<TunedAnnealingState> {
  /** The states of which none is both sparser and of lower loss, by rising sparsity: the lowest loss in each half per cent. */
  readonly front: readonly Solution[];
  /** The states that were judged on the selection images, in the order of the search. */
  readonly checks: readonly Check[];
  /** The unmasked network and the best state on the selection images; undefined until judged. */
  readonly selection: { readonly baseline: Score; readonly best: Score } | undefined;
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
  readonly #visits: Visits;
  #learning: Learning;
  readonly #front = new Front();
  #evaluations = 0;
  #selections = 0;
  #accepted = 0;
  #visit = 0;
  #visitEnd = 0;
  #nextCheck = 0;
  #improvedAt = 0;
  #unchecked = false;
  #ending = false;
  #temperature: number | undefined;
  /** Undefined until the unmasked network was judged. */
  #steering: Steering | undefined;
  #blocks: Blocks;
  #digest = EMPTY_DIGEST;
  #baseline: Solution | undefined;
  #current: Solution | undefined;
  #best: Solution | undefined;
  #selectionBaseline: Score | undefined;
  #selectionBest: Score | undefined;
  #checks: readonly Check[] = [];
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
    this.#visits = new Visits(this.#weights, this.#searched);
    this.#blocks = firstBlocks(this.#weights, options.moves.length);
    this.#learning = new Learning(options.seed, options.importance, this.#weights, state?.learning);
    if (state) this.#restore(state);
  }

  /** Throws 'bad-input' if the layers searched cannot lose as many weights as are wanted. */
  #checkReachable(): void {
    const { zeros = 0 } = this.#goal;
    const full = fullMasks(this.#problem.layers);
    const most = this.#total(this.#searched.map((layer) => this.#roomOf(full, layer)));
    if (zeros <= most) return;
    const allowed = `at most ${(most / this.#total(this.#weights)).toFixed(4)}: every layer keeps one weight for each output`;
    throw badOption(
      'targetSparsity',
      this.#options.targetSparsity,
      allowed,
      'pass less, or search more layers',
      ['layers'],
    );
  }

  get done(): boolean {
    return this.#ending && !this.#unchecked && !this.#isTargetMissed();
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

  get front(): readonly Solution[] {
    return this.#front.points;
  }

  get checks(): readonly Check[] {
    return this.#checks;
  }

  get selection(): TunedSearch['selection'] {
    const [baseline, best] = [this.#selectionBaseline, this.#selectionBest];
    return baseline && best && { baseline, best };
  }

  get progress(): Progress {
    const { evaluations } = this.#options;
    const known = Number.isFinite(evaluations);
    return {
      layer: this.#baseline ? this.#problem.layers[this.#visits.layerOf(this.#visit)]!.name : '',
      step: this.#evaluations,
      steps: known ? evaluations : this.#evaluations,
      proposals: this.#evaluations,
      totalProposals: known ? evaluations : this.#evaluations,
      selections: this.#selections,
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
      return [{ masks }, { masks, on: 'selection' }];
    }
    if (this.#temperature === undefined) return this.#calibrations(this.#current);
    const check: Candidate = { masks: this.#current.masks, on: 'selection' };
    if (this.#isFirstAtTarget()) return [check];
    if (this.#isForcingDue()) return [this.#forced(this.#current)];
    if (this.#isCheckDue()) return [check];
    const proposals = this.#proposals(this.#current, limit);
    if (proposals.length > 0) return proposals;
    // No move has anything to change in any layer: a last look ends the search.
    return this.#isTargetMissed() ? [this.#forced(this.#current)] : [check];
  }

  tell(evaluations: readonly Evaluation[]): readonly HistoryRow[] {
    const asked = this.#asked;
    checkTold(asked.length, evaluations);
    this.#asked = [];
    const rows: HistoryRow[] = [];
    if (!this.#current) this.#tellBaseline(evaluations);
    else if (this.#temperature === undefined) this.#tellCalibrations(this.#current, evaluations);
    else if (asked[0]!.on === 'selection') this.#tellCheck(this.#current, evaluations[0]!);
    else rows.push(...this.#tellProposals(asked as readonly Proposal[], evaluations));
    this.#advance();
    return rows;
  }

  #tellBaseline(evaluations: readonly Evaluation[]): void {
    const [optimised, selection] = evaluations.map(inFull);
    const masks = fullMasks(this.#problem.layers);
    // First, since it may throw.
    this.#steering = new Steering(this.#goal, optimised!, selection!);
    this.#evaluations += 2;
    this.#selections++;
    this.#visitEnd = this.#visits.lengthOf(0, this.#expected());
    this.#selectionBaseline = this.#selectionBest = selection!;
    this.#current = this.#baseline = this.#best = this.#solution(masks, optimised!);
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
        const count = Math.floor(this.#blocks[layer]![0]!);
        const drop = this.#learning.rankings[layer]!.pickKept(current.masks[layer]!, count, random);
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
    for (let visits = 0; visits < this.#visits.count; visits++) {
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
    let blocks = this.#blocks;
    for (let step = first; step < first + count; step++) {
      const proposal = this.#propose(current, blocks, step);
      if (!proposal) break;
      proposals.push(proposal);
      blocks = this.#blocksAfter(blocks, proposal.move!, false);
    }
    return proposals;
  }

  /** Number of evaluations at which something else than a proposal is due, if all until then are rejected. */
  #nextEvent(): number {
    const { evaluations, patience = Infinity, spent } = this.#options;
    const missed = this.#isTargetMissed();
    return Math.min(
      this.#nextCheck,
      this.#visitEnd,
      evaluations - (missed ? 2 : 1),
      missed ? Infinity : this.#improvedAt + patience,
      missed && !spent ? Math.ceil(FORCING_SHARE * this.#expected()) : Infinity,
    );
  }

  #propose(current: Solution, blocks: Blocks, step: number): Proposal | undefined {
    const random = this.#stream('step', step);
    const { moves, objective, lossLimits = true } = this.#options;
    const context = this.#context(current.masks, random);
    const found = chooseMove(moves, context, blocks);
    if (!found) return undefined;
    const { move, masks } = found;
    if (countPruned(masks) - countPruned(current.masks) > context.room) {
      throw badOption('moves', moves[move]!.name, 'moves that keep to the room they are given', 'mend it');
    }
    const { price } = this.#steering!;
    const sparsity = sparsityOf(masks);
    const temperature = this.#temperature! * (1 - Math.min(1, this.#shareAt(step)));
    const cost = objective({ loss: current.loss, sparsity: current.sparsity, price });
    // Metropolis, as a threshold: 1 - u is in (0, 1], so the logarithm is finite.
    const threshold = cost - (temperature / price) * log(1 - random.double());
    const lossLimit = lossLimits
      ? largestLoss(objective, { sparsity, price }, threshold, this.#largestLoss(current))
      : undefined;
    return { masks, move, threshold, temperature, lossLimit };
  }

  #context(masks: Masks, random: RandomStream): Omit<MoveContext, 'block'> {
    return {
      masks,
      layer: this.#visits.layerOf(this.#visit),
      searched: this.#searched,
      rankings: this.#learning.rankings,
      room: (this.#goal.zeros ?? Infinity) - countPruned(masks),
      roomOf: (layer) => this.#roomOf(masks, layer),
      random,
    };
  }

  #roomOf(masks: Masks, layer: number): number {
    return countKept(masks[layer]!) - leastKept(this.#problem, layer, this.#weights[layer]!);
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
    if (move !== undefined) this.#blocks = this.#blocksAfter(this.#blocks, move, accepted === true);
    if (!accepted) {
      this.#learning.refuse(before.masks, masks);
      return undefined;
    }
    this.#accepted++;
    this.#current = state;
    this.#unchecked = true;
    this.#front.add(state);
    const layer = this.#visits.layerOf(this.#visit);
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

  /** What the selection images say of the current state: whether it is the best yet, and what a weight may cost from now on. */
  #tellCheck(current: Solution, told: Evaluation): void {
    const score = inFull(told);
    this.#evaluations++;
    this.#selections++;
    this.#ending ||= !this.#unchecked;
    this.#unchecked = false;
    const { loss, accuracy, sparsity } = current;
    const check = {
      evaluations: this.#evaluations,
      sparsity: sparsity.global,
      optimised: { loss, accuracy },
    };
    this.#checks = [...this.#checks, { ...check, selection: score }];
    this.#digest = extendDigest(this.#digest, this.#problem.depth, this.#evaluations, {
      masks: [],
      ...score,
    });
    const obeys = this.#steering!.check(score) && this.#goal.mayChoose(score, this.#selectionBaseline!);
    if (obeys && this.#isBetter(current, score)) {
      this.#best = current;
      this.#selectionBest = score;
      this.#improvedAt = this.#evaluations;
    }
    this.#steer(current);
  }

  #isBetter(state: Solution, score: Score): boolean {
    const { zeros } = this.#goal;
    if (zeros !== undefined) {
      const [before, now] = [countPruned(this.#best!.masks), countPruned(state.masks)];
      return now > before || (now === before && score.loss < this.#selectionBest!.loss);
    }
    const sizeOf = ({ sparsity }: Solution) =>
      this.#options.objective({ loss: this.#baseline!.loss, sparsity, price: this.#steering!.price });
    return sizeOf(state) < sizeOf(this.#best!);
  }

  #steer(current: Solution): void {
    this.#nextCheck = this.#evaluations + Math.max(1, Math.round(this.#expected() / CHECKS));
    this.#steering!.steer(current.loss, countPruned(current.masks), this.#share());
  }

  /** After what was told: the next visit, check or the end, where it is time. */
  #advance(): void {
    const { evaluations, patience = Infinity } = this.#options;
    if (this.#evaluations >= this.#visitEnd) this.#nextVisit();
    if (this.#evaluations >= this.#nextCheck && !this.#unchecked && this.#temperature !== undefined) {
      this.#steer(this.#current!);
    }
    this.#ending ||=
      this.#evaluations >= evaluations - 1 ||
      (!this.#isTargetMissed() && this.#evaluations - this.#improvedAt >= patience) ||
      (this.#options.spent !== undefined && this.#share() >= 1);
  }

  #nextVisit(): void {
    this.#visit++;
    this.#visitEnd = this.#evaluations + this.#visits.lengthOf(this.#visit, this.#expected());
    this.#learning.takeEffect();
  }

  #isCheckDue(): boolean {
    return this.#unchecked && (this.#ending || this.#evaluations >= this.#nextCheck);
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
  #forced({ masks }: Solution): Proposal {
    const context = this.#context(masks, this.#stream('forced'));
    return {
      masks: forced(masks, context.room, context),
      move: undefined,
      threshold: Infinity,
      temperature: 0,
    };
  }

  #solution(masks: Masks, { loss, accuracy }: Score): Solution {
    const sparsity = sparsityOf(masks);
    const cost = this.#options.objective({ loss, sparsity, price: this.#steering!.price });
    return { masks, loss, accuracy, sparsity, cost };
  }

  #blocksAfter(blocks: Blocks, move: number, accepted: boolean): Blocks {
    return blocksAfter(blocks, this.#visits.layerOf(this.#visit), move, accepted, this.#weights);
  }

  /** No proposal with a higher loss is accepted; one above the cap must at least not be worse. */
  #largestLoss(current: Solution): number {
    return Math.max(this.#steering!.lossCap, current.loss);
  }

  /** Number of evaluations that the search will have had: as far as it is known, or as the share that is spent suggests. */
  #expected(): number {
    const { evaluations, spent } = this.#options;
    if (Number.isFinite(evaluations)) return evaluations;
    return spent ? Math.max(LEAST_EXPECTED, this.#evaluations / Math.max(spent(), 0.001)) : OPEN_RAMP;
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
      selections: this.#selections,
      accepted: this.#accepted,
      visit: this.#visit,
      visitEnd: this.#visitEnd,
      nextCheck: this.#nextCheck,
      improvedAt: this.#improvedAt,
      unchecked: this.#unchecked,
      ending: this.#ending,
      temperature: this.#temperature ?? null,
      steering: this.#steering?.store() ?? null,
      blocks: this.#blocks,
      digest: this.#digest,
      baseline: storeSolution(this.#baseline),
      current: storeSolution(this.#current),
      best: storeSolution(this.#best),
      selectionBaseline: this.#selectionBaseline ?? null,
      selectionBest: this.#selectionBest ?? null,
      learning: this.#learning.store(),
      checks: this.#checks,
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
    this.#selections = state.selections;
    this.#accepted = state.accepted;
    this.#visit = state.visit;
    this.#visitEnd = state.visitEnd;
    this.#nextCheck = state.nextCheck;
    this.#improvedAt = state.improvedAt;
    this.#unchecked = state.unchecked;
    this.#ending = state.ending;
    this.#temperature = state.temperature ?? undefined;
    this.#blocks = state.blocks;
    this.#digest = state.digest;
    this.#baseline = restoreSolution(state.baseline, this.#problem);
    this.#current = restoreSolution(state.current, this.#problem);
    this.#best = restoreSolution(state.best, this.#problem);
    this.#selectionBaseline = state.selectionBaseline ?? undefined;
    this.#selectionBest = state.selectionBest ?? undefined;
    if (state.steering) {
      this.#steering = new Steering(this.#goal, this.#baseline!, this.#selectionBaseline!, state.steering);
    }
    this.#checks = state.checks;
    this.#front.restore(state.front, this.#problem);
  }
}

/** Throws 'bad-input' for what had no limit and was given up all the same. */
function inFull(told: Evaluation): Score {
  if (!told.exceeded) return { loss: told.loss, accuracy: told.accuracy };
  throw new MasksearchError('bad-input', 'a candidate without a limit was given up', 'evaluate it in full');
}
