import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { DEFAULT_SPLIT_SEED, type Splits } from '../../data/splits.ts';
import { loadData } from '../../node.ts';
import type { SplitName } from '../../pruning/images.ts';
import { path, text } from '../../pruning/options/kinds.ts';
import type { OptionValues } from '../../pruning/options/option.ts';

export const dataOptions = {
  data: path('DIR', 'folder of IDX files (MNIST, Fashion-MNIST); default: the bundled 10,000 digits'),
  splitSeed: text('SEED', 'any text; decides how the bundled digits are split', {
    default: DEFAULT_SPLIT_SEED,
  }),
};

/** Throws 'bad-input' for a seed with data that are split already. */
export async function loadSplits({ data, splitSeed }: OptionValues<typeof dataOptions>): Promise<Splits> {
  if (data !== undefined && splitSeed !== undefined) {
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('splitSeed')} has no effect on ${optionName('data')}`,
      'leave one of them out',
      { option: 'splitSeed', value: splitSeed },
    );
  }
  return loadData(data, splitSeed);
}

/** "2000 images of the search split" */
export function describeImages({ count }: Pick<ImageSet, 'count'>, split: SplitName): string {
  return `${count} image${count === 1 ? '' : 's'} of the ${split} split`;
}
