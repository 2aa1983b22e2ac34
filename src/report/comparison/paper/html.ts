/** The page of a comparison of the article's searches. */
import { layerLegend, unprunedKey } from '../../chart/layer-marks.ts';
import { methodLabel } from '../../chart/method-marks.ts';
import { html, type Html } from '../../html/html.ts';
import { notice } from '../../html/page.ts';
import { historyTable } from '../../run/history-table.ts';
import { count, counted } from '../../text/numbers.ts';
import { STEP_NAMES } from '../../text/words.ts';
import { accuracyLegend } from '../accuracy-chart.ts';
import type { PaperComparison } from '../comparison.ts';
import { methodsOf } from '../figures.ts';
import { comparisonPage, findingsList } from '../page.ts';
import { settingsSection } from '../settings-tables.ts';
import { accuracyName, BASELINE_DEVIATION, runName } from '../words.ts';
import { paperAccuracyChart } from './accuracy-chart.ts';
import { paperFindings, paperHeadline, paperSetup } from './findings.ts';
import { scrolled } from '../../html/scrolled.ts';
import { CAP_COLOR, layersChart } from './layers-chart.ts';
import { stepsChart } from './steps-chart.ts';
import { capTable, matchedTable, outcomeTable, sparsityTable } from './tables.ts';

/** The text of compare.html. */
export function paperHtml(comparison: PaperComparison): string {
  const { heldOut, split } = comparison;
  return comparisonPage(comparison, {
    title: 'simulated annealing, genetic algorithm and baselines compared',
    headline: paperHeadline(comparison),
    setup: paperSetup(comparison),
    ...(!heldOut && {
      notice: notice(
        'No held-out images:',
        `the searches saw test images (split “${split}”). These figures do not tell how the pruned networks do on images they have not seen, and there are no test figures.`,
      ),
    }),
    sections: [
      summarySection(comparison),
      baselinesSection(comparison),
      stepsSection(comparison),
      layersSection(comparison),
      settingsSection(comparison),
      historySection(comparison),
    ],
  });
}

const isSingle = ({ seeds }: PaperComparison) => seeds.length === 1;

function summarySection(comparison: PaperComparison): Html {
  return html`<section>
    <h2>Summary</h2>
    ${findingsList(paperFindings(comparison))} ${outcomeTable(comparison)}
    <p class="note">
      SA is simulated annealing, GA the genetic algorithm. Mean-layer sparsity, which the searches maximise,
      is the unweighted mean of the layers’ shares of pruned weights; global sparsity is the share of all
      weights. The trade-off score is mean-layer sparsity × accuracy ÷ unpruned accuracy, on the
      ${comparison.heldOut ? 'test' : 'tuning'} images.
    </p>
  </section>`;
}

function baselinesSection(comparison: PaperComparison): Html {
  return html`<section>
    <h2>Against baselines, which need no search</h2>
    <figure>
      ${accuracyLegend(comparison)} ${paperAccuracyChart(comparison)}
      <figcaption>
        ${isSingle(comparison) ? 'Stars are searches' : 'Stars are searches: means over the seeds in the first chart, single seeds in the second, with a cross at the mean whose arms are one sample standard deviation long'}.
        A search above a curve is better than that baseline at the same global sparsity. The curve of random
        masks is the mean over one mask for each seed.
      </figcaption>
    </figure>
    ${methodsOf(comparison).map((group) => html`<div class="block">${matchedTable(comparison, group)}</div>`)}
    <p class="note">
      Difference: ${accuracyName(comparison)} minus that of the search, in percentage points. Mean-layer and
      global are sparsities. Losses are in nats. The random mask is that of the search’s
      seed.${isSingle(comparison) ? '' : ` ± is the sample standard deviation over the seeds: ${BASELINE_DEVIATION}.`}
    </p>
  </section>`;
}

function stepsSection(comparison: PaperComparison): Html {
  const { runs, seeds, layers, splits } = comparison;
  const steps = runs.reduce((sum, { history }) => sum + history.length, 0);
  if (steps === 0) {
    return html`<section>
      <h2>Course of the searches</h2>
      <p>The histories are empty: no search accepted a change.</p>
    </section>`;
  }
  return html`<section>
    <h2>Course of the searches</h2>
    <figure>
      <ul class="legend">
        ${layerLegend(layers).map((label) => html`<li>${label}</li>`)}
        <li>${unprunedKey}</li>
      </ul>
      ${stepsChart(comparison)}
      <figcaption>
        ${count(steps)} accepted steps and generations, in the colour of the layer that each changed;
        ${isSingle(comparison) ? 'one line' : `${count(seeds.length)} lines, one for each seed,`} in a panel.
        Accuracy and loss are on the ${counted(splits[0].images.tuning, 'tuning image')}.
      </figcaption>
    </figure>
  </section>`;
}

function layersSection(comparison: PaperComparison): Html {
  return html`<section>
    <h2>Layers</h2>
    <figure>
      <ul class="legend">
        ${methodsOf(comparison).map(({ method }) => html`<li>${methodLabel(method, 'square')}</li>`)}
        <li>
          <svg class="key" viewBox="0 0 12 12" aria-hidden="true">
            <path d="M4.5 0H7.5V12H4.5Z" fill="${CAP_COLOR}" />
          </svg>
          the layer’s cap on the loss
        </li>
      </ul>
      ${scrolled(layersChart(comparison), 'The last step of each layer')}
      <figcaption>
        Cost, accuracy and loss after the last accepted step of each
        layer${isSingle(comparison) ? '' : ', means over the seeds'}, on the tuning images. The result may be
        an earlier state, the best that the search found. While a layer is searched, the loss may rise up to
        the layer’s cap.
      </figcaption>
    </figure>
    <div class="block">${capTable(comparison)}</div>
    <div class="block">${sparsityTable(comparison)}</div>
  </section>`;
}

function historySection(comparison: PaperComparison): Html {
  const { layers, runs } = comparison;
  const histories = runs.filter(({ history }) => history.length > 0);
  if (histories.length === 0) return html``;
  return html`<section>
    <h2>Histories</h2>
    ${histories.map(
      (run) =>
        html`<details>
          <summary>
            ${runName(comparison, run)}: all ${count(run.history.length)} ${STEP_NAMES[run.method]}
          </summary>
          ${historyTable({ method: run.method, layers }, run.history, 'compare.json')}
        </details>`,
    )}
  </section>`;
}
