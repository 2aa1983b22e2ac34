/** The tables of what a comparison ran, and what that cost. */
import type { EvaluatorWork } from '../../search/contract.ts';
import { meanOf, methodsOf, type MethodRuns } from './article-figures.ts';
import { runName } from './article-tables.ts';
import type { Comparison } from './article.ts';
import { bytes, count, duration, fixed, inWords } from '../text/numbers.ts';
import { html, type Html } from '../html/html.ts';
import { deviceText, parameterText } from '../run/result-tables.ts';
import type { ResultWork } from '../run/result.ts';
import { table } from '../html/table.ts';
import { METHOD_ABBREVIATIONS } from '../text/words.ts';

const NONE = '–';

/** What ran where. */
export function comparedTable(comparison: Comparison): Html {
  const { preset, seeds, images, split, testImages, heldOut, device, seconds, layers } = comparison;
  return table({
    caption: 'The comparison',
    columns: [{ name: 'Property' }, { name: 'Value' }],
    rows: [
      ['Preset', preset],
      ['Seeds', seeds.join(', ')],
      ['Layers', layers.map(({ name, shape }) => `${name} ${shape.join('×')}`).join(', ')],
      ['Images searched', `${count(images)}, split “${split}”`],
      ['Test images', heldOut ? count(testImages) : 'none held out'],
      ['Device', deviceText(device)],
      ['Time', `${duration(seconds)}, searches and baselines`],
    ],
  });
}

/** Mean work of one search of each method, and the work of evaluating what was found and the baselines. */
export function compareWorkTable(comparison: Comparison): Html {
  const groups = methodsOf(comparison);
  const row = (
    name: string,
    valueOf: (work: EvaluatorWork) => number,
    textOf: (value: number) => string,
  ): readonly string[] => [
    name,
    ...groups.map(({ runs }) => textOf(meanOf(runs.map(({ work }) => valueOf(work))))),
    textOf(valueOf(comparison.baselineWork)),
  ];
  const ofSearches = (name: string, textOf: (group: MethodRuns) => string) => [
    name,
    ...groups.map(textOf),
    NONE,
  ];
  const works = ({ runs }: MethodRuns) => runs.map(({ work }) => work);
  const whole = (value: number) => count(Math.round(value));
  return table({
    caption:
      'Work of one search (mean over the seeds), and of evaluating all masks, found and baselines, once',
    columns: [
      { name: 'Count' },
      ...groups.map(({ method }) => ({ name: METHOD_ABBREVIATIONS[method], numeric: true })),
      { name: 'Evaluation', numeric: true },
    ],
    rows: [
      row('Candidates evaluated', ({ candidates }) => candidates, whole),
      row('Forward passes', ({ forwardPasses }) => forwardPasses, whole),
      row('Images evaluated', ({ imagesEvaluated }) => imagesEvaluated, whole),
      row('Multiply-accumulates', ({ macs }) => macs, inWords),
      row('… skipped as pruned', ({ skippedMacs }) => skippedMacs, inWords),
      ofSearches('… of a search without shortcuts', (group) =>
        inWords(meanOf(works(group).map(({ plainMacs }) => plainMacs))),
      ),
      ofSearches('… saved by the shortcuts', (group) => savedText(works(group))),
      row('Rounds', ({ rounds }) => rounds, whole),
      row(
        'Uploaded to the device',
        ({ uploadedBytes }) => uploadedBytes,
        (value) => bytes(Math.round(value)),
      ),
      ofSearches('Time', ({ runs }) => duration(meanOf(runs.map(({ seconds }) => seconds)))),
    ],
  });
}

function savedText(works: readonly ResultWork[]): string {
  const macs = meanOf(works.map((work) => work.macs));
  return macs > 0 ? `factor ${fixed(meanOf(works.map(({ plainMacs }) => plainMacs)) / macs, 2)}` : NONE;
}

/** The parameters of each method; they are the same for all seeds. */
export function parametersTable(comparison: Comparison): Html {
  const groups = methodsOf(comparison).map(({ method, runs }) => ({
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

/** Each search by itself: equal digests mean equal runs. */
export function runsTable({ runs }: Comparison): Html {
  return table({
    caption: 'The searches; the same digest means the same steps',
    columns: [
      { name: 'Search' },
      { name: 'Candidates', numeric: true },
      { name: 'Time', numeric: true },
      { name: 'Digest' },
    ],
    rows: runs.map((run) => [
      runName(run),
      count(run.work.candidates),
      duration(run.seconds),
      html`<code>${run.digest}</code>`,
    ]),
  });
}
