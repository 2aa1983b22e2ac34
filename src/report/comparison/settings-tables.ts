/** The tables of what a comparison ran, and of the work that it took. */
import type { EvaluatorWork } from '../../search/contract.ts';
import { html, type Html } from '../html/html.ts';
import { numericColumns, table } from '../html/table.ts';
import type { ResultWork } from '../run/result.ts';
import { bytes, count, duration, fixed, inWords, nats, percent } from '../text/numbers.ts';
import { deviceText, layersText, parameterText } from '../text/settings.ts';
import { METHOD_ABBREVIATIONS, NONE } from '../text/words.ts';
import type { ComparedRun, Comparison } from './comparison.ts';
import { decisive, methodsOf, type MethodRuns } from './figures.ts';
import { meanOf } from './statistics.ts';
import { runName } from './words.ts';

/** All of the tables. */
export function settingsSection(comparison: Comparison): Html {
  return html`<section>
    <h2>What was evaluated</h2>
    <div class="columns">${comparisonTable(comparison)} ${parametersTable(comparison)}</div>
    <div class="block">${splitsTable(comparison)}</div>
    <div class="block">${workTable(comparison)}</div>
    <div class="block">${runsTable(comparison)}</div>
  </section>`;
}

function comparisonTable(comparison: Comparison): Html {
  const { preset, splits, seeds, split, heldOut, device, seconds, layers } = comparison;
  return table({
    caption: 'The comparison',
    columns: [{ name: 'Property' }, { name: 'Value' }],
    rows: [
      ['Preset', preset],
      ['Splits', splits.map(({ splitSeed }) => splitSeed).join(', ')],
      ['Seeds', seeds.join(', ')],
      ['Layers', layersText(layers)],
      ['Images to search with', `split “${split}”`],
      ['Test images', heldOut ? 'held out' : 'none held out'],
      ['Device', deviceText(device)],
      ['Time', `${duration(seconds)}, searches and baselines`],
    ],
  });
}

/** The parameters of each method, which are the same for all seeds and splits. */
function parametersTable(comparison: Comparison): Html {
  const groups = methodsOf<ComparedRun>(comparison).map(({ method, runs }) => ({
    method,
    parameters: new Map(Object.entries(runs[0]!.parameters)),
  }));
  const names = new Set(groups.flatMap(({ parameters }) => [...parameters.keys()]));
  return table({
    caption: `Parameters of the searches, preset “${comparison.preset}”`,
    columns: [
      { name: 'Parameter' },
      ...groups.map(({ method }) => ({ name: METHOD_ABBREVIATIONS[method], numeric: true, wraps: true })),
    ],
    rows: [...names].map((name) => [
      html`<code>${name}</code>`,
      ...groups.map(({ parameters }) =>
        parameters.has(name) ? parameterText(name, parameters.get(name)!, comparison.layers) : NONE,
      ),
    ]),
  });
}

/** The network and the images of each split. */
function splitsTable({ splits, heldOut }: Comparison): Html {
  return table({
    caption: `The splits: numbers of images, and the unpruned network on the ${heldOut ? 'test' : 'tuning'} images`,
    columns: [
      { name: 'Split' },
      { name: 'Model' },
      ...numericColumns([
        'Tuning images',
        'Validation images',
        'Test images',
        'Unpruned accuracy',
        'Unpruned loss (nats)',
      ]),
    ],
    rows: splits.map(({ splitSeed, model, images, unpruned }) => [
      splitSeed,
      model,
      count(images.tuning),
      count(images.validation),
      count(images.test),
      percent(decisive(unpruned).accuracy),
      nats(decisive(unpruned).loss),
    ]),
  });
}

/** Mean work of one search of each method, and the work of evaluating all masks after the searches. */
function workTable(comparison: Comparison): Html {
  const groups = methodsOf<ComparedRun>(comparison);
  const row = (
    name: string,
    valueOf: (work: EvaluatorWork) => number,
    textOf: (value: number) => string,
  ): readonly string[] => [
    name,
    ...groups.map(({ runs }) => textOf(meanOf(runs.map(({ work }) => valueOf(work))))),
    textOf(valueOf(comparison.evaluationWork)),
  ];
  const ofSearches = (name: string, textOf: (group: MethodRuns) => string) => [
    name,
    ...groups.map(textOf),
    NONE,
  ];
  const works = ({ runs }: MethodRuns) => runs.map(({ work }) => work);
  return table({
    caption: 'Work of one search, mean over the runs; and of evaluating all masks, found and baselines, once',
    columns: [
      { name: 'Count' },
      ...numericColumns([...groups.map(({ method }) => METHOD_ABBREVIATIONS[method]), 'Evaluation']),
    ],
    rows: [
      row('Candidates evaluated', ({ candidates }) => candidates, count),
      row('Forward passes', ({ forwardPasses }) => forwardPasses, count),
      row('Images evaluated', ({ imagesEvaluated }) => imagesEvaluated, count),
      row('Multiply-accumulates', ({ macs }) => macs, inWords),
      row('… skipped as pruned', ({ skippedMacs }) => skippedMacs, inWords),
      ofSearches('… without optimizations', (group) =>
        inWords(meanOf(works(group).map(({ plainMacs }) => plainMacs))),
      ),
      ofSearches('… saved by optimizations', (group) => savedText(works(group))),
      row('Rounds', ({ rounds }) => rounds, count),
      row('Uploaded to the device', ({ uploadedBytes }) => uploadedBytes, bytes),
      ofSearches('Time', ({ runs }) => duration(meanOf(runs.map(({ seconds }) => seconds)))),
    ],
  });
}

function savedText(works: readonly ResultWork[]): string {
  const macs = meanOf(works.map((work) => work.macs));
  return macs > 0 ? `factor ${fixed(meanOf(works.map(({ plainMacs }) => plainMacs)) / macs, 2)}` : NONE;
}

/** Each search with its digest. */
function runsTable(comparison: Comparison): Html {
  return table({
    caption: 'The searches; the same digest means the same steps',
    columns: [{ name: 'Search' }, ...numericColumns(['Evaluations', 'Time']), { name: 'Digest' }],
    rows: comparison.runs.map((run) => [
      runName(comparison, run),
      count(run.work.candidates),
      duration(run.seconds),
      html`<code>${run.digest}</code>`,
    ]),
  });
}
