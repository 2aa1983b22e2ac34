/** The files that a comparison leaves, on a disk or for download. */
import type { Comparison } from '../report/comparison/comparison.ts';
import { compareCsv } from '../report/comparison/csv.ts';
import { jsonText } from '../report/text/json.ts';

export const COMPARE_FILES = ['compare.json', 'compare.csv', 'compare.html'] as const;

export type CompareFiles = Readonly<Record<(typeof COMPARE_FILES)[number], string>>;

/** All files of a comparison. */
export async function compareFiles(comparison: Comparison): Promise<CompareFiles> {
  // The charts take half a second to load, which a comparison that is not done should not wait for.
  const { compareHtml } = await import('../report/comparison/html.ts');
  return {
    'compare.json': jsonText(comparison),
    'compare.csv': compareCsv(comparison),
    'compare.html': compareHtml(comparison),
  };
}
