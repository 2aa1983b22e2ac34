/**
 * Simulated annealing, preset `tuned`: weights are dropped, restored and exchanged, in one layer after the other and across
 * layers, for the smallest network whose loss still obeys a goal. Two sets of images are told apart: proposals are judged on
 * those optimised on; on the others, the selection images, only now and then the current state is, which steers how much a
 * weight may cost and decides what is chosen in the end.
 */
import type { Candidate, Evaluation, HistoryRow, Problem, Progress, Search, Solution } from '../contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../digest.ts';
import { MasksearchError } from '../error.ts';
import { checkTold } from '../layerwise.ts';
import { countKept, fullMasks, sparsityOf, weightsOf, type Masks } from '../mask.ts';
import { log } from '../math.ts';
import { layersToSearch } from '../options.ts';
import { randomStream, type RandomStream } from '../random.ts';
import { restoreSolution, storeSolution } from '../snapshot.ts';
import { blocksAfter, firstBlocks, type Blocks } from './blocks.ts';
import { Front } from './front.ts';
import { goalOf, type Goal, type Score } from './goal.ts';
import { Learning } from './learning.ts';
import { changed, type MoveContext } from './moves.ts';
import { largestLoss } from './objective.ts';
import { checkTunedOptions, TUNED_DEFAULTS, type TunedAnnealingOptions } from './options.ts';
import { firstPrice, loadAt, priceForLoad, priceForZeros } from './price.ts';
import type { Check, TunedAnnealingState } from './state.ts';
import { Visits } from './visits.ts';

/** Looks at the selection images over the whole search. */
const CHECKS = 64;

/** Evaluations after which the goal is aimed at in full, where nobody says how many there will be. */
const OPEN_RAMP = 3000;

/** Evaluations between two checks there. */
const OPEN_CHECK = 50;

/** Proposals that the temperature is measured by, in each layer; none in a search that is shorter than `LONG`. */
const CALIBRATIONS = 3;
const LONG = 200;

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
  #price = 1;
  /** Share of what the loss may rise by that the last checked state uses up, and the loss up to which it may rise for now. */
  #load = 0;
  #lossCap = Infinity;
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
    this.#visits = new Visits(this.#weights, this.#searched, options.evaluations);
    this.#blocks = firstBlocks(this.#weights, options.moves.length);
    this.#learning = new Learning(options.seed, options.importance, this.#weights, state?.learning);
    this.#visitEnd = this.#visits.lengthOf(0);
    if (state) this.#restore(state);
  }

  get done(): boolean {
    return this.#ending && !this.#unchecked;
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
    if (this.#isCheckDue()) return [check];
    const forced = this.#forced(this.#current);
    if (forced) return [forced];
    const proposals = this.#proposals(this.#current, limit);
    // Where no move has anything to change any more, a last look ends the search.
    return proposals.length > 0 ? proposals : [check];
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
    const sparsity = sparsityOf(masks);
    this.#evaluations += 2;
    this.#selections++;
    this.#selectionBaseline = this.#selectionBest = selection!;
    this.#price = firstPrice(this.#goal.lossRoom(optimised!, selection!), optimised!.loss);
    const { objective, evaluations: budget } = this.#options;
    const cost = objective({ loss: optimised!.loss, sparsity, price: this.#price });
    this.#current = this.#baseline = this.#best = { masks, sparsity, ...optimised!, cost };
    this.#front.add(this.#current);
    this.#steer(this.#current);
    if (budget < LONG) this.#temperature = 0;
  }

  /** Proposals of a fixed size, told in full, to see what losses differ by. */
  #calibrations(current: Solution): readonly Candidate[] {
    return this.#searched.flatMap((layer) =>
      Array.from({ length: CALIBRATIONS }, (_, i) => {
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
    const first = this.#evaluations;
    const end = Math.min(this.#nextCheck, this.#visitEnd, this.#options.evaluations - 1);
    const count = Math.max(1, Math.min(limit, end - first));
    const share = this.#share();
    const proposals: Proposal[] = [];
    // Later proposals of an ask stand on the same state as the first: they count only while all before are rejected.
    let blocks = this.#blocks;
    for (let step = first; step < first + count; step++) {
      const proposal = this.#propose(current, blocks, step, share);
      if (!proposal) break;
      proposals.push(proposal);
      blocks = this.#blocksAfter(blocks, proposal.move!, false);
    }
    return proposals;
  }

  #propose(current: Solution, blocks: Blocks, step: number, share: number): Proposal | undefined {
    const random = this.#stream('step', step);
    const { evaluations, objective, lossLimits = true } = this.#options;
    const found = this.#move(current.masks, blocks, random);
    if (!found) return undefined;
    const { move, masks } = found;
    const price = this.#price;
    const sparsity = sparsityOf(masks);
    const warmth = 1 - Math.min(1, Number.isFinite(evaluations) ? step / evaluations : share);
    const cost = objective({ loss: current.loss, sparsity: current.sparsity, price });
    // Metropolis, as a threshold: 1 - u is in (0, 1], so the logarithm is finite.
    const threshold = cost - ((this.#temperature! * warmth) / price) * log(1 - random.double());
    const lossLimit = lossLimits
      ? largestLoss(objective, { sparsity, price }, threshold, this.#largestLoss(current))
      : undefined;
    return { masks, move, threshold, lossLimit };
  }

  /** The first move, in an order drawn by their frequencies, that has something to change. */
  #move(
    masks: Masks,
    blocks: Blocks,
    random: RandomStream,
  ): { readonly move: number; readonly masks: Masks } | undefined {
    const { moves } = this.#options;
    const layer = this.#visits.layerOf(this.#visit);
    const context: Omit<MoveContext, 'block'> = {
      masks,
      layer,
      searched: this.#searched,
      rankings: this.#learning.rankings,
      room: (this.#goal.zeros ?? Infinity) - this.#zeros(masks),
      roomOf: (index) => countKept(masks[index]!) - this.#leastKept(index),
      random,
    };
    const left = [...moves.keys()];
    while (left.length > 0) {
      const total = left.reduce((sum, move) => sum + moves[move]!.frequency, 0);
      let rest = random() * total;
      const place = left.findIndex((move) => (rest -= moves[move]!.frequency) < 0);
      const [move] = left.splice(Math.max(place, 0), 1);
      const proposal = moves[move!]!.propose({ ...context, block: Math.floor(blocks[layer]![move!]!) });
      if (proposal) return { move: move!, masks: proposal };
    }
    return undefined;
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
    { masks, move, threshold }: Proposal,
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
      temperature: this.#temperature!,
      mutationRate: changedWeights(before.masks, masks) / this.#weights[layer]!,
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
    this.#load = (score.loss - this.#selectionBaseline!.loss) / this.#lossRoom();
    if (this.#load <= 1 && this.#isBetter(current, score)) {
      this.#best = current;
      this.#selectionBest = score;
      this.#improvedAt = this.#evaluations;
    }
    this.#steer(current);
  }

  #isBetter(state: Solution, score: Score): boolean {
    const { zeros } = this.#goal;
    if (zeros !== undefined) {
      if (this.#zeros(state.masks) !== zeros) return false;
      return this.#zeros(this.#best!.masks) !== zeros || score.loss < this.#selectionBest!.loss;
    }
    const sizeOf = ({ sparsity }: Solution) =>
      this.#options.objective({ loss: this.#baseline!.loss, sparsity, price: this.#price });
    return sizeOf(state) < sizeOf(this.#best!);
  }

  /** Sets how far the loss may rise until the next check, and what a weight may cost. */
  #steer(current: Solution): void {
    this.#nextCheck = this.#evaluations + this.#checkInterval();
    const { zeros } = this.#goal;
    if (zeros !== undefined) {
      this.#price = priceForZeros(this.#price, this.#zeros(current.masks), zeros, this.#share());
      return;
    }
    const excess = this.#load - loadAt(this.#share());
    this.#price = priceForLoad(this.#price, excess);
    this.#lossCap = current.loss - excess * this.#lossRoom();
  }

  /** After what was told: the next visit, check or the end, where it is time. */
  #advance(): void {
    const { evaluations, patience = Infinity } = this.#options;
    if (this.#evaluations >= this.#visitEnd) {
      this.#visit++;
      this.#visitEnd = this.#evaluations + this.#visits.lengthOf(this.#visit);
      this.#learning.takeEffect();
    }
    if (this.#evaluations >= this.#nextCheck && !this.#unchecked && this.#temperature !== undefined) {
      this.#steer(this.#current!);
    }
    this.#ending ||=
      this.#evaluations >= evaluations - 1 ||
      this.#evaluations - this.#improvedAt >= patience ||
      (this.#options.spent !== undefined && this.#share() >= 1);
  }

  #isCheckDue(): boolean {
    if (!this.#unchecked) return false;
    return this.#ending || this.#evaluations >= this.#nextCheck || this.#isFirstAtTarget();
  }

  #isFirstAtTarget(): boolean {
    const { zeros } = this.#goal;
    const zerosOf = (solution: Solution) => this.#zeros(solution.masks);
    return zeros !== undefined && zerosOf(this.#current!) === zeros && zerosOf(this.#best!) !== zeros;
  }

  /** Where a number of zeros is asked for and time runs out: exactly those still missing, the least important of each layer. */
  #forced({ masks }: Solution): Proposal | undefined {
    const { zeros } = this.#goal;
    const { evaluations } = this.#options;
    if (zeros === undefined || this.#zeros(this.#best!.masks) === zeros) return undefined;
    if (this.#share() < FORCING_SHARE && this.#evaluations < evaluations - 2) return undefined;
    let missing = zeros - this.#zeros(masks);
    const kept = this.#searched.map((layer) => countKept(masks[layer]!) - this.#leastKept(layer));
    let left = this.#total(kept);
    let filled = masks;
    this.#searched.forEach((layer, i) => {
      // What is still missing, spread over the layers that are left by what they may lose.
      const count = Math.min(kept[i]!, Math.round((missing * kept[i]!) / left));
      const drop = this.#learning.rankings[layer]!.lowestKept(masks[layer]!, count);
      filled = changed(filled, layer, drop, []);
      missing -= count;
      left -= kept[i]!;
    });
    return { masks: filled, move: undefined, threshold: Infinity };
  }

  #solution(masks: Masks, { loss, accuracy }: Score): Solution {
    const sparsity = sparsityOf(masks);
    const cost = this.#options.objective({ loss, sparsity, price: this.#price });
    return { masks, loss, accuracy, sparsity, cost };
  }

  #blocksAfter(blocks: Blocks, move: number, accepted: boolean): Blocks {
    return blocksAfter(blocks, this.#visits.layerOf(this.#visit), move, accepted, this.#weights);
  }

  /** Guards against a layer that is cut through: one weight for each output, on average. */
  #leastKept(layer: number): number {
    return Math.min(this.#weights[layer]!, this.#problem.layers[layer]!.shape[0]!);
  }

  #lossRoom(): number {
    return this.#goal.lossRoom(this.#baseline!, this.#selectionBaseline!);
  }

  /** No proposal with a higher loss is accepted; one above the cap must at least not be worse. */
  #largestLoss(current: Solution): number {
    return Math.max(this.#lossCap, current.loss);
  }

  #checkInterval(): number {
    const { evaluations } = this.#options;
    return Number.isFinite(evaluations) ? Math.max(1, Math.round(evaluations / CHECKS)) : OPEN_CHECK;
  }

  /** Share of the budget that is used up. */
  #share(): number {
    const { evaluations, spent } = this.#options;
    if (spent) return spent();
    return this.#evaluations / (Number.isFinite(evaluations) ? evaluations : OPEN_RAMP);
  }

  #stream(...key: readonly (string | number)[]): RandomStream {
    return randomStream(this.#options.seed, 'tuned annealing', ...key);
  }

  #zeros(masks: Masks): number {
    return this.#total(this.#weights) - this.#total(masks.map(countKept));
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
      price: this.#price,
      load: this.#load,
      lossCap: this.#lossCap === Infinity ? null : this.#lossCap,
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
    this.#price = state.price;
    this.#load = state.load;
    this.#lossCap = state.lossCap ?? Infinity;
    this.#blocks = state.blocks;
    this.#digest = state.digest;
    this.#baseline = restoreSolution(state.baseline, this.#problem);
    this.#current = restoreSolution(state.current, this.#problem);
    this.#best = restoreSolution(state.best, this.#problem);
    this.#selectionBaseline = state.selectionBaseline ?? undefined;
    this.#selectionBest = state.selectionBest ?? undefined;
    this.#checks = state.checks;
    this.#front.restore(state.front, this.#problem);
  }
}

/** Throws 'bad-input' for what had no limit and was given up all the same. */
function inFull(told: Evaluation): Score {
  if (!told.exceeded) return { loss: told.loss, accuracy: told.accuracy };
  throw new MasksearchError('bad-input', 'a candidate without a limit was given up', 'evaluate it in full');
}

function changedWeights(before: Masks, after: Masks): number {
  let count = 0;
  after.forEach((mask, layer) => {
    const old = before[layer]!;
    if (mask === old) return;
    count += countKept({ length: mask.length, words: mask.words.map((word, w) => word ^ old.words[w]!) });
  });
  return count;
}
