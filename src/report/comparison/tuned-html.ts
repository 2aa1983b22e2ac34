/** The report of one `compare --preset tuned` run. */
import { html, type Html } from '../html/html.ts';
import { pageText } from '../html/page.ts';
import { tunedChart, tunedKeys } from './tuned-chart.ts';
import type { TunedComparison } from './tuned.ts';
import {
  tunedDifferencesTable,
  tunedDigestsTable,
  tunedParametersTable,
  tunedReachTable,
  tunedRunsTable,
  tunedSettingsTable,
  tunedSplitsTable,
} from './tuned-tables.ts';
import {
  basisText,
  isPartial,
  tunedFindings,
  tunedHeadline,
  tunedSetup,
  searchedLayers,
} from './tuned-words.ts';

/** The text of compare.html. */
export function tunedHtml(comparison: TunedComparison): string {
  return pageText({
    title: 'masksearch: the tuned search and baselines compared',
    header: html`<header>
      <p class="kicker">masksearch comparison</p>
      <h1>${tunedHeadline(comparison)}</h1>
      <p class="lead">${tunedSetup(comparison)}</p>
    </header>`,
    sections: [
      runsSection(comparison),
      baselinesSection(comparison),
      reachSection(comparison),
      settingsSection(comparison),
    ],
    footer: html`<p>Written by masksearch ${comparison.version}.</p>`,
  });
}

function runsSection(comparison: TunedComparison): Html {
  return html`<section>
    <h2>Runs</h2>
    ${tunedRunsTable(comparison)}
    <p class="note">
      Global sparsity is the share of all weights that is pruned. Magnitude as sparse: the weights of smallest
      size in the whole network pruned, as many as in the run.
    </p>
  </section>`;
}

function baselinesSection(comparison: TunedComparison): Html {
  const partial = isPartial(comparison)
    ? ` The searches pruned ${searchedLayers(comparison).join(', ')} alone, the baselines all layers.`
    : '';
  return html`<section>
    <h2>Against masks that need no search</h2>
    <ul class="findings">
      ${tunedFindings(comparison).map((finding) => html`<li>${finding}</li>`)}
    </ul>
    <figure>
      ${tunedKeys} ${tunedChart(comparison)}
      <figcaption>
        A star for each run; thin, the states it could choose from. The curves of the baselines and the line
        of the unpruned network are means over the splits, that of random masks also over one mask for each
        seed.
      </figcaption>
    </figure>
    <div class="block">${tunedDifferencesTable(comparison)}</div>
    <p class="note">${basisText(comparison)}${partial}</p>
  </section>`;
}

function reachSection(comparison: TunedComparison): Html {
  return html`<section>
    <h2>Evaluations to reach a baseline</h2>
    ${tunedReachTable(comparison)}
    <p class="note">
      Of each split, the baseline that is sparsest where it loses at most so many percentage points of test
      accuracy, by its curve, linear between its points, sets the sparsity to reach. Counted are the
      evaluations until a run first had a state, looked at on its validation images, that is at least as
      sparse and loses at most as much there. Runs look there only now and then, and those with a tighter goal
      may never go so far.
    </p>
  </section>`;
}

function settingsSection(comparison: TunedComparison): Html {
  return html`<section>
    <h2>What was evaluated</h2>
    <div class="columns">${tunedSettingsTable(comparison)} ${tunedParametersTable(comparison)}</div>
    <div class="block">${tunedSplitsTable(comparison)}</div>
    <div class="block">${tunedDigestsTable(comparison)}</div>
  </section>`;
}
