/** What can be said of a run, whatever device and data it has. */
import { SPLITS } from './images.ts';
import { choice, count, text } from './option.ts';
import { searchOptions } from './search-options.ts';

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
