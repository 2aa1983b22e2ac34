import { measuresOf } from '../text/measures.ts';
import { counted } from '../text/numbers.ts';
import type { PruneResult } from './result.ts';

/** How each way of repair is called. */
const NAMES: Readonly<Record<string, string>> = {
  bias: 'Biases were fitted',
  affine: 'A scale and a shift of each output were fitted',
  'least-squares': 'The weights that stay were fitted by least squares',
};

/**
 * Sentences on how weights were repaired, and what the masks are worth without; empty if they were not.
 *
 * @param percent writes fractions in the way of the page or the terminal
 */
export function repairNote(
  { repair, task, test }: Pick<PruneResult, 'repair' | 'task' | 'test'>,
  percent: (fraction: number) => string,
): string {
  if (!repair) return '';
  const [quality] = measuresOf(task, percent);
  const images = counted(repair.calibration, repair.split === 'train' ? 'training image' : 'tuning image');
  const alone = test?.frozen
    ? `: without these weights the ${quality.name} is ${quality.textOf(test.frozen)} on the test images`
    : '';
  return `${NAMES[repair.repair] ?? repair.repair} on ${images}. Masks alone are not enough${alone}.`;
}
