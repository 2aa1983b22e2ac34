import { DEFAULT_RIDGE, REPAIRS } from '../../../repair/repair.ts';
import { choice, count, number } from '../kinds.ts';

/** How the weights that stay are adjusted. */
export const repairOptions = {
  repair: choice(
    REPAIRS,
    'what changes: the biases alone; one factor for all weights of an output, and its bias; or each weight that stays',
    { default: 'least-squares' },
  ),
  ridge: number(
    'R',
    'how much weights are held to what they were, relative to the mean square of their inputs',
    {
      default: DEFAULT_RIDGE,
      range: [0, 1e6],
    },
  ),
  calibration: count(
    'N',
    'use only the first N calibration images: of the training split, or else of the tuning images',
    {
      example: 1000,
    },
  ),
};
