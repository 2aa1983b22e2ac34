/** The style sheet of reports. Charts take their colours from its variables too. */
import { html, Html } from './html.ts';
import { LAYER_COLORS } from '../chart/layer-marks.ts';

interface Palette {
  readonly surface: string;
  readonly text: string;
  /** Captions and axis labels: a contrast of at least 4.5 to the surface. */
  readonly muted: string;
  /** Lines between table rows and behind charts. */
  readonly line: string;
  /** At the edge of a table that scrolls. */
  readonly shadow: string;
  readonly notice: string;
  /** Distinct also for red-green colour-blind readers; a contrast of at least 3 to the surface. */
  readonly layers: readonly string[];
}

const light: Palette = {
  surface: '#ffffff',
  text: '#1b1f24',
  muted: '#5a636e',
  line: '#e1e5ea',
  shadow: 'rgb(27 31 36 / 0.3)',
  notice: '#fff3d6',
  layers: ['#2f7de0', '#c44f00', '#00694c', '#d64b9a', '#4b2a8c', '#a87c00'],
};

const dark: Palette = {
  surface: '#15181c',
  text: '#e8ebef',
  muted: '#9ba5b1',
  line: '#30363d',
  shadow: 'rgb(232 235 239 / 0.3)',
  notice: '#3a2f12',
  layers: ['#4f9bf7', '#f58b3d', '#1f9d78', '#f7a1cf', '#8f6cf0', '#f0cf4a'],
};

function variables({ layers, ...colors }: Palette): string {
  const layerColors = Array.from({ length: LAYER_COLORS }, (_, i) => [`layer-${i}`, layers[i]!] as const);
  return [...Object.entries(colors), ...layerColors].map(([name, color]) => `--${name}: ${color};`).join(' ');
}

/** Below this width, in CSS pixels, tables are one above the other and the narrow charts are shown. */
const NARROW = 760;

export const styleSheet: Html = html`<style>
  ${new Html(`
:root { color-scheme: light dark; ${variables(light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(dark)} } }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: calc(960px + 3rem);
  background: var(--surface); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  -webkit-text-size-adjust: 100%;
}
header { max-width: 46rem; }
h1 { margin: 0.25rem 0 0.75rem; font-size: clamp(1.6rem, 4vw, 2.25rem); line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
h2 { margin: 3rem 0 0.75rem; font-size: 1.25rem; line-height: 1.3; }
p { margin: 0 0 0.75rem; max-width: 46rem; }
h1, p, .findings { overflow-wrap: break-word; }
.kicker, .note, caption { color: var(--muted); font-size: 0.875rem; }
.kicker { margin: 0; letter-spacing: 0.04em; }
.lead { font-size: 1.0625rem; }
.findings { margin: 0 0 1.5rem; padding-left: 1.25rem; max-width: 46rem; }
.findings li { margin-bottom: 0.5rem; }
.block { margin-top: 1.5rem; }
.block + .note, .scroll + .note { margin-top: 1rem; }
.notice { margin: 1rem 0; padding: 0.75rem 1rem; border-left: 4px solid var(--layer-5); background: var(--notice); }
.columns { display: grid; gap: 1.5rem 2.5rem; }
.columns > * { min-width: 0; }
.columns + .note { margin-top: 1rem; }
@media (min-width: ${NARROW}px) { .columns { grid-template-columns: 1fr 1fr; align-items: start; } }
/* Shadows at the edges where the table continues. At its ends, a cover that scrolls with the table hides them. */
.scroll {
  overflow-x: auto;
  background:
    linear-gradient(to right, var(--surface) 50%, transparent) left / 32px 100% no-repeat local,
    linear-gradient(to left, var(--surface) 50%, transparent) right / 32px 100% no-repeat local,
    linear-gradient(to right, var(--shadow), transparent) left / 12px 100% no-repeat scroll,
    linear-gradient(to left, var(--shadow), transparent) right / 12px 100% no-repeat scroll;
}
.scroll:focus-visible { outline: 2px solid var(--layer-0); outline-offset: 2px; }
details .scroll, .tall { max-height: 30rem; overflow-y: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
caption { padding-bottom: 0.25rem; text-align: left; }
/* Visible while a wide table scrolls below it. */
caption span { display: inline-block; position: sticky; left: 0; max-width: min(100%, calc(100vw - 2rem)); }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { color: var(--muted); font-size: 0.8125rem; vertical-align: bottom; white-space: nowrap; }
tbody th { white-space: nowrap; }
.tall tbody th { min-width: 8.5rem; white-space: normal; overflow-wrap: anywhere; }
/* Row headers stay visible while the figures scroll. */
tr > :first-child { position: sticky; left: 0; z-index: 1; background: var(--surface); }
tfoot th, tfoot td { border-bottom: 0; font-weight: 600; }
tbody tr:last-child > * { border-bottom-color: var(--muted); }
.number { padding: 0.4rem 0 0.4rem 0.75rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.wraps { white-space: normal; overflow-wrap: anywhere; }
.number + .text { padding-left: 1.5rem; }
@media (max-width: 30rem) { tbody th { min-width: 7rem; white-space: normal; } tbody th.number { min-width: 0; } body { padding: 1.5rem 1rem 3rem; } th, td { padding-right: 0.5rem; } .number { padding: 0.4rem 0 0.4rem 0.5rem; } }
@media (max-width: 25rem) { table { font-size: 0.8125rem; } th, td { padding-right: 0.25rem; } .number { padding-left: 0.375rem; } tbody th { min-width: 5.5rem; } }
details table thead th, .tall thead th { position: sticky; top: 0; background: var(--surface); box-shadow: inset 0 -1px var(--line); }
details table thead th:first-child, .tall thead th:first-child { z-index: 2; }
.tall tfoot > tr > * { position: sticky; bottom: 0; background: var(--surface); box-shadow: inset 0 1px var(--line); }
.tall tfoot > tr > :first-child { z-index: 2; }
figure + details { margin-top: 0.75rem; }
summary { margin-bottom: 0.75rem; cursor: pointer; }
figure { margin: 0; }
figcaption { margin-top: 0.5rem; color: var(--muted); font-size: 0.875rem; max-width: 46rem; }
.chart { display: block; width: 100%; height: auto; }
.wide { display: none; }
.narrow { max-width: 30rem; margin: 0 auto; }
@media (min-width: ${NARROW}px) { .wide { display: block; } .narrow { display: none; } }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0 0 0.75rem; padding: 0; list-style: none; font-size: 0.875rem; }
.layer { white-space: nowrap; }
.layer.long { display: inline-block; min-width: 8.5rem; white-space: normal; word-break: break-all; }
.key { width: 0.75em; height: 0.75em; margin-right: 0.25em; overflow: visible; }
.dash { width: 1.5em; }
code { font: 0.875em/1.4 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { margin-top: 3rem; }
@page { margin: 15mm; }
@media print {
  :root { color-scheme: light; font-size: 10pt; ${variables(light)} }
  body { max-width: none; padding: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2 { margin-top: 1.5rem; break-after: avoid; }
  figure, tr, .columns > * { break-inside: avoid; }
  .columns { grid-template-columns: 1fr 1fr; }
  .scroll, details .scroll { max-height: none; overflow: visible; background: none; }
  thead th, tbody th { white-space: normal; }
  .wide { display: block; }
  .narrow { display: none; }
}
`)}
</style>`;
