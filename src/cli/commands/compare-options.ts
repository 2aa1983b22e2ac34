/** The options of `compare`, of both presets. */
import { imagesOption } from '../../pruning/options/run.ts';
import { SPLITS } from '../../pruning/images.ts';
import { choice, count, list, path, type OptionValues } from '../options.ts';
import { compareSearchOptions } from '../../pruning/options/search.ts';
import { commonOptions, dataOptions, deviceOptions, modelOptions } from '../shared-options.ts';

const DEFAULT_SEEDS = 3;

/** All histories are in memory, and in one file. */
const MAX_SEEDS = 1000;

export const compareOptions = {
  seeds: count('N', `runs of each search, with the seeds 1 to N (default ${DEFAULT_SEEDS})`, {
    most: MAX_SEEDS,
    example: DEFAULT_SEEDS,
  }),
  ...compareSearchOptions,
  ...modelOptions,
  ...dataOptions,
  splitSeeds: list(
    'SEEDS',
    'tuned: splits of the bundled digits, each with its model, such as 1,2,3 (default 0)',
  ),
  split: choice(SPLITS, 'images to search with (default search); test and all leave none to test on'),
  ...imagesOption,
  ...deviceOptions,
  out: path('DIR', 'where the files go (default: a new folder under runs/)'),
  ...commonOptions,
};

export type CompareValues = OptionValues<typeof compareOptions>;

/** "1" to as many as were asked for. */
export function seedsOf({ seeds = DEFAULT_SEEDS }: Pick<CompareValues, 'seeds'>): readonly string[] {
  return Array.from({ length: seeds }, (_, i) => `${i + 1}`);
}
