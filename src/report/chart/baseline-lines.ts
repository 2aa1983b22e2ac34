/** Lines of baselines where there are many: the colour says by what weights are ranked, dashes whether they are repaired. */
import { html, type Html } from '../html/html.ts';
import { BASELINE_TITLES, repairOf, type BaselineName, type RepairName } from '../text/words.ts';

/** How a line is drawn: `type` has the lengths of dashes and gaps. */
export interface LineStyle {
  readonly color: string;
  readonly width: number;
  readonly type?: readonly number[];
}

/** Colours that differ in lightness too. */
const COLORS = {
  random: 'var(--muted)',
  'magnitude-uniform': 'var(--layer-0)',
  magnitude: 'var(--layer-4)',
  wanda: 'var(--layer-5)',
  obs: 'var(--layer-2)',
} as const;

export type Ranked = keyof typeof COLORS;

const DASHES: Readonly<Record<RepairName, Omit<LineStyle, 'color'>>> = {
  frozen: { width: 1.5, type: [1.5, 3] },
  once: { width: 1.5, type: [6, 4] },
  rounds: { width: 2 },
};

/** By what a baseline ranks weights. */
export function rankedBy(baseline: BaselineName): Ranked {
  if (baseline === 'magnitude-uniform') return baseline;
  if (baseline === 'random-search-magnitude') return 'magnitude';
  return baseline.split('-')[0] as Ranked;
}

export function baselineLine(baseline: BaselineName): LineStyle {
  return { color: COLORS[rankedBy(baseline)], ...DASHES[repairOf(baseline)] };
}

/** A piece of a line, for legends and tables. */
export function lineKey({ color, width, type }: LineStyle): Html {
  return html`<svg class="key dash" viewBox="0 0 24 12" aria-hidden="true">
    <path
      d="M0 6H24"
      fill="none"
      stroke="${color}"
      stroke-width="${width}"
      ${type ? html`stroke-dasharray="${type.join(' ')}"` : ''}
    />
  </svg>`;
}

/** Line and name of a baseline, for tables. */
export function baselineLineLabel(baseline: BaselineName): Html {
  return html`${lineKey(baselineLine(baseline))} ${BASELINE_TITLES[baseline]}`;
}

/** What the dashes mean, on a line of no particular colour. */
export function repairStyle(repair: RepairName): LineStyle {
  return { color: 'var(--text)', ...DASHES[repair] };
}

export function rankedStyle(ranked: Ranked): LineStyle {
  return { color: COLORS[ranked], width: 4 };
}
