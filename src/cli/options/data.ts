import type { ImageSet } from '../../data/dataset.ts';
import { DEFAULT_SPLIT_SEED } from '../../data/splits.ts';
import type { LoadedData, ReadOptions } from '../../formats/datasets/read.ts';
import type { Model } from '../../network/model.ts';
import { loadData } from '../../node.ts';
import type { SplitName } from '../../pruning/images.ts';
import { path, text } from '../../pruning/options/kinds.ts';
import type { OptionValues } from '../../pruning/options/option.ts';

export const dataOptions = {
  data: path(
    'PATH',
    'file or folder of images with labels or targets: IDX (as of MNIST), npz, npy, safetensors, CSV, CIFAR, or a folder of PNG or JPEG images for each class; default: the bundled 10,000 digits',
  ),
  labelColumn: text(
    'NAME',
    'of data in CSV: the column with the labels, by its name or its number from 1 on; default: label, class, target or y, or the first or last',
  ),
  splitSeed: text('SEED', 'any text; decides how the bundled digits, or data of a single set, are split', {
    default: DEFAULT_SPLIT_SEED,
  }),
};

/** The data as the model takes them; prints what was assumed about them. Throws 'bad-input' for a seed with data that are split already. */
export async function loadSplits(
  { data, splitSeed, labelColumn }: OptionValues<typeof dataOptions>,
  { network, task }: Pick<Model, 'network' | 'task'>,
  { mayLackLabels }: Pick<ReadOptions, 'mayLackLabels'> = {},
): Promise<LoadedData> {
  const loaded = await loadData(data, { network, task, splitSeed, labelColumn, mayLackLabels });
  for (const note of loaded.notes) process.stderr.write(`${note}\n`);
  return loaded;
}

/** "2000 images of the search split" */
export function describeImages({ count }: Pick<ImageSet, 'count'>, split: SplitName): string {
  return `${count} image${count === 1 ? '' : 's'} of the ${split} split`;
}
