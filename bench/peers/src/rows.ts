/** What the turns of each contestant come to. */
import type { Contestant } from './contestants.ts';
import { samePath } from './measure.ts';
import { spreadOf, type Spread } from './statistics.ts';
import { markdownTable } from './table.ts';
import type { Turn } from './turn.ts';

export interface Row {
  readonly name: string;
  readonly runtime: string;
  readonly way: Contestant['way'];
  /** Undefined on a GPU. */
  readonly threads: number | undefined;
  /** Images; undefined where there is none to choose. */
  readonly batchSize: number | undefined;
  readonly turns: number;
  /** Milliseconds of a full forward pass over all images. */
  readonly passMilliseconds: Spread;
  readonly scheduleSeconds: Spread;
  readonly extrapolated: boolean;
  /** Median schedule time over that of masksearch. */
  readonly ratio: number;
  /** Whether it accepted the proposals that masksearch accepted; undefined if extrapolated. */
  readonly samePath: boolean | undefined;
}

export function rowOf(
  { name, runtime, way }: Contestant,
  turns: readonly Turn[],
  ofOurs: readonly Turn[],
  batchSize: number | undefined,
): Row {
  const scheduleOf = (some: readonly Turn[]) => spreadOf(some.map(({ scheduleSeconds }) => scheduleSeconds));
  const [{ threads, history }] = turns as [Turn];
  return {
    name,
    runtime,
    way,
    threads,
    batchSize,
    turns: turns.length,
    passMilliseconds: spreadOf(turns.flatMap(({ passSeconds }) => passSeconds.map((s) => s * 1000))),
    scheduleSeconds: scheduleOf(turns),
    extrapolated: history === undefined,
    ratio: scheduleOf(turns).median / scheduleOf(ofOurs).median,
    samePath: history && samePath(history, ofOurs[0]!.history!),
  };
}

export function tableOf(rows: readonly Row[]): string {
  const head = [
    'runtime',
    'way',
    'threads',
    'batch',
    'full forward, ms',
    'schedule, s',
    'ratio',
    'same path',
  ];
  const cells = rows.map((row) => [
    row.runtime,
    row.way,
    `${row.threads ?? '-'}`,
    `${row.batchSize ?? '-'}`,
    spread(row.passMilliseconds),
    spread(row.scheduleSeconds) + (row.extrapolated ? ' extrapolated' : ''),
    `${row.ratio.toFixed(2)}x`,
    row.samePath === undefined ? '-' : row.samePath ? 'yes' : 'no',
  ]);
  return markdownTable(head, cells);
}

function spread({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}
