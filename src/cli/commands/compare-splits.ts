/** The splits that a quality comparison runs on: images, and a network that was not trained on them. */
import { imagesOfSplit, isHeldOut, type SplitName } from '../../pruning/images.ts';
import { BUNDLED_NAME } from '../../pruning/files/prune-result.ts';
import type { ImageSet } from '../../data/dataset.ts';
import type { Model } from '../../network/model.ts';
import { bundledModelOf, BUNDLED_SPLIT_SEEDS, loadMnist } from '../../node.ts';
import { MasksearchError } from '../../core/error.ts';
import { badOption } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { CompareValues } from './compare-options.ts';
import { loadSplits } from '../options/data.ts';
import { loadChosenModel } from '../options/model.ts';

/** One network with its images. */
export interface ChosenSplit {
  /** As in `TunedSplit`. */
  readonly splitSeed: string;
  readonly model: Model;
  readonly modelName: string;
  /** All of the split that is searched with. */
  readonly images: ImageSet;
  readonly test: ImageSet;
}

/** Throws 'bad-input' for splits that do not go together with the model or the data. */
export async function chosenSplits(values: CompareValues): Promise<readonly ChosenSplit[]> {
  const { data, model, splitSeed, splitSeeds, split = 'search' } = values;
  if (!isHeldOut(split)) {
    throw badOption(
      'split',
      split,
      'search or train with preset tuned, which is evaluated on test images that it has not seen',
      'leave it out',
    );
  }
  if (splitSeed !== undefined) {
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('splitSeed')} has no effect on preset tuned`,
      phrase`use ${optionName('splitSeeds')}`,
      { option: 'splitSeed' },
    );
  }
  if (data !== undefined) return [await dataSplit(values, split)];
  const seeds = splitSeeds ?? ['0'];
  checkSplitSeeds(seeds, model);
  return Promise.all(seeds.map((seed) => bundledSplit(values, seed, split)));
}

async function dataSplit(values: CompareValues, split: SplitName): Promise<ChosenSplit> {
  if (values.splitSeeds !== undefined) {
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('splitSeeds')} has no effect on ${optionName('data')}, whose folder is one split`,
      'leave one of them out',
      { option: 'splitSeeds' },
    );
  }
  const splits = await loadSplits(values);
  const model = await loadChosenModel(values);
  const modelName = values.model ?? BUNDLED_NAME;
  return { splitSeed: 'data', model, modelName, images: imagesOfSplit(splits, split), test: splits.test };
}

function checkSplitSeeds(seeds: readonly string[], model: string | undefined): void {
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) < i);
  const known: readonly string[] = BUNDLED_SPLIT_SEEDS;
  const unknown = seeds.find((seed) => !known.includes(seed));
  if (seeds.length === 0 || twice !== undefined) {
    throw badOption('splitSeeds', seeds, 'different seeds, separated by commas', 'pass some such as 1,2,3', {
      shown: twice === undefined ? 'empty' : `${twice} twice`,
    });
  }
  if (model !== undefined && seeds.length > 1) {
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('splitSeeds')} names ${seeds.length} splits, but ${optionName('model')} is one network, trained on the images of one split`,
      phrase`name that split alone, or leave out ${optionName('model')}`,
      { option: 'splitSeeds' },
    );
  }
  if (model === undefined && unknown !== undefined) {
    throw badOption(
      'splitSeeds',
      unknown,
      `among ${known.join(', ')}, which the package has models for`,
      phrase`pass some of these, or ${optionName('model')} with a network that was trained on that split`,
    );
  }
}

async function bundledSplit(
  values: CompareValues,
  splitSeed: string,
  split: SplitName,
): Promise<ChosenSplit> {
  const path = values.model ?? bundledModelOf(splitSeed);
  const model = await loadChosenModel({ ...values, model: path });
  const splits = await loadMnist({ splitSeed });
  const bundled = splitSeed === '0' ? BUNDLED_NAME : `the bundled model of split ${splitSeed}`;
  const modelName = values.model ?? bundled;
  return { splitSeed, model, modelName, images: imagesOfSplit(splits, split), test: splits.test };
}
