/** How charts tell layers apart: by colour, and by shape for colour-blind readers and grey prints. */
import { html, type Html } from '../html/html.ts';

/** Number of `--layer-…` colours in the style sheet. */
export const LAYER_COLORS = 6;

/** SVG path in a square of 12 by 12. */
const plus = 'M4 0H8V4H12V8H8V12H4V8H0V4H4Z';

/** ECharts symbols. */
const shapes = ['circle', 'rect', 'triangle', 'diamond', `path://${plus}`] as const;

export interface LayerMark {
  readonly color: string;
  readonly shape: (typeof shapes)[number];
}

/** The mark of the layer at `index` in network order. No two of 30 layers have the same colour and shape. */
export function layerMark(index: number): LayerMark {
  return { color: `var(--layer-${index % LAYER_COLORS})`, shape: shapes[index % shapes.length]! };
}

const outlines: Readonly<Record<LayerMark['shape'], string>> = {
  circle: 'M1 6a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z',
  rect: 'M1.5 1.5h9v9h-9Z',
  triangle: 'M6 1L11 11H1Z',
  diamond: 'M6 0L12 6L6 12L0 6Z',
  [`path://${plus}`]: plus,
};

/** A layer's mark and name, for legends and tables. */
export function layerLabel(index: number, name: string): Html {
  const { color, shape } = layerMark(index);
  return html`<span class="layer">
    <svg class="key" viewBox="0 0 12 12" aria-hidden="true">
      <path fill="${color}" d="${outlines[shape]}" />
    </svg>
    ${name}
  </span>`;
}

/** The dashed line of the unpruned network, for legends. */
export const unprunedKey: Html = html`<svg class="key dash" viewBox="0 0 24 12" aria-hidden="true">
    <path d="M0 6H24" fill="none" stroke="var(--muted)" stroke-width="2" stroke-dasharray="6 3" />
  </svg>
  unpruned network`;
