import { baselineOrder, BASELINES, type Baseline, type PruningOrder } from '../baselines/index.ts';
import { randomStream } from '../core/random.ts';
import type { CompareOptions } from './progress.ts';
import type { SubjectSplit } from './task.ts';

/** The orders in which the baselines prune the weights of one network. */
export interface BaselineOrders {
  /** For a run with this seed. */
  of(baseline: Baseline, seed: string): PruningOrder;
  /** One; of `random` one for each seed. */
  all(baseline: Baseline): readonly PruningOrder[];
}

/** Only `random` depends on the seed. */
export async function baselineOrders(
  { model, images }: SubjectSplit,
  seeds: readonly string[],
  { signal, onProgress }: CompareOptions,
  baselines: readonly Baseline[] = BASELINES,
): Promise<BaselineOrders> {
  const orders = new Map<Baseline, readonly PruningOrder[]>();
  for (const baseline of baselines) {
    onProgress?.({ type: 'ranking', baseline });
    const ofBaseline: PruningOrder[] = [];
    for (const seed of baseline === 'random' ? seeds : seeds.slice(0, 1)) {
      const random = randomStream(seed, 'baseline', baseline);
      ofBaseline.push(await baselineOrder(baseline, model, { images, random, signal }));
    }
    orders.set(baseline, ofBaseline);
  }
  const all = (baseline: Baseline) => orders.get(baseline)!;
  return {
    all,
    of: (baseline, seed) => all(baseline)[seeds.indexOf(seed)] ?? all(baseline)[0]!,
  };
}
