/** Baselines by magnitude, Wanda and optimal brain surgeon: their frozen masks, and repaired, which is evaluated at once so that few weights are in memory. */
import {
  CRITERIA,
  DEFAULT_PER_ROUND,
  masksAt,
  rankedBaseline,
  roundEnds,
  unrankedLayers,
  zerosAt,
  type Criterion,
  type RankedBaseline,
} from '../baselines/index.ts';
import { countPruned, sparsityOf, weightsOf, type Masks } from '../core/mask.ts';
import { totalOf } from '../core/math.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { Calibrator, Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import type { SearchRun } from '../pruning/search/contract.ts';
import { layerTensorsOf } from '../repair/layer-tensors.ts';
import { repaired } from '../repair/repair.ts';
import type { RepairedNetwork } from '../repair/round.ts';
import type { TunedPoint } from '../report/comparison/comparison.ts';
import type { BaselineName } from '../report/text/words.ts';
import type { CountingEvaluator, EvaluatorWork } from '../search/contract.ts';
import { accurate } from './accuracy.ts';
import type { BaselineOrders } from './baseline-orders.ts';
import type { PointMasks, SplitPoints } from './baseline-points.ts';
import type { CompareOptions } from './progress.ts';
import { CURVE_TARGETS, MAX_ROUNDS_SPARSITY, REPAIRED_TARGETS, type SubjectSplit } from './task.ts';

const FROZEN_NAMES = { magnitude: 'magnitude-global', wanda: 'wanda', obs: 'obs' } as const;

/** What is known of the baselines of one split before the frozen ones are evaluated. */
export interface RepairedPoints {
  /** Masks alone. */
  readonly frozen: SplitPoints;
  /** For each run, the repaired baselines with as many zeros. */
  readonly matched: readonly (readonly TunedPoint[])[];
  readonly curves: readonly TunedPoint[];
  readonly work: EvaluatorWork;
}

/**
 * @param calibration images that the criteria measure and repairs fit on
 * @param orders with those of `random`
 */
export async function repairedPoints(
  engine: Engine,
  { model, test }: SubjectSplit<ImageSet>,
  calibration: ImageSet,
  runs: readonly SearchRun[],
  orders: BaselineOrders,
  options: CompareOptions & { readonly onlyFrozen: boolean },
): Promise<RepairedPoints> {
  const calibrator = await engine.calibrator(model, calibration);
  const evaluator = await engine.evaluator(model, test);
  const { signal, onProgress } = options;
  try {
    const collected = new Collected({ model, evaluator, runs, options });
    if (!options.onlyFrozen) await collected.random(calibrator, orders);
    for (const criterion of criteriaOf(model)) {
      onProgress?.({ type: 'ranking', baseline: FROZEN_NAMES[criterion] });
      const subject = { calibrator, model, images: calibration };
      const onStep = () => collected.step();
      const ranked = await rankedBaseline(criterion, subject, { signal, onStep });
      collected.frozen(criterion, ranked);
      if (!options.onlyFrozen) await collected.repaired(criterion, ranked);
    }
    return collected.points;
  } finally {
    await evaluator.close();
    await calibrator.close();
  }
}

/** Without `obs` where it cannot order all layers. */
function criteriaOf(model: Model): readonly Criterion[] {
  return CRITERIA.filter((criterion) => criterion !== 'obs' || unrankedLayers(model).length === 0);
}

interface Subject {
  readonly model: Model;
  /** On the test images. */
  readonly evaluator: CountingEvaluator;
  readonly runs: readonly SearchRun[];
  readonly options: CompareOptions;
}

class Collected {
  readonly #subject: Subject;
  readonly #weights: number;
  /** Of each run. */
  readonly #zeros: readonly number[];
  /** Number of repairs. */
  readonly #total: number;
  readonly #frozen: { readonly matched: PointMasks[][]; readonly curves: PointMasks[] };
  readonly #matched: TunedPoint[][];
  readonly #curves: TunedPoint[] = [];
  #repairing: BaselineName = 'random-repaired';
  #done = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
    const { runs, model } = subject;
    this.#weights = totalOf(problemOf(model.network).layers.map(({ shape }) => weightsOf(shape)));
    this.#zeros = runs.map(({ result }) => countPruned(result.best.masks));
    this.#frozen = { matched: runs.map(() => []), curves: [] };
    this.#matched = runs.map(() => []);
    const ofRounds = criteriaOf(model).map((criterion) => {
      const most = Math.max(...this.#zeros, ...this.#ends(criterion));
      return this.#and(roundEnds(this.#weights, DEFAULT_PER_ROUND[criterion], most)).length;
    });
    const once = ofRounds.length * this.#and(this.#zerosAt(REPAIRED_TARGETS)).length;
    this.#total = runs.length + REPAIRED_TARGETS.length + once + totalOf(ofRounds);
  }

  get points(): RepairedPoints {
    const { evaluator } = this.#subject;
    return { frozen: this.#frozen, matched: this.#matched, curves: this.#curves, work: evaluator.work };
  }

  /** Before each repair. */
  step(): void {
    const { onProgress } = this.#subject.options;
    onProgress?.({ type: 'repairing', baseline: this.#repairing, done: this.#done++, total: this.#total });
  }

  /** Random masks, repaired once: those of each run's seed, and for the curve those of the first. */
  async random(calibrator: Calibrator, orders: BaselineOrders): Promise<void> {
    const { model, runs, options } = this.#subject;
    const baseline = 'random-repaired';
    const pointOf = async (target: number, masks: Masks): Promise<TunedPoint> => {
      this.step();
      const { tensors } = await repaired(calibrator, model, masks, { signal: options.signal });
      return { baseline, target, ...(await this.#scored({ masks, tensors })) };
    };
    for (const [i, { spec }] of runs.entries()) {
      const order = orders.of('random', spec.parameters.seed);
      this.#matched[i]!.push(await pointOf(this.#targetOf(i), masksAt(order, this.#zeros[i]!)));
    }
    const [order] = orders.all('random');
    for (const target of REPAIRED_TARGETS)
      this.#curves.push(await pointOf(target, masksAt(order!, zerosAt(order!, target))));
  }

  frozen(criterion: Criterion, ranked: RankedBaseline): void {
    const baseline = FROZEN_NAMES[criterion];
    const frozen = (target: number, zeros: number): PointMasks => ({
      baseline,
      target,
      masks: [ranked.masksAt(zeros)],
    });
    this.#zeros.forEach((zeros, i) => this.#frozen.matched[i]!.push(frozen(this.#targetOf(i), zeros)));
    for (const [i, zeros] of this.#zerosAt(CURVE_TARGETS).entries())
      this.#frozen.curves.push(frozen(CURVE_TARGETS[i]!, zeros));
  }

  /** Once and in rounds. */
  async repaired(criterion: Criterion, ranked: RankedBaseline): Promise<void> {
    const targets = this.#zerosAt(REPAIRED_TARGETS).map((zeros, i) => [zeros, REPAIRED_TARGETS[i]!] as const);
    await this.#add(`${criterion}-repaired`, new Map(targets), (zeros) => ranked.once(zeros));
    const ends = this.#ends(criterion).map((zeros) => [zeros, zeros / this.#weights] as const);
    await this.#add(`${criterion}-rounds`, new Map(ends), (zeros) => ranked.inRounds(zeros));
  }

  /** @param curve numbers of zeros on the curve, each with the sparsity asked for */
  async #add(
    baseline: BaselineName,
    curve: ReadonlyMap<number, number>,
    resultsAt: RankedBaseline['once'],
  ): Promise<void> {
    this.#repairing = baseline;
    for await (const { zeros, network } of resultsAt(this.#and([...curve.keys()]))) {
      const scored = { baseline, ...(await this.#scored(network)) };
      this.#zeros.forEach((own, i) => {
        if (own === zeros) this.#matched[i]!.push({ ...scored, target: this.#targetOf(i) });
      });
      const target = curve.get(zeros);
      if (target !== undefined) this.#curves.push({ ...scored, target });
    }
  }

  async #scored({ masks, tensors }: RepairedNetwork): Promise<Pick<TunedPoint, 'sparsity' | 'test'>> {
    const { evaluator, model, options } = this.#subject;
    const candidate = { masks, tensors: layerTensorsOf(model, tensors) };
    const [found] = await evaluator.evaluate([candidate], options.signal && { signal: options.signal });
    if (!found || found.exceeded) throw new Error('an evaluation without a limit stopped early');
    const { loss, accuracy } = accurate(found);
    const { meanLayer, global } = sparsityOf(masks);
    return { sparsity: { meanLayer, global }, test: { loss, accuracy } };
  }

  /** The numbers of zeros on the curve of rounds. */
  #ends(criterion: Criterion): readonly number[] {
    return roundEnds(
      this.#weights,
      DEFAULT_PER_ROUND[criterion],
      Math.round(MAX_ROUNDS_SPARSITY * this.#weights),
    );
  }

  #zerosAt(targets: readonly number[]): readonly number[] {
    return targets.map((target) => Math.round(target * this.#weights));
  }

  #targetOf(run: number): number {
    return this.#subject.runs[run]!.result.best.sparsity.global;
  }

  /** These numbers of zeros and those of the runs, each once. */
  #and(zeros: readonly number[]): readonly number[] {
    return [...new Set([...this.#zeros, ...zeros])];
  }
}
