import { DEFAULT_RIDGE, REPAIRS } from '../../../repair/repair.ts';
import { RIDGES } from '../../../repair/ridge.ts';
import { choice, count, number } from '../kinds.ts';
import type { Option } from '../option.ts';

const RIDGE = 'how much weights are held to what they were, relative to the mean square of their inputs';

/** One number for all layers. */
export const ridgeOption = { ridge: number('R', RIDGE, { default: DEFAULT_RIDGE, range: [0, 1e6] }) };

const ridgeOrAuto: Option<number | 'auto'> = {
  ...ridgeOption.ridge,
  placeholder: 'R|auto',
  description: `${RIDGE} (default ${DEFAULT_RIDGE}); auto: for each layer the best of ${RIDGES.join(', ')} on a fifth of the calibration images, held out`,
  parse: (value, name) => (value === 'auto' ? value : ridgeOption.ridge.parse(value, name)),
};

const CALIBRATION =
  'use only the first N calibration images: of the training split, or else of the tuning images';

/** Which images weights are fitted on. */
export const calibrationOption = { calibration: count('N', CALIBRATION, { example: 1000 }) };

/** Of a command that repairs. */
export const repairOptions = {
  repair: choice(
    REPAIRS,
    'what changes: the biases alone; one factor for all weights of an output, and its bias; or each weight that stays',
    { default: 'least-squares' },
  ),
  ridge: ridgeOrAuto,
  ...calibrationOption,
};

/** Of a run, which need not repair. */
export const runRepairOptions = {
  repair: choice(
    ['none', ...REPAIRS],
    'what changes in the weights that stay: nothing, biases, a factor and the bias of each output, or all by least squares (default: the last with preset tuned, where it is affordable)',
  ),
  ...ridgeOption,
  calibration: count('N', `${CALIBRATION} (default: up to 3000)`, { example: 1000 }),
};
