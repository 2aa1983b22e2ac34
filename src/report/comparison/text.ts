import type { Comparison } from './comparison.ts';
import { paperText } from './paper/text.ts';
import { tunedText } from './tuned/text.ts';

/** A comparison for a terminal, as paragraphs of at most 110 columns. */
export function compareText(comparison: Comparison): readonly string[] {
  return comparison.preset === 'paper' ? paperText(comparison) : tunedText(comparison);
}
