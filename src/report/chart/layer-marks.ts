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

/** Most layers that have marks of their own: of more, neighbours share one. */
const MAX_SINGLE = 12;

/** A stretch of neighbouring layers with one mark. */
export interface LayerGroup {
  /** Indices of its first and last layer. */
  readonly first: number;
  readonly last: number;
}

/** One group per layer or, of many layers, `LAYER_COLORS` groups of about equal size. */
export function layerGroups(layers: number): readonly LayerGroup[] {
  const groups = layers > MAX_SINGLE ? LAYER_COLORS : layers;
  return Array.from({ length: groups }, (_, group) => ({
    first: Math.ceil((group * layers) / groups),
    last: Math.ceil(((group + 1) * layers) / groups) - 1,
  }));
}

/** The mark of the layer at `index` of `layers` in network order. No two groups have the same colour and shape. */
export function layerMark(index: number, layers = 0): LayerMark {
  if (layers > MAX_SINGLE) return layerMark(Math.floor((index * LAYER_COLORS) / layers));
  return { color: `var(--layer-${index % LAYER_COLORS})`, shape: shapes[index % shapes.length]! };
}

const outlines: Readonly<Record<LayerMark['shape'], string>> = {
  circle: 'M1 6a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z',
  rect: 'M1.5 1.5h9v9h-9Z',
  triangle: 'M6 1L11 11H1Z',
  diamond: 'M6 0L12 6L6 12L0 6Z',
  [`path://${plus}`]: plus,
};

/** Longest name that is not broken over lines, in characters. */
const MAX_UNBROKEN = 20;

/** A legend's entries: each layer or group of layers with its mark. */
export function layerLegend(layers: readonly { readonly name: string }[]): readonly Html[] {
  return layerGroups(layers.length).map(({ first, last }) => {
    const names = [...new Set([layers[first]!.name, layers[last]!.name])].map((name) => ending(name, 21));
    return layerLabel(first, names.join(' to '), layers.length);
  });
}

/** The end of a name that is longer than `most` characters: names of one network differ there. */
export function ending(name: string, most: number): string {
  return name.length <= most ? name : `…${name.slice(1 - most).replace(/^[._/:-]+/, '')}`;
}

/** Most characters of a name; of longer ones a label has the end, and a title the whole. */
const MAX_NAME = 32;

/** A layer's mark and name, for legends and tables. `layers`: how many there are. */
export function layerLabel(index: number, name: string, layers = 0): Html {
  const { color, shape } = layerMark(index, layers);
  const key = html`<svg class="key" viewBox="0 0 12 12" aria-hidden="true">
    <path fill="${color}" d="${outlines[shape]}" />
  </svg>`;
  const isName = !name.includes(' ');
  if (!isName || name.length <= MAX_UNBROKEN) return html`<span class="layer"> ${key} ${name} </span>`;
  return html`<span class="layer long" title="${name}"> ${key} ${ending(name, MAX_NAME)} </span>`;
}

/** The dashed line of the unpruned network, for legends. */
export const unprunedKey: Html = html`<svg class="key dash" viewBox="0 0 24 12" aria-hidden="true">
    <path d="M0 6H24" fill="none" stroke="var(--muted)" stroke-width="2" stroke-dasharray="6 3" />
  </svg>
  unpruned network`;
