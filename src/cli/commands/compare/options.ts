/** The options of `compare`, of both presets. */
import { DEFAULT_CALIBRATION } from '../../../pruning/calibration.ts';
import { annealingOptions } from '../../../pruning/options/groups/annealing.ts';
import { articleOptions } from '../../../pruning/options/groups/article.ts';
import { evaluationsOption } from '../../../pruning/options/groups/budget.ts';
import { geneticOptions } from '../../../pruning/options/groups/genetic.ts';
import { goalOptions } from '../../../pruning/options/groups/goal.ts';
import { imagesOption, splitOption } from '../../../pruning/options/groups/images.ts';
import { importanceOptions } from '../../../pruning/options/groups/importance.ts';
import { choice, count, flag, list, path } from '../../../pruning/options/kinds.ts';
import { repairOptions, runRepairOptions } from '../../../pruning/options/groups/repair.ts';
import { methodOptions } from '../../../pruning/options/groups/method.ts';
import type { OptionValues } from '../../../pruning/options/option.ts';
import { commonOptions } from '../../options/common.ts';
import { dataOptions } from '../../options/data.ts';
import { deviceOptions } from '../../options/device.ts';
import { modelOptions } from '../../options/model.ts';

const DEFAULT_SEEDS = 3;

/** All histories are in memory and in one file. */
const MAX_SEEDS = 1000;

export const compareOptions = {
  seeds: count('N', `runs of each search, with the seeds 1 to N (default ${DEFAULT_SEEDS})`, {
    most: MAX_SEEDS,
    example: DEFAULT_SEEDS,
  }),
  preset: choice(
    ['paper', 'tuned'],
    "paper, the article's experiment (default), or tuned, that search on one or more splits",
  ),
  layers: methodOptions.layers,
  // Of a tuned search, the options that give every run the same budget and can be repeated exactly.
  ...goalOptions,
  ...evaluationsOption,
  ...importanceOptions,
  ...articleOptions,
  ...annealingOptions,
  ...geneticOptions,
  ...modelOptions,
  ...dataOptions,
  splitSeeds: list(
    'SEEDS',
    'tuned: splits of the bundled digits, each with its model, such as 1,2,3 (default 0)',
  ),
  ...splitOption,
  ...imagesOption,
  repair: runRepairOptions.repair,
  calibration: {
    ...repairOptions.calibration,
    description: `tuned: repair on the first N calibration images: of the training split, or else of the tuning images (default ${DEFAULT_CALIBRATION}, or all)`,
  },
  baselines: choice(
    ['all', 'frozen'],
    'tuned: all baselines (default), or only those with frozen weights, which takes much less time',
  ),
  randomSearch: flag(
    'tuned: also give random searches as many evaluations as each search, which takes as long again',
  ),
  ...deviceOptions,
  out: path('DIR', 'where the files go (default: a new folder under runs/)'),
  ...commonOptions,
};

export type CompareValues = OptionValues<typeof compareOptions>;

/** "1" to the number given. */
export function seedsOf({ seeds = DEFAULT_SEEDS }: Pick<CompareValues, 'seeds'>): readonly string[] {
  return Array.from({ length: seeds }, (_, i) => `${i + 1}`);
}
