/** The report of one `prune` run. */
import type { DeadOutputs } from '../../core/dead-outputs.ts';
import { spell } from '../../core/phrase.ts';
import type { HistoryRow, Score } from '../../search/contract.ts';
import { layerLegend, unprunedKey } from '../chart/layer-marks.ts';
import { html, type Html } from '../html/html.ts';
import { notice, pageText } from '../html/page.ts';
import { capitalized, meaningOf, measuresOf, type Measure } from '../text/measures.ts';
import { count, counted, fixed, percent } from '../text/numbers.ts';
import { searchName, STEP_NAMES } from '../text/words.ts';
import { classesSection } from './classes.ts';
import { frontChart, frontLegend } from './front-chart.ts';
import { historyTable } from './history-table.ts';
import { scrolled } from '../html/scrolled.ts';
import { hypervolumeChart } from './hypervolume-chart.ts';
import { layersChart } from './layers-chart.ts';
import {
  frontTable,
  layersTable,
  parametersTable,
  runTable,
  scoreTable,
  workTable,
} from './result-tables.ts';
import { aucNote } from './auc-note.ts';
import { nothingPruned } from './nothing-pruned.ts';
import type { PruneResult } from './result.ts';
import { repairNote } from './repair-note.ts';
import { stepsChart } from './steps-chart.ts';
import { targetsNote } from './targets-note.ts';

/** Most history rows that are listed: a longer table would be larger than the rest of the file. */
const MAX_LISTED = 2000;

/** Most outputs of a layer that are listed by their numbers. */
const MAX_NAMED = 12;

/** Most statements about outputs that were cut off. */
const MAX_DEAD = 8;

/** The text of report.html. `history` has the rows of that run. */
export function reportHtml(result: PruneResult, history: readonly HistoryRow[]): string {
  return pageText({
    title: `masksearch: ${percent(result.final.sparsity.global)} of the weights pruned`,
    header: headline(result),
    sections: [
      summarySection(result),
      classesSection(result),
      layersSection(result),
      frontSection(result),
      hypervolumeSection(result),
      stepsSection(result, history),
      settingsSection(result),
      historySection(result, history),
    ],
    footer: html`
      <p>Digest of the run, the same for every run with the same steps: <code>${result.digest}</code></p>
      <p>Written by masksearch ${result.version}.</p>
    `,
  });
}

function headline(result: PruneResult): Html {
  const { layers, images, validation, final, unpruned, test, heldOut, alreadyPruned } = result;
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const kept = layers.reduce((sum, layer) => sum + layer.kept, 0);
  const [quality] = measuresOf(result.task, percent);
  const nothing = nothingPruned(result);
  const change = test
    ? changeOf(`test ${quality.name}`, quality, test.unpruned, test.pruned)
    : changeOf(`${quality.name} on the tuning images`, quality, unpruned, final);
  return html`<header>
    <p class="kicker">masksearch report</p>
    <h1>${percent(final.sparsity.global)} of the weights pruned; ${change}</h1>
    <p class="lead">
      The search (${searchName(result)}) evaluated masks of ${counted(layers.length, 'layer')} by their loss
      on
      ${counted(images, 'tuning image')}${validation ? `, chose between them by ${counted(validation.images, 'validation image')},` : ''}
      and pruned ${count(weights - kept)} of ${count(weights)}
      weights${alreadyPruned ? `, of which ${count(alreadyPruned.zeros)} were ${result.from === undefined ? '0 in the model' : 'pruned'} already` : ''}.
      ${test ? 'The test images played no part in the search.' : ''}
    </p>
    ${heldOut ? '' : notice('No held-out images:', `the search saw test images (split “${result.split}”). These figures do not tell how the pruned network does on images it has not seen, and there are no test figures.`)}
    ${result.completed ? '' : notice('Interrupted:', 'the search was stopped before it was done. These are the best masks that it had found.')}
    ${nothing ? notice('Nothing pruned:', spell(nothing)) : ''}
  </header>`;
}

function changeOf(name: string, { valueOf, textOf }: Measure, before: Score, after: Score): string {
  const [from, to] = [textOf(before), textOf(after)];
  if (from === to) return `${name} stayed at ${to}`;
  return `${name} ${valueOf(after) < valueOf(before) ? 'fell' : 'rose'} from ${from} to ${to}`;
}

function summarySection(result: PruneResult): Html {
  return html`<section>
    <h2>Summary</h2>
    <div class="columns">${scoreTable(result)} ${runTable(result)}</div>
    <p class="note">
      Global sparsity is the share of all weights that is pruned; mean-layer sparsity is the unweighted mean
      of the layers’ shares.
      ${result.tradeOff === undefined ? '' : `The trade-off score is mean-layer sparsity × accuracy ÷ unpruned accuracy, on the ${result.heldOut ? 'test' : 'tuning'} images.`}
      ${meaningOf(result.task) ?? ''} ${aucNote(result)} ${targetsNote(result)} ${repairNote(result, percent)}
    </p>
  </section>`;
}

function layersSection(result: PruneResult): Html {
  return html`<section>
    <h2>Layers</h2>
    <div class="columns">
      ${layersTable(result)}
      <figure>
        ${scrolled(layersChart(result), 'Sparsity of each layer')}
        <figcaption>Share of each layer’s weights that is pruned.</figcaption>
      </figure>
    </div>
  </section>`;
}

/** The states of the front, their losses on the sets of images, and the outputs that the result has cut off. */
function frontSection(result: PruneResult): Html {
  const { front, validation, deadOutputs = [] } = result;
  if (!front || !validation) return html``;
  return html`<section>
    <h2>Sparsity against loss</h2>
    <figure>
      ${frontLegend(result)} ${frontChart(result, front)}
      <figcaption>
        Accepted states that no other beats in both sparsity and loss on the tuning images, and the result,
        with the larger marks. The distance between the lines shows how far the search has overfitted to its
        tuning images.
      </figcaption>
    </figure>
    <details>
      <summary>All ${count(front.length)} states</summary>
      ${frontTable(result, front)}
    </details>
    <p class="note">${deadOutputsText(deadOutputs)}</p>
  </section>`;
}

/** How the front of a Pareto search grew. */
function hypervolumeSection({ hypervolume, images }: PruneResult): Html {
  if (!hypervolume || hypervolume.points.length === 0) return html``;
  const { referenceLoss, points } = hypervolume;
  return html`<section>
    <h2>Growth of the front</h2>
    <figure>
      ${hypervolumeChart(hypervolume)}
      <figcaption>
        The share of the rectangle between a sparsity of 0 with a loss of ${fixed(referenceLoss, 4)} and a
        sparsity of 100 % without loss that the front dominates, on the ${counted(images, 'tuning image')}: at
        the end ${fixed(points.at(-1)!.value, 4)}.
      </figcaption>
    </figure>
  </section>`;
}

/** Counts and lists the outputs that are cut off. */
function deadOutputsText(deadOutputs: readonly DeadOutputs[]): string {
  const listed = (indices: readonly number[]) =>
    `${indices.slice(0, MAX_NAMED).join(', ')}${indices.length > MAX_NAMED ? ', …' : ''}`;
  const text = (indices: readonly number[], { units, layer }: DeadOutputs, why: string) =>
    indices.length > 0
      ? [`${indices.length} of ${units} outputs of ${layer} ${why} (${listed(indices)})`]
      : [];
  const texts = deadOutputs.flatMap((dead) => [
    ...text(dead.withoutInputs, dead, 'have no incoming weights left'),
    ...text(dead.unused, dead, 'have no outgoing weights left'),
  ]);
  const more = texts.length - MAX_DEAD;
  return texts.length === 0
    ? 'No output was cut off: each still has incoming and outgoing weights.'
    : `Outputs cut off, counted from 0: ${texts.slice(0, MAX_DEAD).join('; ')}${more > 0 ? `; and so in ${more} more places, which result.json lists` : ''}.`;
}

function stepsSection(result: PruneResult, history: readonly HistoryRow[]): Html {
  return html`<section>
    <h2>Course of the search</h2>
    ${history.length === 0 ? html`<p>The history is empty: the search accepted no change to the network.</p>` : stepsFigure(result, history)}
  </section>`;
}

function stepsFigure(result: PruneResult, history: readonly HistoryRow[]): Html {
  const [quality] = measuresOf(result.task, percent);
  const keys = layerLegend(result.layers).map((label) => html`<li>${label}</li>`);
  return html`<figure>
    <ul class="legend">
      ${keys}
      <li>${unprunedKey}</li>
    </ul>
    ${stepsChart(result, history)}
    <figcaption>
      ${count(history.length)} ${STEP_NAMES[result.method]}, in the colour of the layer that each step
      changed${result.repair ? ', black where a round prunes all layers' : ''}. ${capitalized(quality.name)}
      and loss are on the ${counted(result.images, 'tuning image')}.
    </figcaption>
  </figure>`;
}

function settingsSection(result: PruneResult): Html {
  return html`<section>
    <h2>Parameters and work</h2>
    <div class="columns">${parametersTable(result)} ${workTable(result)}</div>
  </section>`;
}

function historySection(result: PruneResult, history: readonly HistoryRow[]): Html {
  if (history.length === 0) return html``;
  const steps = `${count(history.length)} ${STEP_NAMES[result.method]}`;
  const rows =
    history.length > MAX_LISTED
      ? html`<p>The ${steps} are in history.csv.</p>`
      : html`<details>
          <summary>All ${steps}</summary>
          ${historyTable(result, history)}
        </details>`;
  return html`<section>
    <h2>History</h2>
    ${rows}
  </section>`;
}
