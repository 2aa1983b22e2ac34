import type { HistoryRow } from '../../search/contract.ts';
import type { Html } from '../html/html.ts';
import { numericColumns, table } from '../html/table.ts';
import { capitalized, measuresOf, withUnit, type ResultTask } from '../text/measures.ts';
import { count, fixed, nats, percent } from '../text/numbers.ts';
import { STEP_NAMES } from '../text/words.ts';
import type { Method } from './result.ts';

/** The column in which the histories of the two methods differ. */
const schedule = {
  sa: { name: 'Temperature', text: ({ temperature }: HistoryRow) => fixed(temperature ?? NaN, 4) },
  ga: { name: 'Generation', text: ({ generation }: HistoryRow) => count(generation ?? NaN) },
} as const;

interface SearchedLayers {
  readonly method: Method;
  readonly task?: ResultTask;
  readonly layers: readonly { readonly name: string; readonly position: number }[];
}

/** A row for each accepted step or generation. `file` has the same rows with every digit. */
export function historyTable(
  { method, task, layers }: SearchedLayers,
  history: readonly HistoryRow[],
  file = 'history.csv',
): Html {
  const names = new Map(layers.map(({ name, position }) => [position, name]));
  const { name, text } = schedule[method];
  const [quality, loss] = measuresOf(task, percent);
  return table({
    caption: `The ${STEP_NAMES[method]}, rounded; ${file} has every digit`,
    columns: [
      { name: 'Step' },
      { name: 'Layer' },
      ...numericColumns([name, 'Mutation rate', 'Cost', capitalized(quality.name)]),
      ...numericColumns([withUnit('Loss', loss.unit), 'Mean-layer sparsity']),
    ],
    rows: history.map((row, i) => [
      count(i + 1),
      names.get(row.layer) ?? `position ${row.layer}`,
      text(row),
      fixed(row.mutationRate, 5),
      fixed(row.cost, 4),
      quality.textOf(row),
      nats(row.loss),
      percent(row.sparsity),
    ]),
  });
}
