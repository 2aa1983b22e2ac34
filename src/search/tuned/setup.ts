/** What stays the same over a whole search: problem and options, checked, and what follows from them. */
import { MasksearchError } from '../../core/error.ts';
import { countKept, countPruned, weightsOf, type Masks } from '../../core/mask.ts';
import { totalOf } from '../../core/math.ts';
import { badOption } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { Problem } from '../contract.ts';
import { initialMasks } from '../initial-masks.ts';
import { withLimits } from '../limits.ts';
import { layersToSearch } from '../searched-layers.ts';
import { goalOf, type Goal } from './goal.ts';
import { LayerSchedule } from './layer-schedule.ts';
import { ImportanceModel } from './moves/importance-model.ts';
import { checkTunedOptions, type TunedAnnealingOptions } from './options.ts';
import { Timetable } from './timetable.ts';
import { TradeoffController } from './tradeoff-controller.ts';

export interface SearchSetup {
  readonly problem: Problem;
  readonly options: TunedAnnealingOptions;
  /** Number of weights of each layer. */
  readonly weights: readonly number[];
  /** Indices of the layers to search. */
  readonly searched: readonly number[];
  /** Fewest weights that each layer keeps. */
  readonly leastKept: readonly number[];
  readonly goal: Goal;
  readonly schedule: LayerSchedule;
  readonly timetable: Timetable;
  readonly tradeoffs: TradeoffController;
  readonly importance: ImportanceModel;
}

/** Throws 'bad-input' for an option out of range, and for a target that the layers to search cannot reach. */
export function setupOf(given: Problem, options: TunedAnnealingOptions): SearchSetup {
  const problem = withLimits(given, options);
  const weights = problem.layers.map(({ shape }) => weightsOf(shape));
  checkTunedOptions(options, weights);
  const searched = layersToSearch(problem, options.layers);
  const goal = goalOf(options, totalOf(weights));
  const initial = initialMasks(problem);
  const setup = {
    problem,
    options,
    weights,
    searched,
    leastKept: initial.map((mask, layer) => Math.min(minKept(problem, layer), countKept(mask))),
    goal,
    schedule: new LayerSchedule(weights, searched),
    timetable: new Timetable(options),
    tradeoffs: new TradeoffController(goal),
    importance: new ImportanceModel(options.seed, options.importance, weights, problem.initial),
  };
  checkReachable(setup);
  return setup;
}

function checkReachable({ problem, options, weights, searched, goal }: SearchSetup): void {
  const { zeros = 0 } = goal;
  const initial = initialMasks(problem);
  const already = countPruned(initial);
  if (already === totalOf(weights))
    throw new MasksearchError(
      'infeasible',
      'all weights of the model are 0 already: there is nothing to prune',
      'use a model that has weights',
    );
  if (goal.zeros !== undefined && zeros <= already && already > 0) {
    throw badOption(
      'targetSparsity',
      options.targetSparsity,
      `above ${(Math.ceil((1e4 * already) / totalOf(weights)) / 1e4).toFixed(4)}: the model is that sparse already`,
      'pass more',
    );
  }
  const most = already + totalOf(searched.map((layer) => maxPrunableIn(problem, initial, layer)));
  if (zeros <= most) return;
  const share = (most / totalOf(weights)).toFixed(4);
  throw badOption(
    'targetSparsity',
    options.targetSparsity,
    `at most ${share}: every layer keeps ${problem.leastKept ? 'what its limit says' : 'one weight for each output'}`,
    phrase`pass less, or search more ${optionName('layers')}`,
  );
}

/** Number of weights that a layer keeps at least, so that it is not cut through: one for each output on average, or what limits ask for. */
export function minKept({ layers, leastKept }: Problem, layer: number): number {
  return Math.max(layers[layer]!.shape[0]!, leastKept?.[layer] ?? 0);
}

/** Number of weights that a layer of `masks` may still lose. */
export function maxPrunableIn(problem: Problem, masks: Masks, layer: number): number {
  return Math.max(0, countKept(masks[layer]!) - minKept(problem, layer));
}
