import { baselineTradeOff } from './article-figures.ts';
import type { BaselinePoint, ComparedRun, Comparison, MatchedPoint } from './article.ts';
import { csvText, type CsvRow } from '../text/csv.ts';

/** Losses are in nats; accuracies and sparsities are fractions. */
const columns = [
  ...['kind', 'method', 'seed', 'baseline', 'target_sparsity', 'global_sparsity', 'mean_layer_sparsity'],
  ...[
    'search_loss',
    'search_accuracy',
    'test_loss',
    'test_accuracy',
    'cost',
    'trade_off',
    'evaluations',
    'seconds',
  ],
] as const;

/**
 * The text of compare.csv: a row for each run, each baseline matched to a run and each point of a baseline's curve.
 * As in compare.json, `method` and `seed` of a matched row are those of the run. Numbers are the shortest that read back
 * as the same float64; what a row does not have is an empty field.
 */
export function compareCsv(comparison: Comparison): string {
  return csvText(columns, [
    ...comparison.runs.map(runRow),
    ...comparison.matched.map((point) => matchedRow(comparison, point)),
    ...comparison.curves.map((point) => pointRow('curve', comparison, point)),
  ]);
}

function runRow({ method, seed, final, test, tradeOff, work, seconds }: ComparedRun): CsvRow {
  return {
    kind: 'run',
    method,
    seed,
    global_sparsity: final.sparsity.global,
    mean_layer_sparsity: final.sparsity.meanLayer,
    search_loss: final.loss,
    search_accuracy: final.accuracy,
    test_loss: test?.loss,
    test_accuracy: test?.accuracy,
    cost: final.cost,
    trade_off: tradeOff,
    evaluations: work.candidates,
    seconds,
  };
}

function matchedRow(comparison: Comparison, point: MatchedPoint): CsvRow {
  return { ...pointRow('matched', comparison, point), method: point.method, seed: point.seed };
}

function pointRow(kind: string, comparison: Comparison, point: BaselinePoint): CsvRow {
  const { baseline, target, sparsity, search, test } = point;
  return {
    kind,
    baseline,
    target_sparsity: target,
    global_sparsity: sparsity.global,
    mean_layer_sparsity: sparsity.meanLayer,
    search_loss: search.loss,
    search_accuracy: search.accuracy,
    test_loss: test?.loss,
    test_accuracy: test?.accuracy,
    trade_off: baselineTradeOff(point, comparison),
  };
}
