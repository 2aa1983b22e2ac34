/** Figures of a comparison that several tables, charts and sentences need. */
import type { Method } from '../run/result.ts';
import { TUNED_BASELINE_NAMES, type BaselineName } from '../text/words.ts';
import type { BaselinePoint, ComparedRun, ComparedScore, ComparedSplit, Comparison } from './comparison.ts';
import { meanOf } from './statistics.ts';

/** The runs of one method, by split and seed; at least one. */
export interface MethodRuns<Run extends ComparedRun = ComparedRun> {
  readonly method: Method;
  readonly runs: readonly Run[];
}

const METHODS: readonly Method[] = ['sa', 'ga'];

/** The runs grouped by method. */
export function methodsOf<Run extends ComparedRun>(comparison: {
  readonly runs: readonly Run[];
}): readonly MethodRuns<Run>[] {
  return METHODS.map((method) => ({
    method,
    runs: comparison.runs.filter((run) => run.method === method),
  })).filter(({ runs }) => runs.length > 0);
}

/** Scores on test images, tuning images or both. */
type Scores =
  | { readonly tuning: ComparedScore; readonly test?: ComparedScore }
  | { readonly tuning?: ComparedScore; readonly test: ComparedScore };

/** The score that counts: on the test images if they were held out, else on the tuning images. */
export function decisive(scores: Scores): ComparedScore {
  return scores.test ?? scores.tuning!;
}

/** The score of a run that counts. */
export function decisiveOf({ test, final }: Pick<ComparedRun, 'test' | 'final'>): ComparedScore {
  return test ?? final;
}

/** The split that a run was on. */
export function splitOf<Split extends ComparedSplit>(
  { splits }: { readonly splits: readonly Split[] },
  { splitSeed }: Pick<ComparedRun, 'splitSeed'>,
): Split {
  const found = splits.find((split) => split.splitSeed === splitSeed);
  if (!found) throw new Error(`there is no split ${splitSeed}`);
  return found;
}

/** The baselines that the runs are compared with, in the order in which reports show them. */
export function matchedBaselines({
  runs,
}: {
  readonly runs: readonly Pick<ComparedRun, 'matched'>[];
}): readonly BaselineName[] {
  const names = new Set(runs[0]?.matched.map(({ baseline }) => baseline));
  return TUNED_BASELINE_NAMES.filter((name) => names.has(name));
}

/** The runs, if there are baselines that are repaired; else none. */
export function repairedRuns<Run extends Pick<ComparedRun, 'matched'>>(comparison: {
  readonly runs: readonly Run[];
}): readonly Run[] {
  return matchedBaselines(comparison).includes('magnitude-rounds') ? comparison.runs : [];
}

/** The baselines that have a curve. */
export function curveBaselines({ splits }: Pick<Comparison, 'splits'>): readonly BaselineName[] {
  const names = new Set(splits[0]?.curves.map(({ baseline }) => baseline));
  return TUNED_BASELINE_NAMES.filter((name) => names.has(name));
}

/** A baseline with as many zeros as a run. */
export function matchedPoint<Point extends BaselinePoint>(
  { matched }: { readonly matched: readonly Point[] },
  baseline: BaselineName,
): Point {
  const found = matched.find((point) => point.baseline === baseline);
  if (!found) throw new Error(`${baseline} was not matched`);
  return found;
}

/** The decisive accuracy of the unpruned networks, mean over the splits. */
export function unprunedAccuracy({ splits }: Pick<Comparison, 'splits'>): number {
  return meanOf(splits.map(({ unpruned }) => decisive(unpruned).accuracy));
}

/** Names of the layers that the searches pruned, in the comparison's order. The baselines prune all. */
export function searchedLayers({ layers, runs }: Pick<Comparison, 'layers' | 'runs'>): readonly string[] {
  const names = String(runs[0]?.parameters['layers'] ?? '').split(',');
  const all = layers.map(({ name }) => name);
  return names.every((name) => name === '') ? all : all.filter((name) => names.includes(name));
}

/** Whether the searches were limited to some of the layers, which the baselines are not. */
export function isPartial(comparison: Pick<Comparison, 'layers' | 'runs'>): boolean {
  return searchedLayers(comparison).length < comparison.layers.length;
}
