/** What holds for every report, whatever it is of. */
import * as assert from 'uvu/assert';
import { charts, occurrences, textOf } from './markup.ts';

/** Loads nothing, runs nothing, and leaves nothing behind that applies to the whole page or differs between calls. */
export function assertStandalone(page: string): void {
  assert.not.match(page, /<(script|link|img|iframe|object|embed|image|use)\b/i);
  assert.not.match(page, /https?:|@import|url\(|\bon\w+=|\b(src|href)=/i);
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)![1]!;
  assert.match(policy, /^default-src 'none';/);
  assert.not.match(policy, 'script');
  assert.is(occurrences(page, /<style/g), 1);
  assert.not.match(page, /zr\d|ecmeta|CDATA|\sid=/);
}

/** Has a language, headings in order, headers of columns and rows, and charts with a name that tells them. */
export function assertAccessible(page: string): void {
  assert.match(page, /<html lang="en">/);
  const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => level).join('');
  assert.match(levels, /^12+$/);
  assert.is(occurrences(page, /<th\b/g), occurrences(page, /<th scope="(col|row)"/g));
  for (const chart of charts(page)) {
    assert.match(chart, /role="img"/);
    assert.match(chart, /aria-label="[^"]{80,}"/);
  }
}

export function assertTells(page: string, texts: readonly string[]): void {
  const text = textOf(page);
  for (const one of texts) assert.ok(text.includes(one), one);
}

/** A name that is markup. */
export const EVIL = `<script>alert("1")</script>&'`;

/** `EVIL` is a text wherever it stands, at `times` places at least. */
export function assertEscaped(page: string, times: number): void {
  assert.not.match(page, /<script/i);
  assert.not.match(page, 'alert("');
  assert.not.match(page, /&(?!amp;|lt;|gt;|quot;|#39;)/);
  const found = occurrences(page, /&lt;script&gt;/g);
  assert.ok(found >= times, `${found} places`);
}

/** Numbers that are not finite are in no drawing. */
export function assertDrawsNumbers(page: string): void {
  for (const chart of charts(page)) assert.not.match(chart.replace(/aria-label="[^"]*"/, ''), /NaN|Infinity/);
}
