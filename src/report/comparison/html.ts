import type { Comparison } from './comparison.ts';
import { paperHtml } from './paper/html.ts';
import { tunedHtml } from './tuned/html.ts';

/** The text of compare.html. */
export function compareHtml(comparison: Comparison): string {
  return comparison.preset === 'paper' ? paperHtml(comparison) : tunedHtml(comparison);
}
