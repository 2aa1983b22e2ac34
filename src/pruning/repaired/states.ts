/** The states of a search that repairs: how one comes from another, and what the images say of it. */
import { countKept, countPruned, weightsOf } from '../../core/mask.ts';
import { totalOf } from '../../core/math.ts';
import { checkAborted } from '../../engine/check-aborted.ts';
import { zerosAsMasks } from '../../network/problem.ts';
import { tensorsWithin } from '../../repair/layer-tensors.ts';
import { outputVariances } from '../../repair/prices.ts';
import { asWritten, repairableLayers, repaired } from '../../repair/repair.ts';
import { pruneRound, type RepairedNetwork } from '../../repair/round.ts';
import type { Candidate, Evaluation, Evaluator, Score } from '../../search/contract.ts';
import { initialMasks } from '../../search/initial-masks.ts';
import { withLimits } from '../../search/limits.ts';
import { layersToSearch } from '../../search/searched-layers.ts';
import { inFull } from '../../search/shell.ts';
import { goalOf, type Goal } from '../../search/tuned/goal.ts';
import type { RepairedSearchInput } from './contract.ts';
import { layerSearch } from './exchanges/layer-search.ts';
import type { LayerSearch } from './exchanges/contract.ts';
import { Visits } from './exchanges/visits.ts';
import { toleranceOn, type Judged } from './judged.ts';
import { RoundPrices } from './round-prices.ts';
import { SearchRecord } from './record.ts';

/** Time that a rate is measured in at least. */
const MIN_SECONDS = 0.1;

/** Candidates that are evaluated together where all of them are needed. */
const FEWEST_AT_ONCE = 8;

export class States {
  readonly record: SearchRecord;
  readonly goal: Goal;
  /** Of all layers. */
  readonly weights: number;
  readonly #input: RepairedSearchInput;
  readonly #layers: ReturnType<typeof repairableLayers>;
  readonly #searched: ReadonlySet<number>;
  readonly #evaluator: Evaluator;
  readonly #initial: RepairedNetwork['masks'];
  readonly #leastKept: readonly number[] | undefined;
  readonly #visits: Visits;
  #prices: RoundPrices | undefined;
  #hasMissed = false;
  #lossBudget = Infinity;

  /** Throws 'bad-input' for an option out of range. */
  constructor(input: RepairedSearchInput) {
    const { model, parameters, evaluator, validationImages, children, pareto } = input;
    const problem = withLimits(input.problem, parameters);
    this.#input = input;
    this.#layers = repairableLayers(model);
    this.#searched = new Set(layersToSearch(problem, parameters.layers));
    this.weights = totalOf(problem.layers.map(({ shape }) => weightsOf(shape)));
    this.goal = goalOf(parameters, this.weights, toleranceOn(validationImages));
    this.#leastKept = problem.leastKept;
    this.#initial = initialMasks(problem);
    this.#visits = new Visits(children);
    this.record = new SearchRecord(problem, parameters, pareto);
    this.#evaluator = {
      ...{ layers: problem.layers, depth: problem.depth, images: evaluator.images },
      get batchWidth() {
        return evaluator.batchWidth;
      },
      evaluate: (candidates) => this.#evaluateAll(candidates),
      close: () => evaluator.close(),
    };
  }

  /**
   * The network that the search begins with: the model or, where masks prune weights that it has values of, the model with the weights fitted that the masks
   * leave. Rejects with 'infeasible' if it does not meet the goal.
   */
  async start(): Promise<Judged> {
    const { model, calibrator, parameters, repair, ridge, signal } = this.#input;
    const masks = this.#initial;
    const isModel = countPruned(masks) === countPruned(zerosAsMasks(model));
    const { tensors } = isModel ? model : await repaired(calibrator, model, masks, { repair, ridge, signal });
    const network = { masks, tensors };
    const [tuning, validation] = await this.#scores(network);
    this.#lossBudget = this.goal.lossBudget(validation, validation);
    const solution = this.record.start(network, tuning, validation);
    this.#report();
    this.#prices = new RoundPrices({
      ...{ model, evaluator: this.#evaluator, seed: parameters.seed, signal },
      variances: await outputVariances(calibrator, model, { signal }),
      weights: this.weights,
      wantedKept: this.goal.zeros === undefined ? undefined : this.weights - this.goal.zeros,
    });
    return { solution, validation, isWithin: true };
  }

  /** A sparser network than `from`: pruned where errors cost little, then repaired. */
  async round(from: RepairedNetwork, zeros: number): Promise<Judged> {
    const { model, calibrator, repair, ridge, signal } = this.#input;
    this.record.enter(undefined);
    const prices = await this.#prices!.of(from, {
      ...{ made: this.record.progress.proposals, left: this.left() },
      isNear: this.#hasMissed,
    });
    const searched = prices.map((price, layer) => (this.#searched.has(layer) ? price : undefined));
    const network = await pruneRound(calibrator, model, from, searched, zeros, {
      ...{ repair, ridge, signal },
      leastKept: this.#leastKept,
    });
    return this.#judge(network, from);
  }

  /** A network as sparse as `from` after so many evaluated exchanges, layer after layer; undefined if there is nothing to exchange. */
  async exchanged({ solution }: Judged, count: number): Promise<Judged | undefined> {
    let network: RepairedNetwork = solution;
    let { loss } = solution;
    let drawn = 0;
    const layers = [...this.#searched].filter((layer) => this.#layers[layer]);
    const kept = layers.map((layer) => countKept(solution.masks[layer]!));
    for (const [place, most] of this.#visits.plan(kept, count).entries()) {
      const end = drawn + Math.min(most, count - drawn);
      if (end <= drawn) continue;
      const layer = layers[place]!;
      const search = await layerSearch(this.#input, {
        ...{ network, layer, loss, rows: this.#layers[layer]! },
        ...{ initial: this.#initial[layer], visit: this.#visits.next() },
      });
      this.record.enter(layer);
      while (drawn < end && !this.isOver()) {
        const counted = await this.#step(search, layer, end - drawn);
        if (counted === undefined) break;
        drawn += counted;
      }
      ({ network, loss } = search);
    }
    return drawn > 0 ? this.#judge(network, solution) : undefined;
  }

  /** Evaluates what a search of a layer proposes; returns how many evaluations count, undefined if there was none to make. */
  async #step(search: LayerSearch, layer: number, most: number): Promise<number | undefined> {
    const { lossLimits } = this.#input;
    const { lossLimit } = search;
    const proposals = search.propose(most);
    if (proposals.length === 0) return undefined;
    const told = await this.#evaluate(
      proposals.map((network) => ({ ...this.#candidate(network), ...(lossLimits && { lossLimit }) })),
    );
    const { counted, accepted } = search.tell(told);
    this.record.uncount(told.length - counted);
    if (accepted) {
      this.record.accept(accepted.network, accepted.score, { layer, before: this.record.current! });
      this.#report();
    }
    return counted;
  }

  /** The network as its file will hold it, on both sets of images. */
  async #judge({ masks, tensors }: RepairedNetwork, before: RepairedNetwork): Promise<Judged> {
    const network = { masks, tensors: asWritten({ ...this.#input.model, tensors }).tensors };
    const [tuning, validation] = await this.#scores(network);
    const solution = this.record.accept(network, tuning, { layer: undefined, before });
    const { unpruned } = this.record.validation!;
    const used = (validation.loss - unpruned.loss) / this.#lossBudget;
    const isWithin = used <= 1 && this.goal.mayChoose(validation, unpruned);
    this.#hasMissed ||= !isWithin;
    this.record.validate(solution, validation, isWithin, this.goal.zeros);
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
    this.record.count(candidates.length, candidates.filter(({ on }) => on === 'validation').length);
    this.#report();
    return evaluations;
  }

  #report(): void {
    this.#input.onProgress?.(this.record.progress);
  }

  /** Evaluations; of a search with a budget of time as many as it is likely to make in what is left of it. */
  left(): number {
    const { parameters, clock } = this.#input;
    const { evaluations, seconds } = parameters;
    const { proposals } = this.record.progress;
    if (seconds === undefined) return evaluations - proposals;
    const now = Math.max(clock(), MIN_SECONDS);
    return Math.floor((proposals / now) * (seconds - now));
  }

  isOver(): boolean {
    const { parameters, clock } = this.#input;
    const { patience, seconds } = parameters;
    const { proposals } = this.record.progress;
    if (seconds !== undefined && clock() >= seconds) return true;
    if (patience !== undefined && proposals - this.record.improvedAt >= patience) return true;
    return this.left() < 3;
  }
}
