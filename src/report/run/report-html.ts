/** The report of one `prune` run. */
import type { HistoryRow } from '../../search/contract.ts';
import { layersChart, stepsChart } from './charts.ts';
import { frontChart, frontKeys } from './front-chart.ts';
import { count, counted, percent } from '../text/numbers.ts';
import { historyTable } from './history-table.ts';
import { html, type Html } from '../html/html.ts';
import { layerLabel, unprunedKey } from '../chart/layer-marks.ts';
import { notice, pageText } from '../html/page.ts';
import type { PruneResult } from './result.ts';
import { frontTable, parameterText, runTable, scoreTable, workTable } from './result-tables.ts';
import { table } from '../html/table.ts';
import { METHOD_NAMES, STEP_NAMES } from '../text/words.ts';

/** The text of report.html. `history` has the rows of that run. */
export function reportHtml(result: PruneResult, history: readonly HistoryRow[]): string {
  return pageText({
    title: `masksearch: ${percent(result.final.sparsity.global)} of the weights pruned`,
    header: headline(result),
    sections: [
      summarySection(result),
      layersSection(result),
      frontSection(result),
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
  const { layers, images, validation, final, unpruned, test, heldOut } = result;
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const kept = layers.reduce((sum, layer) => sum + layer.kept, 0);
  const change = test
    ? accuracyChange('test accuracy', test.unpruned.accuracy, test.pruned.accuracy)
    : accuracyChange('accuracy on the images searched', unpruned.accuracy, final.accuracy);
  return html`<header>
    <p class="kicker">masksearch report</p>
    <h1>${percent(final.sparsity.global)} of the weights pruned; ${change}</h1>
    <p class="lead">
      The search (${METHOD_NAMES[result.method]}) evaluated masks of ${counted(layers.length, 'layer')} by
      their loss on
      ${counted(images, 'image')}${validation ? `, chose between them by ${count(validation.images)} others,` : ''}
      and took ${count(weights - kept)} of ${count(weights)} weights out of the network.
      ${test ? 'The test images played no part in the search.' : ''}
    </p>
    ${heldOut ? '' : notice('No held-out images:', `the search saw test images (split “${result.split}”), so these figures do not tell how the pruned network does on images it has not seen, and there are no test figures.`)}
    ${result.completed ? '' : notice('Interrupted:', 'the search was stopped before it was done. These are the best masks it had found until then.')}
  </header>`;
}

function accuracyChange(name: string, before: number, after: number): string {
  const [from, to] = [percent(before), percent(after)];
  if (from === to) return `${name} stayed at ${to}`;
  return `${name} ${after < before ? 'fell' : 'rose'} from ${from} to ${to}`;
}

function summarySection(result: PruneResult): Html {
  return html`<section>
    <h2>Summary</h2>
    <div class="columns">${scoreTable(result)} ${runTable(result)}</div>
    <p class="note">
      Mean-layer sparsity is the unweighted mean of the layers’ shares of pruned weights; global sparsity is
      the share of all weights. The trade-off score is mean-layer sparsity × accuracy ÷ unpruned accuracy, on
      the ${result.heldOut ? 'test images' : 'images searched'}.
    </p>
  </section>`;
}

function layersSection(result: PruneResult): Html {
  const { layers, final } = result;
  const total = (valueOf: (layer: (typeof layers)[number]) => number) =>
    count(layers.reduce((sum, layer) => sum + valueOf(layer), 0));
  return html`<section>
    <h2>Layers</h2>
    <div class="columns">
      ${table({
        caption: 'Weights of each layer, before and after',
        columns: [
          { name: 'Layer' },
          { name: 'Shape' },
          { name: 'Weights', numeric: true },
          { name: 'Kept', numeric: true },
          { name: 'Sparsity', numeric: true },
        ],
        rows: layers.map(({ name, shape, weights, kept }, i) => [
          layerLabel(i, name),
          shape.join('×'),
          count(weights),
          count(kept),
          percent(final.sparsity.perLayer[i]!),
        ]),
        total: [
          'All',
          '',
          total(({ weights }) => weights),
          total(({ kept }) => kept),
          percent(final.sparsity.global),
        ],
      })}
      <figure>
        ${layersChart(result)}
        <figcaption>Share of each layer’s weights that is pruned.</figcaption>
      </figure>
    </div>
  </section>`;
}

/** How far the three losses have come apart, and what else there is to choose. */
function frontSection(result: PruneResult): Html {
  const { front, validation, deadOutputs = [] } = result;
  if (!front || !validation) return html``;
  return html`<section>
    <h2>Sparsity against loss</h2>
    <figure>
      ${frontKeys(result)} ${frontChart(result, front)}
      <figcaption>
        The states that the search accepted of which none is both sparser and of lower loss on the images
        tuned on, and the result, with the larger marks. What lies between the lines is what the search has
        learned of these images alone.
      </figcaption>
    </figure>
    <details>
      <summary>All ${count(front.length)} states</summary>
      ${frontTable(result, front)}
    </details>
    <p class="note">${deadUnitsText(deadOutputs)}</p>
  </section>`;
}

/** Names the units that nothing leads to or from. */
function deadUnitsText(deadOutputs: NonNullable<PruneResult['deadOutputs']>): string {
  const named = (indices: readonly number[]) =>
    `${indices.slice(0, MAX_NAMED).join(', ')}${indices.length > MAX_NAMED ? ', …' : ''}`;
  const texts = deadOutputs.flatMap(({ layer, units, withoutInputs, unused }) => [
    ...(withoutInputs.length > 0
      ? [
          `${withoutInputs.length} of ${units} outputs of ${layer} depend on no image any more (${named(withoutInputs)})`,
        ]
      : []),
    ...(unused.length > 0
      ? [`${unused.length} of ${units} outputs of ${layer} are used by nothing (${named(unused)})`]
      : []),
  ]);
  return texts.length === 0
    ? 'No unit was cut off: every output still has weights before and after it.'
    : `Units cut off, counted from 0: ${texts.join('; ')}.`;
}

const MAX_NAMED = 12;

/** Above this many steps a table would weigh more than the rest of the file, and nobody would read it. */
const MAX_LISTED = 2000;

function stepsSection(result: PruneResult, history: readonly HistoryRow[]): Html {
  return html`<section>
    <h2>Course of the search</h2>
    ${history.length === 0 ? html`<p>The history is empty: the search accepted no change to the network, so there is no course to show.</p>` : stepsFigure(result, history)}
  </section>`;
}

function stepsFigure(result: PruneResult, history: readonly HistoryRow[]): Html {
  const keys = result.layers.map(({ name }, i) => html`<li>${layerLabel(i, name)}</li>`);
  return html`<figure>
    <ul class="legend">
      ${keys}
      <li>${unprunedKey}</li>
    </ul>
    ${stepsChart(result, history)}
    <figcaption>
      ${count(history.length)} ${STEP_NAMES[result.method]}, in the colour of the layer that was searched.
      Accuracy and loss are those on the ${counted(result.images, 'image')} searched.
    </figcaption>
  </figure>`;
}

function settingsSection(result: PruneResult): Html {
  return html`<section>
    <h2>Parameters and work</h2>
    <div class="columns">
      ${table({
        caption: `Parameters of the search, preset “${result.preset}”`,
        columns: [{ name: 'Parameter' }, { name: 'Value', numeric: true, wraps: true }],
        rows: Object.entries(result.parameters).map(([name, value]) => [
          html`<code>${name}</code>`,
          parameterText(name, value, result.layers),
        ]),
      })}
      ${workTable(result)}
    </div>
  </section>`;
}

function historySection(result: PruneResult, history: readonly HistoryRow[]): Html {
  if (history.length === 0) return html``;
  if (history.length > MAX_LISTED) {
    return html`<section>
      <h2>History</h2>
      <p>The ${count(history.length)} ${STEP_NAMES[result.method]} are in history.csv.</p>
    </section>`;
  }
  return html`<section>
    <h2>History</h2>
    <details>
      <summary>All ${count(history.length)} ${STEP_NAMES[result.method]}</summary>
      ${historyTable(result, history)}
    </details>
  </section>`;
}
