/** What can be said of a run, whatever device and data it has. */
import { MasksearchError } from '../../core/error.ts';
import { SPLITS } from '../images.ts';
import { choice, count, text, type OptionValues } from './option.ts';
import { searchOptions } from './search.ts';

const { preset, ...others } = searchOptions;

export const runOptions = {
  method: choice(['sa', 'ga'], 'the search: sa, simulated annealing (default), or ga, genetic algorithm'),
  preset,
  seed: text('SEED', 'any text; the same seed on the same device gives the same result (default 1)'),
  ...others,
};

export const splitOption = {
  split: choice(SPLITS, 'images to search with (default search); test and all leave none to test on'),
};

export const imagesOption = {
  images: count('N', 'use the first N images of the split', { example: 1000 }),
};

const all = { ...runOptions, ...splitOption, ...imagesOption };

/** Options by their names in camelCase as values, from texts as the command line takes them. Throws 'bad-input' for one that there is not. */
export function parseRunOptions(texts: Readonly<Record<string, string>>): OptionValues<typeof all> {
  const values = Object.entries(texts).map(([name, given]) => {
    if (!Object.hasOwn(all, name)) {
      throw new MasksearchError('bad-input', `there is no option ${name}`, 'leave it out', { option: name });
    }
    return [name, all[name as keyof typeof all].parse(given, name)] as const;
  });
  return Object.fromEntries(values);
}
