/** What tests read out of a report. */

/** Text as a reader sees it: without tags, white space run together. */
export function textOf(markup: string): string {
  return markup
    .replace(/<style>[^]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

export function occurrences(markup: string, pattern: RegExp): number {
  return (markup.match(pattern) ?? []).length;
}

/** The charts in the order of the page, each wide, then narrow. */
export function charts(markup: string): readonly string[] {
  return [...markup.matchAll(/<svg\s+class="chart [^]*?<\/svg\s*>/g)].map(([svg]) => svg);
}

/** Marks of steps: filled in a layer's colour, outlined in the page's. */
export function marks(chart: string): number {
  return occurrences(chart, /<path [^>]*fill="var\(--layer-\d\)" stroke="var\(--surface\)"/g);
}
