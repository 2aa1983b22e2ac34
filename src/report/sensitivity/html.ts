/** The page of a sensitivity analysis. */
import { layerLabel, layerLegend, unprunedKey } from '../chart/layer-marks.ts';
import { html, type Html } from '../html/html.ts';
import { pageText } from '../html/page.ts';
import { numericColumns, table } from '../html/table.ts';
import { capitalized, meaningOf, measuresOf, withUnit } from '../text/measures.ts';
import { count, counted, duration, percent, unitFormats } from '../text/numbers.ts';
import { deviceText } from '../text/settings.ts';
import { NONE } from '../text/words.ts';
import { sensitivityChart, type Panel } from './chart.ts';
import { extremesText, imagesText, ranked, rankingTexts, shareText, shownName } from './ranking.ts';
import type { SensitivityPoint, SensitivityResult } from './result.ts';

const units = unitFormats('\u00a0');

/** From so many layers on, tables scroll. */
const MANY = 12;

/** The text of sensitivity.html. */
export function sensitivityHtml(result: SensitivityResult): string {
  const { layers, calibration, device, seconds, version } = result;
  return pageText({
    title: `masksearch: sensitivity of ${counted(layers.length, 'layer')}`,
    header: html`<header>
      <p class="kicker">masksearch sensitivity</p>
      <h1>${headline(result)}</h1>
      <p class="lead">${extremesText(result, units)}</p>
      <p>
        Each layer of ${result.model} was pruned alone, all others unpruned, and the network evaluated on
        ${imagesText(result)}. Frozen: the weights of least magnitude go and the others stay as they are.
        ${calibration === undefined ? 'Nothing was repaired.' : `Repaired: the weights go whose loss adds least to the error of the layer’s outputs, and the others are fitted by least squares on ${counted(calibration, 'calibration image')}.`}
        ${meaningOf(result.task) ?? ''}
      </p>
      ${findings(rankingTexts(result, units))}
    </header>`,
    sections: sectionsOf(result),
    footer: html` <p>${deviceText(device)}; ${duration(seconds)}. Written by masksearch ${version}.</p> `,
  });
}

function findings(sentences: readonly string[]): Html {
  if (sentences.length === 0) return html``;
  return html`<ul class="findings">
    ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
  </ul>`;
}

function headline({ layers }: SensitivityResult): string {
  const order = ranked(layers);
  const [most, least] = [order[0]!, order.at(-1)!];
  return most === least
    ? `The sensitivity of ${shownName(most)}`
    : `${shownName(most)} is the most sensitive layer, ${shownName(least)} the least`;
}

const FROZEN = { name: 'frozen', scoreOf: ({ frozen }: SensitivityPoint) => frozen };
const REPAIRED = { name: 'repaired', scoreOf: ({ repaired }: SensitivityPoint) => repaired };

/** For each measure frozen beside repaired; or, where nothing was repaired, both measures beside each other. */
function sectionsOf(result: SensitivityResult): readonly Html[] {
  const [quality, loss] = measuresOf(result.task, percent);
  if (result.calibration === undefined) {
    const panels = [
      { measure: quality, ...FROZEN },
      { measure: loss, ...FROZEN },
    ] as const;
    return [section(result, `${capitalized(quality.name)} and loss`, panels, '')];
  }
  return [quality, loss].map((measure) => {
    const panels = [
      { measure, ...FROZEN },
      { measure, ...REPAIRED },
    ] as const;
    return section(result, capitalized(measure.name), panels, 'Both charts have the same scale. ');
  });
}

function section(
  result: SensitivityResult,
  title: string,
  panels: readonly [Panel, Panel],
  scale: string,
): Html {
  const { layers } = result;
  return html`<section>
    <h2>${title}</h2>
    <figure>
      <ul class="legend">
        ${layerLegend(layers).map((label) => html`<li>${label}</li>`)}
        <li>${unprunedKey}</li>
      </ul>
      ${sensitivityChart(result, panels)}
      <figcaption>
        ${title} with one layer pruned. ${scale}The sparsities are drawn equally far apart.
      </figcaption>
    </figure>
    ${panels.map((panel) => html`<div class="block">${scoreTable(result, panel)}</div>`)}
  </section>`;
}

function scoreTable({ layers }: SensitivityResult, { measure, name, scoreOf }: Panel): Html {
  const sparsities = layers[0]!.points.map((point) => shareText(point, percent));
  return table({
    caption: `${capitalized(withUnit(measure.name, measure.unit))}, ${name}`,
    tall: layers.length > MANY,
    columns: [{ name: 'Layer' }, ...numericColumns(['Weights', ...sparsities])],
    rows: layers.map(({ name: layer, weights, points }, i) => [
      layerLabel(i, layer, layers.length),
      count(weights),
      ...points.map((point) => {
        const score = scoreOf(point);
        return score ? measure.textOf(score).replace('\u00a0%', '') : NONE;
      }),
    ]),
  });
}
