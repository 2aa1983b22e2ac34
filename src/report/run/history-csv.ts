import type { HistoryRow } from '../../search/contract.ts';
import { csvText } from '../text/csv.ts';
import type { Method, Preset } from './result.ts';

/** The article's columns. */
const columns = {
  sa: ['layer', 'temperature', 'mutation_rate', 'cost', 'metrics', 'loss', 'sparsity'],
  ga: ['layer', 'generation', 'mutation_rate', 'cost', 'metrics', 'loss', 'sparsity'],
} as const;

/** Columns that a tuned search has besides those. */
const tunedColumns = ['evaluation', 'global_sparsity'] as const;

/**
 * The text of history.csv: a row for each accepted step or generation. `layer` is a position among all layers of the
 * network, `metrics` the accuracy as a fraction, `loss` in nats; the sparsities are fractions.
 *
 * The author's own files begin with a byte order mark. Ours do not: pandas reads UTF-8 unless told otherwise, and readers
 * that do not expect the mark take it as part of the first column's name.
 */
export function historyCsv(
  rows: readonly HistoryRow[],
  { method, preset }: { readonly method: Method; readonly preset: Preset },
): string {
  return csvText(
    [...columns[method], ...(preset === 'tuned' ? tunedColumns : [])],
    rows.map((row) => ({
      layer: row.layer,
      temperature: row.temperature,
      generation: row.generation,
      mutation_rate: row.mutationRate,
      cost: row.cost,
      metrics: row.accuracy,
      loss: row.loss,
      sparsity: row.sparsity,
      evaluation: row.evaluation,
      global_sparsity: row.globalSparsity,
    })),
  );
}
