/** A comparison of the article's searches for a terminal of 110 columns. */
import { fixed, nats } from '../../text/numbers.ts';
import { textTable } from '../../text/text-table.ts';
import { BASELINE_NAMES, METHOD_ABBREVIATIONS } from '../../text/words.ts';
import type { ComparedScore, PaperComparison } from '../comparison.ts';
import { methodsOf } from '../figures.ts';
import { meanOf } from '../statistics.ts';
import { BASELINE_DEVIATION, fixedSpread, partialNote } from '../words.ts';
import { baselineFigures, searchFigures, unprunedFigures, type Figures } from './figures.ts';

interface Column {
  /** In two lines. */
  readonly head: readonly [string, string];
  /** Left out if no test images were held out. */
  readonly test?: true;
  readonly cell: (figures: Figures) => string;
}

/** Sparsities and accuracies are in percent, losses in nats. */
const columns: readonly Column[] = [
  {
    head: ['test', 'accuracy %'],
    test: true,
    cell: ({ test }) => fixedSpread(percents(accuraciesOf(test)), 2),
  },
  { head: ['tuning', 'acc. %'], cell: ({ tuning }) => mean(percents(accuraciesOf(tuning)), 2) },
  { head: ['test', 'loss'], test: true, cell: ({ test }) => meanLoss(test) },
  { head: ['tuning', 'loss'], cell: ({ tuning }) => meanLoss(tuning) },
  { head: ['mean-layer', 'sparsity %'], cell: ({ meanLayer }) => mean(percents(meanLayer), 2) },
  { head: ['global', 'spars. %'], cell: ({ global }) => mean(percents(global), 2) },
  { head: ['trade-off', 'score'], cell: ({ tradeOff }) => mean(tradeOff, 4) },
  { head: ['', 'evals'], cell: ({ evaluations = [] }) => mean(evaluations, 0) },
  { head: ['', 'seconds'], cell: ({ seconds = [] }) => mean(seconds, 1) },
];

/** Paragraphs: the table and its notes. */
export function paperText(comparison: PaperComparison): readonly string[] {
  return [textTable(paperRows(comparison)), paperNotes(comparison)];
}

/**
 * Cells of the table, the two lines of the head first: the unpruned network, then each search, followed by the baselines at
 * its global sparsity. Figures are means over the seeds, the test accuracy with its sample standard deviation; what was not
 * measured is "-".
 */
export function paperRows(comparison: PaperComparison): string[][] {
  const shown = columns.filter(({ test }) => comparison.heldOut || !test);
  const row = (name: string, figures: Figures) => [
    name,
    ...shown.map(({ cell }) => cell(figures).replaceAll('\u00a0', ' ')),
  ];
  return [
    ...([0, 1] as const).map((line) => ['', ...shown.map(({ head }) => head[line])]),
    row('unpruned', unprunedFigures(comparison)),
    ...methodsOf(comparison).flatMap((group) => {
      const { method, runs } = group;
      const seeds = runs.length === 1 ? '1 seed' : `${runs.length} seeds`;
      return [
        row(`${METHOD_ABBREVIATIONS[method]}, ${seeds}`, searchFigures(group)),
        ...BASELINE_NAMES.map((baseline) =>
          row(`  ${baseline}`, baselineFigures(comparison, group, baseline)),
        ),
      ];
    }),
  ];
}

/** What the rows and figures of the table are. */
export function paperNotes(comparison: PaperComparison): string {
  const { seeds, heldOut } = comparison;
  return [
    'Indented: baselines, which need no search, at the same global sparsity as the search above them.',
    ...partialNote(comparison, 'the others'),
    ...(seeds.length > 1
      ? [
          `Means over ${seeds.length} seeds${heldOut ? `, ± sample standard deviation:\n${BASELINE_DEVIATION}` : ''}.`,
        ]
      : []),
    ...(heldOut ? [] : ['There are no test figures: the searches saw the test images.']),
  ].join('\n');
}

const accuraciesOf = (scores: readonly ComparedScore[]) => scores.map(({ accuracy }) => accuracy);

const percents = (fractions: readonly number[]) => fractions.map((fraction) => 100 * fraction);

const meanLoss = (scores: readonly ComparedScore[]) => nats(meanOf(scores.map(({ loss }) => loss)));

function mean(values: readonly number[], digits: number): string {
  return values.length === 0 ? '-' : fixed(meanOf(values), digits);
}
