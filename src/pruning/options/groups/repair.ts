import { DEFAULT_RIDGE, REPAIRS } from '../../../repair/repair.ts';
import { choice, count, number } from '../kinds.ts';

/** How the weights that stay are adjusted, and on what. */
const settings = {
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
    'use only the first N calibration images: of the training split, or else of the tuning images (default: up to 3000)',
    {
      example: 1000,
    },
  ),
} as const;

/** Of a command that repairs. */
export const repairOptions = {
  repair: choice(REPAIRS, 'what changes: the biases alone, or the weights that stay too, by least squares', {
    default: 'least-squares',
  }),
  ...settings,
};

/** Of a run, which need not repair. */
export const runRepairOptions = {
  repair: choice(
    ['none', ...REPAIRS],
    'what changes in the weights that stay: nothing, biases, or all by least squares (default: the last with preset tuned, where it is affordable)',
  ),
  ...settings,
};
