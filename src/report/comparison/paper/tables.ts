/** The tables of a comparison of the article's searches. */
import type { Html } from '../../html/html.ts';
import { layersAcross, numericColumns, table } from '../../html/table.ts';
import { fixed, nats, percent, signed, significant } from '../../text/numbers.ts';
import {
  BASELINE_NAMES,
  BASELINE_TITLES,
  METHOD_ABBREVIATIONS,
  METHOD_NAMES,
  METHODS_IN_SENTENCE,
  NONE,
} from '../../text/words.ts';
import type { ComparedScore, PaperComparison, PaperRun } from '../comparison.ts';
import { decisiveOf, methodsOf, type MethodRuns } from '../figures.ts';
import { meanOf } from '../statistics.ts';
import { countSpread, fixedSpread, percentSpread, runName } from '../words.ts';
import { accuracies, baselineFigures, searchFigures, type Figures } from './figures.ts';
import { lastRows, resultRow } from './history.ts';

/** The unpruned network and both searches side by side; with several seeds, mean and deviation. */
export function outcomeTable(comparison: PaperComparison): Html {
  const { splits, seeds } = comparison;
  const { unpruned } = splits[0];
  const groups = methodsOf(comparison);
  const row = (name: string, before: string, textOf: (runs: readonly PaperRun[]) => string) => [
    name,
    before,
    ...groups.map(({ runs }) => textOf(runs)),
  ];
  const figure = (name: string, before: string, valueOf: (run: PaperRun) => number, digits: number) =>
    row(name, before, (runs) => fixedSpread(runs.map(valueOf), digits));
  const share = (name: string, before: number, valueOf: (run: PaperRun) => number) =>
    row(name, percent(before), (runs) => percentSpread(runs.map(valueOf)));
  const scores = (images: string, before: ComparedScore, scoreOf: (run: PaperRun) => ComparedScore) => [
    share(`Accuracy, ${images} images`, before.accuracy, (run) => scoreOf(run).accuracy),
    figure(`Loss, ${images} images (nats)`, nats(before.loss), (run) => scoreOf(run).loss, 4),
  ];
  return table({
    caption: `The network before and after${seeds.length > 1 ? '; mean ± sample standard deviation over the seeds' : ''}`,
    columns: [
      { name: 'Measure' },
      ...numericColumns(['Unpruned', ...groups.map(({ method }) => METHOD_ABBREVIATIONS[method])]),
    ],
    rows: [
      row('Seeds', NONE, (runs) => runs.map(({ seed }) => seed).join(', ')),
      ...(unpruned.test ? scores('test', unpruned.test, decisiveOf) : []),
      ...scores('tuning', unpruned.tuning, ({ final }) => final),
      share('Mean-layer sparsity', 0, ({ final }) => final.sparsity.meanLayer),
      share('Global sparsity', 0, ({ final }) => final.sparsity.global),
      figure('Trade-off score', fixed(0, 4), ({ tradeOff }) => tradeOff, 4),
      row('Evaluations', NONE, (runs) => countSpread(runs.map(({ work }) => work.candidates))),
      figure('Seconds', NONE, ({ seconds }) => seconds, 1),
    ],
  });
}

/** A search and, at its global sparsity, the baselines. */
export function matchedTable(comparison: PaperComparison, group: MethodRuns<PaperRun>): Html {
  const { heldOut } = comparison;
  const { method, runs } = group;
  const search = searchFigures(group);
  return table({
    caption:
      `Masks of the global sparsity that ${METHODS_IN_SENTENCE[method]} reached` +
      (runs.length > 1 ? ', means over the seeds, ± sample standard deviation' : ''),
    columns: [
      { name: 'Masks' },
      ...numericColumns([
        'Difference',
        ...(heldOut ? ['Test accuracy', 'Test loss'] : []),
        ...['Tuning acc.', 'Tuning loss', 'Mean-layer', 'Global', 'Trade-off'],
      ]),
    ],
    rows: [
      [METHOD_NAMES[method], NONE, ...figureCells(search)],
      ...BASELINE_NAMES.map((baseline) => {
        const figures = baselineFigures(comparison, group, baseline);
        const difference = meanOf(accuracies(figures)) - meanOf(accuracies(search));
        return [BASELINE_TITLES[baseline], signed(100 * difference), ...figureCells(figures)];
      }),
    ],
  });
}

function figureCells(figures: Figures): readonly string[] {
  const { tuning, test, meanLayer, global, tradeOff } = figures;
  const loss = (scores: readonly ComparedScore[]) => nats(meanOf(scores.map((score) => score.loss)));
  const heldOut = test.length > 0;
  return [
    percentSpread(accuracies(figures)),
    ...(heldOut ? [loss(test), percent(meanOf(tuning.map(({ accuracy }) => accuracy)))] : []),
    loss(tuning),
    percent(meanOf(meanLayer)),
    percent(meanOf(global)),
    fixed(meanOf(tradeOff), 4),
  ];
}

/**
 * How much of the cap of each layer the searches used: the last loss of the layer as a share of it. The result may be an
 * earlier state, so its loss is in a column of its own.
 */
export function capTable(comparison: PaperComparison): Html {
  const { layers, caps } = comparison;
  return layersAcross({
    caption:
      'Loss after the last accepted step of each layer, as a share of the layer’s cap; and the loss of the result, which ' +
      'may be an earlier state, with its share of the cap of the layer that it was found in',
    columns: [
      { name: 'Search' },
      ...numericColumns([...layers.map(({ name }) => name), 'Result (nats)', 'Its share of cap']),
    ],
    rows: [
      ['Cap (nats)', ...caps.map((cap) => significant(cap, 6)), NONE, NONE],
      ...comparison.runs.map((run) => [
        runName(comparison, run),
        ...lastRows(comparison, run).map((row, i) => (row ? shareOfCap(row.loss / caps[i]!) : NONE)),
        nats(run.final.loss),
        resultShare(comparison, run),
      ]),
    ],
  });
}

/** A loss below its cap is not shown as 100 %. */
function shareOfCap(share: number): string {
  return percent(share < 1 ? Math.min(share, 0.9999) : share);
}

function resultShare({ layers, caps }: PaperComparison, run: PaperRun): string {
  const row = resultRow(run);
  const index = layers.findIndex(({ position }) => position === row?.layer);
  return row && index >= 0 ? `${shareOfCap(row.loss / caps[index]!)} of ${layers[index]!.name}` : NONE;
}

/** Share of each layer's weights that each search pruned. */
export function sparsityTable(comparison: PaperComparison): Html {
  const { layers, runs } = comparison;
  return layersAcross({
    caption: 'Sparsity of each layer at the end of the search',
    columns: [
      { name: 'Search' },
      ...numericColumns([...layers.map(({ name }) => name), 'Mean-layer', 'Global']),
    ],
    rows: runs.map((run) => {
      const { perLayer, meanLayer, global } = run.final.sparsity;
      return [runName(comparison, run), ...[...perLayer, meanLayer, global].map((share) => percent(share))];
    }),
  });
}
