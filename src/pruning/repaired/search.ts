/**
 * A search over masks whose every state is evaluated with the weights that it would ship. Rounds first: what an error of each output costs the loss, which weights
 * go at that price, and repair of those that stay (src/repair/round.ts), until the goal is used up. Then exchanges of single weights, their rows
 * refitted, the loss deciding (src/repair/exchanges.ts), and, where those make room, further rounds. States are chosen by the validation images.
 */
import { countKept, countPruned, weightsOf } from '../../core/mask.ts';
import { totalOf } from '../../core/math.ts';
import { MasksearchError } from '../../core/error.ts';
import { checkAborted } from '../../engine/check-aborted.ts';
import { LayerExchanges } from '../../repair/exchanges.ts';
import { LayerFit } from '../../repair/layer-fit.ts';
import { tensorsWithin } from '../../repair/layer-tensors.ts';
import { layerMoments } from '../../repair/layer-moments.ts';
import { errorPrices, outputVariances, priceEvaluations } from '../../repair/prices.ts';
import { asWritten, repairableLayers } from '../../repair/repair.ts';
import { pruneRound, type RepairedNetwork } from '../../repair/round.ts';
import { layersToSearch } from '../../search/searched-layers.ts';
import { initialMasks } from '../../search/initial-masks.ts';
import { inFull } from '../../search/shell.ts';
import { goalOf, type Goal } from '../../search/tuned/goal.ts';
import type { Candidate, Evaluation, Evaluator, Score } from '../../search/contract.ts';
import type { RunResult } from '../../search/run.ts';
import type { RepairedSearchInput } from './contract.ts';
import { isBetter, toleranceOn, type Judged } from './judged.ts';
import { SearchRecord } from './record.ts';
import { RoundSchedule } from './schedule.ts';

/** Share of the evaluations for the prices of rounds, and how many rounds are expected. */
const PRICE_SHARE = 0.5;
const EXPECTED_ROUNDS = 10;

/** Evaluations of exchanges between two validations: a share of those left. */
const EXCHANGE_SHARE = 1 / 6;
const MIN_EXCHANGES = 200;
const MAX_EXCHANGES = 4000;
/** Share of the kept weights that stays in a round after exchanges. */
const NEXT_SHARE = 0.96;
/** Validations in a row that a state may miss the goal at, before the search goes back to the best one. */
const MISSES = 2;

/** Time that a rate is measured in at least. */
const MIN_SECONDS = 0.1;

/** Candidates that are evaluated together where all of them are needed. */
const FEWEST_AT_ONCE = 8;

export class RepairedSearch {
  readonly #input: RepairedSearchInput;
  readonly #layers: ReturnType<typeof repairableLayers>;
  readonly #searched: ReadonlySet<number>;
  readonly #weights: number;
  readonly #goal: Goal;
  readonly #record: SearchRecord;
  readonly #evaluator: Evaluator;
  readonly #initial: RepairedNetwork['masks'];
  #visits = 0;
  #budget = Infinity;

  /** Throws 'bad-input' for an option out of range. */
  constructor(input: RepairedSearchInput) {
    const { model, problem, parameters, evaluator, validationImages } = input;
    this.#input = input;
    this.#layers = repairableLayers(model);
    this.#searched = new Set(layersToSearch(problem, parameters.layers));
    this.#weights = totalOf(problem.layers.map(({ shape }) => weightsOf(shape)));
    this.#goal = goalOf(parameters, this.#weights, toleranceOn(validationImages));
    this.#initial = initialMasks(problem);
    this.#record = new SearchRecord(problem, parameters);
    this.#evaluator = {
      ...{ layers: problem.layers, depth: problem.depth, images: evaluator.images },
      get batchWidth() {
        return evaluator.batchWidth;
      },
      evaluate: (candidates) => this.#evaluateAll(candidates),
      close: () => evaluator.close(),
    };
  }

  /** What can be seen of it while it runs. */
  get view(): SearchRecord {
    return this.#record;
  }

  /** Rejects with 'infeasible' if the unpruned network does not meet the goal, and with the errors of evaluator and calibrator; resolves with what was found after an abort. */
  async run(): Promise<RunResult> {
    const { model, signal } = this.#input;
    let completed = true;
    try {
      const start = await this.#start();
      this.#report();
      const variances = await outputVariances(this.#input.calibrator, model, { signal });
      const { within, beyond } = await this.#rounds(start, variances);
      await this.#exchanges(within, beyond, variances);
    } catch (error) {
      const isAbort =
        error === signal?.reason || (error instanceof MasksearchError && error.code === 'aborted');
      if (!signal?.aborted || !isAbort || !this.#record.best) throw error;
      completed = false;
    }
    return this.#record.result(completed);
  }

  async #start(): Promise<Judged> {
    const { model } = this.#input;
    const network = { masks: this.#initial, tensors: model.tensors };
    const [tuning, validation] = await this.#scores(network);
    this.#budget = this.#goal.lossBudget(validation, validation);
    const solution = this.#record.start(network, tuning, validation);
    return { solution, validation, isWithin: true };
  }

  /** The sparsest state within the goal, and the first one beyond it; undefined if there is none. */
  async #rounds(start: Judged, variances: readonly (Float64Array | undefined)[]) {
    const { zeros: wanted } = this.#goal;
    const schedule = new RoundSchedule();
    let within = start;
    let beyond: Judged | undefined;
    while (this.#mayRound()) {
      const before = countPruned(within.solution.masks);
      const zeros = schedule.next(this.#weights, before, wanted);
      if (zeros <= before) break;
      const judged = await this.#round(within.solution, zeros, variances);
      if (countPruned(judged.solution.masks) <= before) break;
      if (judged.isWithin) {
        within = judged;
        schedule.succeeded();
      } else {
        beyond = judged;
        if (!schedule.failed()) break;
      }
    }
    return { within, beyond };
  }

  #mayRound(): boolean {
    return !this.#isOver() && this.#left() > 2;
  }

  async #round(
    from: RepairedNetwork,
    zeros: number,
    variances: readonly (Float64Array | undefined)[],
  ): Promise<Judged> {
    const { model, calibrator, parameters, repair, ridge, signal } = this.#input;
    const { seed } = parameters;
    const left = this.#left();
    const share = (PRICE_SHARE * (this.#record.progress.proposals + left)) / EXPECTED_ROUNDS;
    const most = Math.min(priceEvaluations(model), share, left - 2);
    this.#record.enter(undefined);
    const canAsk = most > 2 * this.#layers.length;
    const prices = canAsk
      ? await errorPrices(this.#evaluator, model, from, variances, { evaluations: most, seed, signal })
      : variances.map((own) => own?.map((variance) => 1 / Math.max(variance, Number.MIN_VALUE)));
    const searched = prices.map((price, layer) => (this.#searched.has(layer) ? price : undefined));
    const network = await pruneRound(calibrator, model, from, searched, zeros, { repair, ridge, signal });
    return this.#judge(network, from);
  }

  /** Exchanges with what is left of the evaluations. */
  async #exchanges(
    within: Judged,
    beyond: Judged | undefined,
    variances: readonly (Float64Array | undefined)[],
  ): Promise<void> {
    if (this.#input.repair !== 'least-squares') return;
    let best = within;
    let current = beyond ?? within;
    let misses = 0;
    // Sparser states are tried as long as exchanges bring them within the goal.
    let isSettled = this.#goal.zeros !== undefined;
    while (!this.#isOver()) {
      const count = Math.ceil(this.#left() * EXCHANGE_SHARE);
      const wanted = Math.min(Math.max(MIN_EXCHANGES, count), MAX_EXCHANGES, this.#left() - 2);
      if (wanted < 1) return;
      const network = await this.#exchange(current, wanted);
      if (!network) return;
      current = await this.#judge(network, current.solution);
      if (current.isWithin && isBetter(current, best)) best = current;
      if (isSettled) continue;
      if (current.isWithin) {
        misses = 0;
        if (!this.#mayRound()) return;
        const before = countPruned(current.solution.masks);
        const zeros = this.#weights - Math.round((this.#weights - before) * NEXT_SHARE);
        if (zeros > before) current = await this.#round(current.solution, zeros, variances);
        if (current.isWithin && isBetter(current, best)) best = current;
      } else if (++misses >= MISSES) {
        current = best;
        isSettled = true;
      }
    }
  }

  /** The network after so many evaluated exchanges, layer after layer; undefined if there is nothing to exchange. */
  async #exchange({ solution }: Judged, count: number): Promise<RepairedNetwork | undefined> {
    const { model, calibrator, ridge, signal } = this.#input;
    let network: RepairedNetwork = solution;
    let loss = solution.loss;
    let drawn = 0;
    const layers = [...this.#searched].filter((layer) => this.#layers[layer]);
    const kept = totalOf(layers.map((layer) => countKept(solution.masks[layer]!)));
    for (const layer of layers) {
      const rows = this.#layers[layer]!;
      const share = countKept(solution.masks[layer]!) / Math.max(kept, 1);
      const moments = await layerMoments(calibrator, layer, rows, network.tensors, signal);
      const exchanges = new LayerExchanges({
        ...{ layer, rows, ridge, network, initial: this.#initial[layer], visit: this.#visits++ },
        fit: new LayerFit(moments, rows.of(model.tensors), rows.hasBias),
        seed: this.#input.parameters.seed,
      });
      this.#record.enter(layer);
      const end = drawn + Math.ceil(share * count);
      while (drawn < Math.min(end, count) && !this.#isOver()) {
        const found = await this.#exchangeOnce(exchanges, layer, loss, Math.min(end, count) - drawn);
        if (!found) break;
        drawn += found.settled;
        loss = found.loss;
      }
      ({ network } = exchanges);
    }
    return drawn > 0 ? network : undefined;
  }

  /** Evaluates a few proposals and settles those up to the first that lowers the loss; undefined if there is none to evaluate. */
  async #exchangeOnce(exchanges: LayerExchanges, layer: number, loss: number, most: number) {
    const { evaluator, speculation, lossLimits } = this.#input;
    const width = speculation === true ? evaluator.batchWidth : Number(speculation) || 1;
    const proposals = exchanges.propose(Math.max(1, Math.min(Math.floor(width), most)));
    if (proposals.length === 0) return undefined;
    const candidates = proposals.map(({ network }) => ({
      ...this.#candidate(network),
      ...(lossLimits && { lossLimit: loss }),
    }));
    const told = await this.#evaluate(candidates);
    const at = told.findIndex((evaluation) => !evaluation.exceeded && evaluation.loss < loss);
    const settled = at < 0 ? told.length : at + 1;
    // Those behind it started from another network: they were for nothing, and do not count.
    this.#record.uncount(told.length - settled);
    const taken = proposals[at];
    exchanges.settle(settled, taken);
    if (!taken) return { settled, loss };
    const score = inFull(told[at]!);
    const before = this.#record.current!;
    this.#record.accept(taken.network, score, { layer, before });
    this.#report();
    return { settled, loss: score.loss };
  }

  /** The network as its file will hold it, on both sets of images. */
  async #judge({ masks, tensors }: RepairedNetwork, before: RepairedNetwork): Promise<Judged> {
    const network = { masks, tensors: asWritten({ ...this.#input.model, tensors }).tensors };
    const [tuning, validation] = await this.#scores(network);
    const solution = this.#record.accept(network, tuning, { layer: undefined, before });
    const { unpruned } = this.#record.validation!;
    const used = (validation.loss - unpruned.loss) / this.#budget;
    const isWithin = used <= 1 && this.#goal.mayChoose(validation, unpruned);
    this.#record.validate(solution, validation, isWithin, this.#goal.zeros);
    this.#report();
    return { solution, validation, isWithin };
  }

  async #scores(network: RepairedNetwork): Promise<readonly [tuning: Score, validation: Score]> {
    const candidate = this.#candidate(network);
    const [tuning, validation] = await this.#evaluate([candidate, { ...candidate, on: 'validation' }]);
    return [inFull(tuning!), inFull(validation!)];
  }

  #candidate({ masks, tensors }: RepairedNetwork): Candidate {
    return { masks, tensors: tensorsWithin(this.#layers, tensors) };
  }

  /** A few at a time, so that the search can be paused. */
  async #evaluateAll(candidates: readonly Candidate[]): Promise<readonly Evaluation[]> {
    const told: Evaluation[] = [];
    while (told.length < candidates.length) {
      const count = Math.max(FEWEST_AT_ONCE, Math.floor(this.#input.evaluator.batchWidth));
      told.push(...(await this.#evaluate(candidates.slice(told.length, told.length + count))));
    }
    return told;
  }

  async #evaluate(candidates: readonly Candidate[]) {
    const { evaluator, gate, signal } = this.#input;
    const held = gate?.();
    if (held) await held;
    checkAborted(signal);
    const evaluations = await evaluator.evaluate(candidates, signal && { signal });
    this.#record.count(candidates.length, candidates.filter(({ on }) => on === 'validation').length);
    this.#report();
    return evaluations;
  }

  #report(): void {
    this.#input.onProgress?.(this.#record.progress);
  }

  /** Evaluations; of a search with a budget of time as many as it is likely to make in what is left of it. */
  #left(): number {
    const { parameters, clock } = this.#input;
    const { evaluations, seconds } = parameters;
    const { proposals } = this.#record.progress;
    if (seconds === undefined) return evaluations - proposals;
    const now = Math.max(clock(), MIN_SECONDS);
    return Math.floor((proposals / now) * (seconds - now));
  }

  #isOver(): boolean {
    const { parameters, clock } = this.#input;
    const { patience, seconds } = parameters;
    const { proposals } = this.#record.progress;
    if (seconds !== undefined && clock() >= seconds) return true;
    if (patience !== undefined && proposals - this.#record.improvedAt >= patience) return true;
    return this.#left() < 3;
  }
}
