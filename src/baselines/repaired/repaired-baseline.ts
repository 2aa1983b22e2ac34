/** Baselines whose weights adjust: pruned by a criterion and repaired, once or in rounds. */
import { fullMasks, weightsOf, type Masks } from '../../core/mask.ts';
import { totalOf } from '../../core/math.ts';
import { badOption } from '../../core/options.ts';
import { checkAborted } from '../../engine/check-aborted.ts';
import { problemOf } from '../../network/problem.ts';
import { repaired } from '../../repair/repair.ts';
import type { RepairedNetwork } from '../../repair/round.ts';
import type { Calibration, Ranker, Ranking } from './calibration.ts';
import { rankerOf, type Criterion } from './criterion.ts';

/** `frozen`: masks alone. `once`: repaired after all pruning. `rounds`: pruned a little, repaired, ranked anew, and so on. */
export const REPAIR_SCHEDULES = ['frozen', 'once', 'rounds'] as const;
export type RepairSchedule = (typeof REPAIR_SCHEDULES)[number];

/** The share of the kept weights that a round prunes. 0.2 is 16 rounds to 97 %, 0.4 is 7: an order of the optimal brain surgeon takes longer. */
export const DEFAULT_PER_ROUND: Readonly<Record<Criterion, number>> = {
  magnitude: 0.2,
  wanda: 0.2,
  obs: 0.4,
};

/** Smaller rounds would never end. */
const MIN_PER_ROUND = 0.001;

export interface RepairedBaselineOptions {
  /** Of `rounds`: the share of the kept weights that each prunes, from 0.001 to below 1. Default: `DEFAULT_PER_ROUND`. */
  readonly perRound?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Before each round and each result. */
  readonly onStep?: (() => void) | undefined;
}

/**
 * A baseline at several numbers of zeros, in their order. Each result depends on its own number alone. Deterministic. Layers of more than `MAX_MOMENT_INPUTS` inputs an
 * output keep the values of their weights, and `obs` prunes none of these.
 *
 * Rounds are those of S. Han, J. Pool, J. Tran, W. Dally, "Learning both Weights and Connections for Efficient Neural Networks" (NIPS 2015), with
 * least squares in place of training: each prunes the same share of what is left.
 *
 * Rejects with 'bad-input' for numbers out of range, with 'limit-exceeded' where `obs` cannot prune so many, with 'aborted' once `signal` is, and like
 * `Calibrator.moments`.
 */
export async function repairedBaseline(
  criterion: Criterion,
  schedule: RepairSchedule,
  calibration: Calibration,
  zeros: readonly number[],
  options: RepairedBaselineOptions = {},
): Promise<readonly RepairedNetwork[]> {
  const baseline = await rankedBaseline(criterion, calibration, options);
  if (schedule === 'frozen')
    return zeros.map((count) => ({ masks: baseline.masksAt(count), tensors: calibration.model.tensors }));
  const found = new Map<number, RepairedNetwork>();
  const counts = [...new Set(zeros)];
  for await (const result of schedule === 'once' ? baseline.once(counts) : baseline.inRounds(counts))
    found.set(result.zeros, result.network);
  return zeros.map((count) => found.get(count)!);
}

/** A repaired network with this many zeros. */
export interface RepairedAt {
  readonly zeros: number;
  readonly network: RepairedNetwork;
}

/** A baseline whose first ranking is made, for all schedules. */
export async function rankedBaseline(
  criterion: Criterion,
  calibration: Calibration,
  { perRound = DEFAULT_PER_ROUND[criterion], signal, onStep }: RepairedBaselineOptions = {},
): Promise<RankedBaseline> {
  if (!(perRound >= MIN_PER_ROUND && perRound < 1))
    throw badOption(
      'perRound',
      perRound,
      `at least ${MIN_PER_ROUND} and below 1`,
      'pass a share such as 0.2',
    );
  const { model } = calibration;
  const unpruned = { masks: fullMasks(problemOf(model.network).layers), tensors: model.tensors };
  checkAborted(signal);
  const ranker = rankerOf(criterion, calibration);
  const ranking = await ranker(unpruned, { signal });
  return new RankedBaseline(calibration, ranker, unpruned, ranking, { perRound, signal, onStep });
}

type Settings = RepairedBaselineOptions & { readonly perRound: number };

export class RankedBaseline {
  readonly #calibration: Calibration;
  readonly #ranker: Ranker;
  readonly #unpruned: RepairedNetwork;
  readonly #ranking: Ranking;
  readonly #settings: Settings;
  readonly #weights: number;

  /** @param ranking of the unpruned network */
  constructor(
    calibration: Calibration,
    ranker: Ranker,
    unpruned: RepairedNetwork,
    ranking: Ranking,
    settings: Settings,
  ) {
    this.#calibration = calibration;
    this.#ranker = ranker;
    this.#unpruned = unpruned;
    this.#ranking = ranking;
    this.#settings = settings;
    const { layers } = problemOf(calibration.model.network);
    this.#weights = totalOf(layers.map(({ shape }) => weightsOf(shape)));
  }

  /** Frozen masks with this many zeros. Throws as `repairedBaseline` rejects. */
  masksAt(zeros: number): Masks {
    this.#check(zeros);
    return this.#ranking(zeros);
  }

  /** `masksAt`, repaired; in the order of `zeros`. Rejects like `repairedBaseline`. */
  async *once(zeros: readonly number[]): AsyncGenerator<RepairedAt> {
    for (const count of zeros) {
      yield { zeros: count, network: await this.#repair(this.masksAt(count), this.#unpruned) };
    }
  }

  /**
   * Each of `zeros` once, ascending, all from one run of rounds, whose ends do not depend on those wanted: a result is a round of its own, from where the last round
   * before it ended. Rejects like `repairedBaseline`.
   */
  async *inRounds(zeros: readonly number[]): AsyncGenerator<RepairedAt> {
    zeros.forEach((count) => this.#check(count));
    const { perRound } = this.#settings;
    const wanted = new Set(zeros);
    const ends = roundEnds(this.#weights, perRound, Math.max(0, ...wanted));
    let state = this.#unpruned;
    let ranking = this.#ranking;
    const counts = [...new Set([...ends, ...wanted])].sort((a, b) => a - b);
    for (const count of counts) {
      const network = await this.#repair(ranking(count), state);
      if (wanted.has(count)) yield { zeros: count, network };
      if (!ends.includes(count) || count === counts.at(-1)) continue;
      state = network;
      ranking = await this.#ranker(state, this.#settings);
    }
  }

  async #repair(masks: Masks, { tensors }: RepairedNetwork): Promise<RepairedNetwork> {
    const { calibrator, model } = this.#calibration;
    const { signal, onStep } = this.#settings;
    onStep?.();
    const network = await repaired(calibrator, model, masks, { current: tensors, signal });
    return { masks, tensors: network.tensors };
  }

  #check(zeros: number): void {
    if (!(Number.isSafeInteger(zeros) && zeros >= 0 && zeros <= this.#weights))
      throw badOption('zeros', zeros, `a whole number from 0 to ${this.#weights}`, 'pass one');
  }
}

/** The numbers of zeros at which rounds end, ascending, each once, up to `most`: those of `inRounds`. */
export function roundEnds(weights: number, perRound: number, most: number): readonly number[] {
  const ends = new Set<number>();
  for (let kept = weights * (1 - perRound); ; kept *= 1 - perRound) {
    const zeros = weights - Math.round(kept);
    if (zeros > most || Math.round(kept) === 0) return [...ends];
    ends.add(zeros);
  }
}
