import { count } from '../text/numbers.ts';
import type { PruneResult } from './result.ts';

/** Most outputs that are named. */
const MAX_NAMED = 12;

/** A sentence on outputs without an area under the curve, and on a result without; empty if there is nothing to say. */
export function aucNote({ task, test }: Pick<PruneResult, 'task' | 'test'>): string {
  if (task !== 'binary' || !test) return '';
  if (!test.auc) return 'There is no AUC: for every output the test images have one answer only.';
  const { leftOut = [] } = test.auc;
  if (leftOut.length === 0) return '';
  const named = `${leftOut.slice(0, MAX_NAMED).join(', ')}${leftOut.length > MAX_NAMED ? ', …' : ''}`;
  return `The AUC leaves out ${count(leftOut.length)} of the outputs (${named}, counted from 0), for which the test images have one answer only.`;
}
