/** The splits that a comparison runs on: networks with images that they were not trained on. */
import { checkHasAccuracy } from '../../../compare/accuracy.ts';
import type { SubjectSplit } from '../../../compare/task.ts';
import { MasksearchError } from '../../../core/error.ts';
import { badOption } from '../../../core/options.ts';
import { optionName, phrase } from '../../../core/phrase.ts';
import type { ImageSet } from '../../../data/dataset.ts';
import { DEFAULT_SPLIT_SEED, type Splits } from '../../../data/splits.ts';
import { bundledModelOf, BUNDLED_SPLIT_SEEDS, loadData } from '../../../node.ts';
import { calibrationImages } from '../../../pruning/calibration.ts';
import { BUNDLED_NAME } from '../../../pruning/files/prune-result.ts';
import { imagesOfSplit, isHeldOut, type SplitName } from '../../../pruning/images.ts';
import { loadSplits } from '../../options/data.ts';
import { loadChosenModel } from '../../options/model.ts';
import type { CompareValues } from './options.ts';

/** Name of the one split of a folder of images. */
const FOLDER = 'data';

/** Of preset paper: one split, whose test images are undefined if the searches see them. */
export async function paperSplit(values: CompareValues): Promise<SubjectSplit> {
  const [split] = await loadedSplit(values);
  return isHeldOut(values.split ?? 'search') ? split : { ...split, test: undefined };
}

/** Of preset tuned, with all calibration images, or as many as an option says. */
export type CalibratedSplit = SubjectSplit<ImageSet> & {
  readonly calibration: ImageSet;
  readonly splits: Splits;
};

/** The model and the data that the options name. */
async function loadedSplit(values: CompareValues): Promise<[SubjectSplit<ImageSet>, Splits]> {
  const { data, splitSeed = DEFAULT_SPLIT_SEED, split = 'search' } = values;
  const model = await loadChosenModel(values);
  checkHasAccuracy(model);
  const splits = await loadSplits(values, model);
  const subject = {
    splitSeed: data === undefined ? splitSeed : FOLDER,
    model,
    modelName: values.model ?? BUNDLED_NAME,
    dataNotes: splits.notes,
    images: imagesOfSplit(splits, split),
    test: splits.test,
  };
  return [subject, splits];
}

/** Of preset tuned. Throws 'bad-input' for splits that do not go together with the model or the data. */
export async function tunedSplits(values: CompareValues): Promise<readonly CalibratedSplit[]> {
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
  if (data !== undefined) return [await folderSplit(values)];
  const seeds = splitSeeds ?? [DEFAULT_SPLIT_SEED];
  checkSplitSeeds(seeds, model);
  return Promise.all(seeds.map((seed) => bundledSplit(values, seed, split)));
}

async function folderSplit(values: CompareValues): Promise<CalibratedSplit> {
  if (values.splitSeeds === undefined) {
    const [split, splits] = await loadedSplit(values);
    return { ...split, splits, calibration: calibrationImages(splits, values.calibration) };
  }
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName('splitSeeds')} has no effect on ${optionName('data')}, whose folder is one split`,
    'leave one of them out',
    { option: 'splitSeeds' },
  );
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
): Promise<CalibratedSplit> {
  const path = values.model ?? bundledModelOf(splitSeed);
  const model = await loadChosenModel({ ...values, model: path });
  const splits = await loadData(undefined, { network: model.network, splitSeed });
  const bundled = splitSeed === DEFAULT_SPLIT_SEED ? BUNDLED_NAME : `the bundled model of split ${splitSeed}`;
  const modelName = values.model ?? bundled;
  return {
    splitSeed,
    model,
    modelName,
    images: imagesOfSplit(splits, split),
    test: splits.test,
    splits,
    calibration: calibrationImages(splits, values.calibration),
  };
}
