import type { HistoryRow } from '../../search/contract.ts';
import type { Method, Preset } from './result.ts';

const columns = {
  sa: ['layer', 'temperature', 'mutation_rate', 'cost', 'metrics', 'loss', 'sparsity'],
  ga: ['layer', 'generation', 'mutation_rate', 'cost', 'metrics', 'loss', 'sparsity'],
  tuned: [
    ...['layer', 'temperature', 'mutation_rate', 'cost', 'metrics', 'loss', 'sparsity'],
    ...['evaluation', 'global_sparsity'],
  ],
} as const;

type Column = (typeof columns)['sa' | 'ga'][number] | 'evaluation' | 'global_sparsity';

const cell: Readonly<Record<Column, (row: HistoryRow) => number | undefined>> = {
  layer: (row) => row.layer,
  temperature: (row) => row.temperature,
  generation: (row) => row.generation,
  mutation_rate: (row) => row.mutationRate,
  cost: (row) => row.cost,
  metrics: (row) => row.accuracy,
  loss: (row) => row.loss,
  sparsity: (row) => row.sparsity,
  evaluation: (row) => row.evaluation,
  global_sparsity: (row) => row.globalSparsity,
};

/**
 * The text of history.csv: the article's columns, `metrics` being the accuracy, and two more of a tuned search. Numbers are the shortest that read
 * back as the same float64; a value that a row does not have is an empty field.
 *
 * The author's own files begin with a byte order mark. There is none here: pandas reads UTF-8 unless told otherwise,
 * and to readers that do not expect the mark it is part of the first column's name.
 */
export function historyCsv(
  rows: readonly HistoryRow[],
  { method, preset }: { readonly method: Method; readonly preset: Preset },
): string {
  const names: readonly Column[] = preset === 'tuned' ? columns.tuned : columns[method];
  const lines = rows.map((row) => names.map((name) => cell[name](row) ?? '').join(','));
  return `${[names.join(','), ...lines].join('\n')}\n`;
}
