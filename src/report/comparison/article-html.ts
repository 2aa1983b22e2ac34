/** The report of one `compare` run. */
import { compareCurvesChart } from './article-curves-chart.ts';
import { accuracyName, methodsOf } from './article-figures.ts';
import { findingsOf, headlineOf, setupOf } from './article-findings.ts';
import { CAP_COLOR, compareLayersChart } from './article-layers-chart.ts';
import { compareStepsChart } from './article-steps-chart.ts';
import { capTable, layerKeys, matchedTable, outcomeTable, runName, sparsityTable } from './article-tables.ts';
import { comparedTable, compareWorkTable, parametersTable, runsTable } from './article-work-tables.ts';
import { BASELINE_NAMES, type Comparison } from './article.ts';
import { count, counted } from '../text/numbers.ts';
import { historyTable } from '../run/history-table.ts';
import { html, type Html } from '../html/html.ts';
import { unprunedKey } from '../chart/layer-marks.ts';
import { baselineLabel, methodLabel } from '../chart/method-marks.ts';
import { notice, pageText } from '../html/page.ts';
import { BASELINE_DEVIATION, STEP_NAMES } from '../text/words.ts';

/** The text of compare.html. */
export function compareHtml(comparison: Comparison): string {
  return pageText({
    title: 'masksearch: simulated annealing, genetic algorithm and baselines compared',
    header: header(comparison),
    sections: [
      summarySection(comparison),
      curvesSection(comparison),
      stepsSection(comparison),
      layersSection(comparison),
      settingsSection(comparison),
      historySection(comparison),
    ],
    footer: html`<p>Written by masksearch ${comparison.version}.</p>`,
  });
}

function header(comparison: Comparison): Html {
  return html`<header>
    <p class="kicker">masksearch comparison</p>
    <h1>${headlineOf(comparison)}</h1>
    <p class="lead">${setupOf(comparison)}</p>
    ${comparison.heldOut ? '' : notice('No held-out images:', `the searches saw test images (split “${comparison.split}”), so these figures do not tell how the pruned networks do on images they have not seen, and there are no test figures.`)}
  </header>`;
}

function summarySection(comparison: Comparison): Html {
  return html`<section>
    <h2>Summary</h2>
    <ul class="findings">
      ${findingsOf(comparison).map((finding) => html`<li>${finding}</li>`)}
    </ul>
    ${outcomeTable(comparison)}
    <p class="note">
      SA is simulated annealing, GA the genetic algorithm. Mean-layer sparsity, which the searches raise, is
      the unweighted mean of the layers’ shares of pruned weights; global sparsity is the share of all
      weights. The trade-off score is mean-layer sparsity × accuracy ÷ unpruned accuracy, on the
      ${comparison.heldOut ? 'test images' : 'images searched'}.
    </p>
  </section>`;
}

function curvesSection(comparison: Comparison): Html {
  const groups = methodsOf(comparison);
  return html`<section>
    <h2>Against masks that need no search</h2>
    <figure>
      <ul class="legend">
        ${groups.map(({ method }) => html`<li>${methodLabel(method, 'star')}</li>`)}
        ${BASELINE_NAMES.map((name) => html`<li>${baselineLabel(name)}</li>`)}
        <li>${unprunedKey}</li>
      </ul>
      ${compareCurvesChart(comparison)}
      <figcaption>
        ${comparison.seeds.length === 1 ? 'A star for each search' : 'A star for the mean of each search over the seeds; in the second chart, of the part around them, a star for each seed, and a cross at the mean whose arms are one sample standard deviation long'}.
        Above a curve it does better than that baseline at the same global sparsity. The curve of random masks
        is the mean over one mask for each seed.
      </figcaption>
    </figure>
    ${groups.map((group) => html`<div class="block">${matchedTable(comparison, group)}</div>`)}
    <p class="note">
      Difference: ${accuracyName(comparison)} minus that of the search, in percentage points. Sparsities are
      mean-layer and global. Losses are in nats. The random mask is that of the search’s
      seed.${comparison.seeds.length === 1 ? '' : ` ± is the sample standard deviation over the seeds: ${BASELINE_DEVIATION}.`}
    </p>
  </section>`;
}

function stepsSection(comparison: Comparison): Html {
  const steps = comparison.runs.reduce((sum, { history }) => sum + history.length, 0);
  if (steps === 0) {
    return html`<section>
      <h2>Course of the searches</h2>
      <p>The histories are empty: no search accepted a change, so there is no course to show.</p>
    </section>`;
  }
  return html`<section>
    <h2>Course of the searches</h2>
    <figure>
      <ul class="legend">
        ${layerKeys(comparison)}
        <li>${unprunedKey}</li>
      </ul>
      ${compareStepsChart(comparison)}
      <figcaption>
        ${count(steps)} accepted steps and generations, in the colour of the layer that was searched;
        ${comparison.seeds.length === 1 ? 'one line' : `${count(comparison.seeds.length)} lines, one for each seed`}
        in a panel. Accuracy and loss are those on the ${counted(comparison.images, 'image')} searched.
      </figcaption>
    </figure>
  </section>`;
}

function layersSection(comparison: Comparison): Html {
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
      ${compareLayersChart(comparison)}
      <figcaption>
        Cost, accuracy and loss after the last accepted step of each
        layer${comparison.seeds.length === 1 ? '' : ', means over the seeds'}, which the result need not
        contain: it is the best that the search remembered. On the images searched. A layer may raise the loss
        up to its cap.
      </figcaption>
    </figure>
    <div class="block">${capTable(comparison)}</div>
    <div class="block">${sparsityTable(comparison)}</div>
  </section>`;
}

function settingsSection(comparison: Comparison): Html {
  return html`<section>
    <h2>What was evaluated</h2>
    <div class="columns">${comparedTable(comparison)} ${parametersTable(comparison)}</div>
    <div class="block">${compareWorkTable(comparison)}</div>
    <div class="block">${runsTable(comparison)}</div>
  </section>`;
}

function historySection(comparison: Comparison): Html {
  const { layers, runs } = comparison;
  const histories = runs.filter(({ history }) => history.length > 0);
  if (histories.length === 0) return html``;
  return html`<section>
    <h2>Histories</h2>
    ${histories.map(
      (run) =>
        html`<details>
          <summary>${runName(run)}: all ${count(run.history.length)} ${STEP_NAMES[run.method]}</summary>
          ${historyTable({ method: run.method, layers }, run.history, 'compare.json')}
        </details>`,
    )}
  </section>`;
}
