/** Tables of cases that take long: `npm test` runs a sample of them, `npm run test:all` all. */
import { sampleLine } from '../../scripts/test-outcome.ts';

/** Whether all cases run. */
export const isFull = process.env['MASKSEARCH_TEST_FULL'] === '1';

let omitted = 0;

/**
 * All rows in a full run, otherwise one of each `every` successive ones; the runner counts those left for the full run.
 * Another `first` takes other rows: devices that share a table each take their own.
 */
export function sample<Row>(rows: readonly Row[], every: number, first = 0): readonly Row[] {
  if (isFull) return rows;
  const chosen = everyNth(rows, every, first);
  if (omitted === 0) process.on('exit', () => console.log(sampleLine(omitted)));
  omitted += rows.length - chosen.length;
  return chosen;
}

/** One of each `every` successive rows, one place later in each group: tables often repeat in groups themselves, as of densities. */
export function everyNth<Row>(rows: readonly Row[], every: number, first: number): readonly Row[] {
  return rows.filter((_, i) => (i + Math.floor(i / every)) % every === first % every);
}
