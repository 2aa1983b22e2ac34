/** Figures of a search, or of a baseline at its sparsity, as the tables of page and terminal show them. */
import { tradeOffScore } from '../../run/result.ts';
import type { BaselineName } from '../../text/words.ts';
import type { ComparedScore, PaperComparison, PaperPoint, PaperRun } from '../comparison.ts';
import { decisive, matchedPoint, unprunedAccuracy, type MethodRuns } from '../figures.ts';

/** One value for each seed. */
export interface Figures {
  readonly tuning: readonly ComparedScore[];
  /** Empty if no test images were held out. */
  readonly test: readonly ComparedScore[];
  readonly meanLayer: readonly number[];
  readonly global: readonly number[];
  readonly tradeOff: readonly number[];
  /** Of a search alone. */
  readonly evaluations?: readonly number[];
  readonly seconds?: readonly number[];
}

export function unprunedFigures({ splits }: PaperComparison): Figures {
  const { tuning, test } = splits[0].unpruned;
  return { tuning: [tuning], test: test ? [test] : [], meanLayer: [0], global: [0], tradeOff: [0] };
}

export function searchFigures({ runs }: MethodRuns<PaperRun>): Figures {
  return {
    tuning: runs.map(({ final }) => final),
    test: runs.flatMap(({ test }) => test ?? []),
    meanLayer: runs.map(({ final }) => final.sparsity.meanLayer),
    global: runs.map(({ final }) => final.sparsity.global),
    tradeOff: runs.map(({ tradeOff }) => tradeOff),
    evaluations: runs.map(({ work }) => work.candidates),
    seconds: runs.map(({ seconds }) => seconds),
  };
}

/** A baseline with as many zeros as each run. */
export function baselineFigures(
  comparison: PaperComparison,
  { runs }: MethodRuns<PaperRun>,
  baseline: BaselineName,
): Figures {
  const points = runs.map((run): PaperPoint => matchedPoint(run, baseline));
  const unpruned = unprunedAccuracy(comparison);
  return {
    tuning: points.map(({ tuning }) => tuning),
    test: points.flatMap(({ test }) => test ?? []),
    meanLayer: points.map(({ sparsity }) => sparsity.meanLayer),
    global: points.map(({ sparsity }) => sparsity.global),
    tradeOff: points.map((point) =>
      tradeOffScore(point.sparsity.meanLayer, decisive(point).accuracy, unpruned),
    ),
  };
}

/** The accuracies that count, on the test images if they were held out. */
export function accuracies({ test, tuning }: Figures): readonly number[] {
  return (test.length > 0 ? test : tuning).map(({ accuracy }) => accuracy);
}
