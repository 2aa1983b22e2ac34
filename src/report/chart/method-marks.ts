/** How charts tell searches and baselines apart: searches by filled and hollow stars or bars, baselines by the marks of layers. */
import { html, type Html } from '../html/html.ts';
import type { Method } from '../run/result.ts';
import { BASELINE_NAMES, BASELINE_TITLES, METHOD_NAMES, type PaperBaselineName } from '../text/words.ts';
import { layerLabel, layerMark, type LayerMark } from './layer-marks.ts';

/** A star, which no baseline has. */
const star = 'M6 0L7.8 4L12 4.4L8.9 7.3L9.7 11.6L6 9.4L2.3 11.6L3.1 7.3L0 4.4L4.2 4Z';
const square = 'M1 1H11V11H1Z';

/** The star as an ECharts symbol. */
export const methodSymbol = `path://${star}`;

export function methodStyle(method: Method) {
  const color = method === 'sa' ? 'var(--text)' : 'var(--surface)';
  return { color, borderColor: 'var(--text)', borderWidth: 1.5 } as const;
}

/** A method's mark and name, for legends: `star` for points, `square` for bars. */
export function methodLabel(method: Method, shape: 'star' | 'square'): Html {
  const { color, borderColor } = methodStyle(method);
  return html`<span class="layer">
    <svg class="key" viewBox="0 0 12 12" aria-hidden="true">
      <path fill="${color}" stroke="${borderColor}" d="${shape === 'star' ? star : square}" />
    </svg>
    ${METHOD_NAMES[method]}
  </span>`;
}

export function baselineMark(baseline: PaperBaselineName): LayerMark {
  return layerMark(BASELINE_NAMES.indexOf(baseline));
}

export function baselineLabel(baseline: PaperBaselineName): Html {
  return layerLabel(BASELINE_NAMES.indexOf(baseline), BASELINE_TITLES[baseline]);
}
