import type { HistoryRow } from '../../search/contract.ts';
import { count, fixed, percent } from '../text/numbers.ts';
import type { Html } from '../html/html.ts';
import type { Method } from './result.ts';
import { table } from '../html/table.ts';
import { STEP_NAMES } from '../text/words.ts';

/** The step of the schedule, by which the two methods' histories differ. */
const schedule = {
  sa: { name: 'Temperature', text: ({ temperature }: HistoryRow) => fixed(temperature ?? NaN, 4) },
  ga: { name: 'Generation', text: ({ generation }: HistoryRow) => count(generation ?? NaN) },
} as const;

interface SearchedLayers {
  readonly method: Method;
  readonly layers: readonly { readonly name: string; readonly position: number }[];
}

/** One row per accepted step or generation. `file`: where the rows are in full. */
export function historyTable(
  { method, layers }: SearchedLayers,
  history: readonly HistoryRow[],
  file = 'history.csv',
): Html {
  const names = new Map(layers.map(({ name, position }) => [position, name]));
  const { name, text } = schedule[method];
  const numeric = [name, 'Mutation rate', 'Cost', 'Accuracy', 'Loss (nats)', 'Mean-layer sparsity'];
  return table({
    caption: `The ${STEP_NAMES[method]}, rounded; ${file} has every digit`,
    columns: [{ name: 'Step' }, { name: 'Layer' }, ...numeric.map((name) => ({ name, numeric: true }))],
    rows: history.map((row, i) => [
      count(i + 1),
      names.get(row.layer) ?? `position ${row.layer}`,
      text(row),
      fixed(row.mutationRate, 5),
      fixed(row.cost, 4),
      percent(row.accuracy),
      fixed(row.loss, 4),
      percent(row.sparsity),
    ]),
  });
}
