/** The tables of a comparison's figures. */
import {
  baselineTradeOff,
  decisive,
  decisiveOf,
  fixedSpread,
  lastRows,
  matchedTo,
  meanOf,
  methodsOf,
  percentSpread,
  resultRow,
  type MethodRuns,
} from './article-figures.ts';
import { spreadOf, type ComparedRun, type Comparison } from './article.ts';
import { count, fixed, percent } from '../text/numbers.ts';
import { html, type Content, type Html } from '../html/html.ts';
import { layerLabel } from '../chart/layer-marks.ts';
import type { Score } from '../../search/contract.ts';
import { table, type Column } from '../html/table.ts';
import { BASELINE_TITLES, METHOD_ABBREVIATIONS, METHOD_NAMES, METHODS_IN_SENTENCE } from '../text/words.ts';

const NONE = '–';

function numeric(names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, numeric: true }));
}

/** The unpruned network and both searches side by side; of several seeds, mean and deviation. */
export function outcomeTable(comparison: Comparison): Html {
  const { unpruned, seeds } = comparison;
  const groups = methodsOf(comparison);
  const row = (name: string, unpruned: string, textOf: (runs: readonly ComparedRun[]) => string) => [
    name,
    unpruned,
    ...groups.map(({ runs }) => textOf(runs)),
  ];
  const scores = (images: string, unpruned: Score, scoreOf: (run: ComparedRun) => Score) => [
    row(`Accuracy, ${images} images`, percent(unpruned.accuracy), (runs) =>
      percentSpread(runs.map((run) => scoreOf(run).accuracy)),
    ),
    row(`Loss, ${images} images (nats)`, fixed(unpruned.loss, 4), (runs) =>
      fixedSpread(
        runs.map((run) => scoreOf(run).loss),
        4,
      ),
    ),
  ];
  return table({
    caption: `The network before and after${seeds.length > 1 ? '; mean ± sample standard deviation over the seeds' : ''}`,
    columns: [
      { name: 'Measure' },
      ...numeric(['Unpruned', ...groups.map(({ method }) => METHOD_ABBREVIATIONS[method])]),
    ],
    rows: [
      row('Seeds', NONE, (runs) => runs.map(({ seed }) => seed).join(', ')),
      ...(unpruned.test ? scores('test', unpruned.test, decisiveOf) : []),
      ...scores('search', unpruned.search, ({ final }) => final),
      row('Mean-layer sparsity', percent(0), (runs) =>
        percentSpread(runs.map(({ final }) => final.sparsity.meanLayer)),
      ),
      row('Global sparsity', percent(0), (runs) =>
        percentSpread(runs.map(({ final }) => final.sparsity.global)),
      ),
      row('Trade-off score', fixed(0, 4), (runs) =>
        fixedSpread(
          runs.map(({ tradeOff }) => tradeOff),
          4,
        ),
      ),
      row('Evaluations', NONE, (runs) => spreadCount(runs.map(({ work }) => work.candidates))),
      row('Seconds', NONE, (runs) =>
        fixedSpread(
          runs.map(({ seconds }) => seconds),
          1,
        ),
      ),
    ],
  });
}

/** Whole numbers, as many in every run or mean and deviation. */
function spreadCount(values: readonly number[]): string {
  const { mean, deviation } = spreadOf(values);
  const text = count(Math.round(mean));
  return deviation === 0 ? text : `${text}\u00a0±\u00a0${count(Math.round(deviation))}`;
}

/** A search and, at its global sparsity, what needs no search. */
export function matchedTable(comparison: Comparison, group: MethodRuns): Html {
  const { method, runs } = group;
  const images = comparison.heldOut ? ['Test accuracy', 'Test loss'] : [];
  const reference = meanOf(runs.map((run) => decisiveOf(run).accuracy));
  const rowOf = (
    name: string,
    figures: {
      readonly search: readonly Score[];
      readonly test: readonly Score[];
      readonly global: readonly number[];
      readonly meanLayer: readonly number[];
      readonly tradeOff: readonly number[];
      /** Of the accuracy that counts, to the search; a fraction. */
      readonly difference?: number;
    },
  ): readonly Content[] => {
    const { search, test, global, meanLayer, tradeOff, difference } = figures;
    const scoreCells = (scores: readonly Score[], spread: boolean) => {
      const accuracies = scores.map(({ accuracy }) => accuracy);
      return [
        spread ? percentSpread(accuracies) : percent(meanOf(accuracies)),
        fixed(meanOf(scores.map(({ loss }) => loss)), 4),
      ];
    };
    return [
      name,
      difference === undefined ? NONE : signed(100 * difference),
      ...(comparison.heldOut ? scoreCells(test, true) : []),
      ...scoreCells(search, !comparison.heldOut),
      percent(meanOf(meanLayer)),
      percent(meanOf(global)),
      fixed(meanOf(tradeOff), 4),
    ];
  };
  return table({
    caption:
      `Masks of the global sparsity that ${METHODS_IN_SENTENCE[method]} reached` +
      (runs.length > 1 ? ', means over the seeds, ± sample standard deviation' : ''),
    columns: [
      { name: 'Masks' },
      ...numeric([
        'Difference',
        ...images,
        'Search acc.',
        'Search loss',
        'Mean-layer',
        'Global',
        'Trade-off',
      ]),
    ],
    rows: [
      rowOf(METHOD_NAMES[method], {
        search: runs.map(({ final }) => final),
        test: runs.flatMap(({ test }) => test ?? []),
        global: runs.map(({ final }) => final.sparsity.global),
        meanLayer: runs.map(({ final }) => final.sparsity.meanLayer),
        tradeOff: runs.map(({ tradeOff }) => tradeOff),
      }),
      ...matchedTo(comparison, method).map(({ baseline, points }) =>
        rowOf(BASELINE_TITLES[baseline], {
          search: points.map(({ search }) => search),
          test: points.flatMap(({ test }) => test ?? []),
          global: points.map(({ sparsity }) => sparsity.global),
          meanLayer: points.map(({ sparsity }) => sparsity.meanLayer),
          tradeOff: points.map((point) => baselineTradeOff(point, comparison)),
          difference: meanOf(points.map((point) => decisive(point).accuracy)) - reference,
        }),
      ),
    ],
  });
}

/** With its sign, in two decimals; a difference that shows as 0 has none. */
function signed(value: number): string {
  const text = fixed(Math.abs(value), 2);
  if (text === '0.00' || Number.isNaN(value)) return text;
  return `${value > 0 ? '+' : '−'}${text}`;
}

/**
 * How far each search used the cap of each layer: the last loss of the layer as a share of it. The result may be an
 * earlier state, so its loss stands beside them.
 */
export function capTable(comparison: Comparison): Html {
  const { layers, caps } = comparison;
  return table({
    caption:
      'Loss after the last accepted step of each layer, which the result need not contain, as a share of the layer’s cap; ' +
      'and the loss of the result with its share of the cap of the layer that it was found in',
    columns: [
      { name: 'Search' },
      ...numeric([...layers.map(({ name }) => name), 'Result (nats)', 'Its share of cap']),
    ],
    rows: [
      ['Cap (nats)', ...caps.map((cap) => String(Number(cap.toPrecision(6)))), NONE, NONE],
      ...comparison.runs.map((run) => [
        runName(run),
        ...lastRows(comparison, run).map((row, i) => (row ? shareOfCap(row.loss / caps[i]!) : NONE)),
        fixed(run.final.loss, 4),
        resultShare(comparison, run),
      ]),
    ],
  });
}

/** A loss below its cap is not shown as 100 %. */
function shareOfCap(share: number): string {
  return percent(share < 1 ? Math.min(share, 0.9999) : share);
}

function resultShare({ layers, caps }: Comparison, run: ComparedRun): string {
  const row = resultRow(run);
  const index = layers.findIndex(({ position }) => position === row?.layer);
  return row && index >= 0 ? `${shareOfCap(row.loss / caps[index]!)} of ${layers[index]!.name}` : NONE;
}

/** Share of each layer's weights that each search pruned. */
export function sparsityTable(comparison: Comparison): Html {
  const { layers, runs } = comparison;
  return table({
    caption: 'Sparsity of each layer at the end of the search',
    columns: [{ name: 'Search' }, ...numeric([...layers.map(({ name }) => name), 'Mean-layer', 'Global'])],
    rows: runs.map((run) => {
      const { perLayer, meanLayer, global } = run.final.sparsity;
      return [runName(run), ...perLayer.map(percent), percent(meanLayer), percent(global)];
    }),
  });
}

/** "SA, seed 1" */
export function runName({ method, seed }: ComparedRun): string {
  return `${METHOD_ABBREVIATIONS[method]}, seed ${seed}`;
}

/** The layers that the columns of the other tables name. */
export function layerKeys({ layers }: Comparison): readonly Html[] {
  return layers.map(({ name }, i) => html`<li>${layerLabel(i, name)}</li>`);
}
