import type { Comparison } from './article.ts';
import { jsonText } from '../text/json.ts';

/** The text of compare.json, with a line end; numbers that are not finite are texts, as in result.json. */
export function compareJson(comparison: Comparison): string {
  return jsonText(comparison);
}
