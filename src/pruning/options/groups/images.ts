import { SPLITS } from '../../images.ts';
import { DEFAULTS } from '../defaults.ts';
import { choice, count } from '../kinds.ts';

/** Of a search. */
export const splitOption = {
  split: choice(SPLITS, 'images to search with; with test or all, none are left to test on', {
    default: DEFAULTS.split,
  }),
};

export const imagesOption = {
  images: count('N', 'use only the first N images of the split', { example: 1000 }),
};
