/** The page of a tuned comparison. */
import { html, type Html } from '../../html/html.ts';
import type { TunedComparison } from '../comparison.ts';
import { comparisonPage, findingsList } from '../page.ts';
import { settingsSection } from '../settings-tables.ts';
import { partialNote } from '../words.ts';
import { tunedAccuracyChart, tunedLegend } from './accuracy-chart.ts';
import { tunedFindings, tunedHeadline, tunedSetup } from './findings.ts';
import { differencesTable, reachTable, runsTable } from './tables.ts';
import { basisText } from './words.ts';

/** The text of compare.html. */
export function tunedHtml(comparison: TunedComparison): string {
  return comparisonPage(comparison, {
    title: 'the tuned search and baselines compared',
    headline: tunedHeadline(comparison),
    setup: tunedSetup(comparison),
    sections: [
      runsSection(comparison),
      baselinesSection(comparison),
      reachSection(comparison),
      settingsSection(comparison),
    ],
  });
}

function runsSection(comparison: TunedComparison): Html {
  return html`<section>
    <h2>Runs</h2>
    ${runsTable(comparison)}
    <p class="note">
      Global sparsity is the share of all weights that is pruned. Magnitude: accuracy with the weights of
      smallest magnitude in the whole network pruned, as many as in the run; in rounds, those that stay are
      fitted by least squares after each.
    </p>
  </section>`;
}

function baselinesSection(comparison: TunedComparison): Html {
  return html`<section>
    <h2>Against baselines, which need no search</h2>
    ${findingsList(tunedFindings(comparison))}
    <figure>
      ${tunedLegend(comparison)} ${tunedAccuracyChart(comparison)}
      <figcaption>
        Stars are runs; the thin line of a run is the states that it could choose from. The baselines’ curves
        and the line of the unpruned network are means over the splits, the curve of random masks also over
        one mask for each seed. Repaired: the weights that stay are fitted by least squares, so that outputs
        of layers come close to those of the unpruned network, after all pruning or after each of several
        rounds.
      </figcaption>
    </figure>
    <div class="block">${differencesTable(comparison)}</div>
    <p class="note">${[basisText(comparison), ...partialNote(comparison)].join(' ')}</p>
  </section>`;
}

function reachSection(comparison: TunedComparison): Html {
  return html`<section>
    <h2>Evaluations to reach a baseline</h2>
    ${reachTable(comparison)}
    <p class="note">
      The sparsity to reach is that of the best baseline: the one that is sparsest with at most this drop of
      test accuracy, among those with frozen and among those with repaired weights, on its curve, linear
      between its points. It is taken for each split. Evaluations are counted until a run first had a state
      that is at least as sparse with at most this drop on its validation images. A run evaluates its state
      there only now and then, and a run with a tighter goal may never become as sparse.
    </p>
  </section>`;
}
