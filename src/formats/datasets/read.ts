/** Files of arrays to the splits of a data set. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { DEFAULT_SPLIT_SEED, splitInHalf, splitTraining, type Splits } from '../../data/splits.ts';
import type { Network } from '../../network/network.ts';
import { elementsOf, inferShapes } from '../../network/shapes.ts';
import { taskOf, type Task } from '../../network/task.ts';
import { elementsIn } from '../arrays/array.ts';
import { withPathInErrors } from '../path-in-errors.ts';
import { shown } from '../safetensors/header.ts';
import { chooseSets, type Candidate, type ChooseOptions } from './choose.ts';
import type { LabelSource } from './labels.ts';
import { placeImages, type PlacedImages } from './layout.ts';
import { isTable } from './file-roles.ts';
import { commonFolder, type NamedBytes } from './paths.ts';
import { decode, sourcesOf, type Source } from './sources.ts';
import { readTargets, type Outputs } from './targets.ts';

export type { NamedBytes } from './paths.ts';

export interface ReadOptions {
  /** The images must fit its input, the labels or targets its outputs. */
  readonly network: Network;
  /** Decides what they are; `classes` if undefined. */
  readonly task?: Task | undefined;
  /** Whether images for a network for classes may come without labels. */
  readonly mayLackLabels?: boolean | undefined;
  /** Decides the halves of a single set. */
  readonly splitSeed?: string | undefined;
  /** Of tables: the name of the column with the labels, or its number from 1 on. */
  readonly labelColumn?: string | undefined;
}

export interface LoadedData extends Splits {
  /** Sentences on what was assumed about the data, for people. */
  readonly notes: readonly string[];
}

const UNLABELLED =
  'The images have no labels: accuracies are shares of images on which a network agrees with the unpruned one.';

/**
 * The splits of a data set in files of arrays, IDX, npz, npy or safetensors; in tables, CSV; in the binary files of CIFAR; or in image files, PNG or
 * JPEG, whose paths have the name of the class as their last folder. With a training set: its first 80 % for training, the rest for
 * search, and the test set. A single set is split in halves for search and test; the training split is the search half then. Rejects with
 * 'bad-input' for files that are damaged or do not fit the network, and for a split seed without effect.
 */
export async function readDataset(
  files: readonly NamedBytes[],
  { network, task, mayLackLabels, splitSeed, labelColumn }: ReadOptions,
): Promise<LoadedData> {
  const outputs = outputsOf({ network, task });
  if (labelColumn !== undefined && !files.some(({ name }) => isTable(name))) throw uselessColumn(labelColumn);
  const classes = classesIn(outputs);
  const { sources, notes: found } = await sourcesOf(files, { network, classes, labelColumn });
  const where = files.length === 1 ? files[0]!.name : commonFolder(files.map(({ name }) => name));
  const chosen = await withPathInErrors(where, () =>
    chooseSets(sources, chooseOptions({ network, task, mayLackLabels })),
  );
  const pairs = [...(chosen.train ? [chosen.train] : []), chosen.test];
  if (chosen.train && splitSeed !== undefined) throw uselessSeed(splitSeed);

  const placed: PlacedImages[] = [];
  const labelled: LabelSource[] = [];
  for (const { images, labels } of pairs) {
    if (labels) labelled.push({ name: labels.label, array: await decode(labels) });
    const image = await decode(images);
    placed.push(await withPathInErrors(images.label, () => placeImages(image, network.input)));
  }
  // Of a training and a test set both have labels, or neither is read with them.
  const isLabelled = labelled.length === pairs.length;
  if (isLabelled)
    await Promise.all(pairs.map(({ labels }, i) => checkCounts(labels!, placed[i]!, labelled[i]!)));
  const { sets: targets, notes } = isLabelled ? readTargets(labelled, outputs) : { sets: [], notes: [] };
  const sets = placed.map(({ images }, i): ImageSet => ({ ...images, ...targets[i] }));
  const isUnlabelled = outputs.task === 'classes' && !isLabelled;
  const assumed = [
    ...found,
    ...placed.flatMap((set) => set.notes),
    ...notes,
    ...(isUnlabelled ? [UNLABELLED] : []),
    ...unusedNote(chosen.unused),
  ];
  const [first, second] = sets as [ImageSet, ImageSet | undefined];
  return withPathInErrors(where, () =>
    second
      ? { ...splitTraining(first, second), notes: [...new Set(assumed)] }
      : halves(first, splitSeed, assumed),
  );
}

/** Which arrays a network needs: one that is its own target, or that teaches, needs no labels. */
export function chooseOptions(options: ReadOptions): ChooseOptions {
  const { task, mayReconstruct } = outputsOf(options);
  const lack = { classes: options.mayLackLabels ?? false, binary: false, regression: mayReconstruct };
  return { mayLackLabels: lack[task] };
}

function outputsOf({ network, task }: ReadOptions): Outputs {
  const shape = inferShapes(network).get(network.output)!;
  return { task: taskOf({ task }), shape, mayReconstruct: elementsOf(shape) === elementsOf(network.input) };
}

/** Classes of the labels; undefined if they are no classes. */
function classesIn({ task, shape }: Outputs): number | undefined {
  const outputs = elementsOf(shape);
  if (task === 'classes') return outputs;
  return task === 'binary' && outputs === 1 ? 2 : undefined;
}

function checkCounts(labels: Source, { images }: PlacedImages, { array }: LabelSource): Promise<void> {
  return withPathInErrors(labels.label, () => {
    const count = array.shape[0] ?? elementsIn(array.shape);
    if (count === images.count) return;
    throw new MasksearchError(
      'bad-input',
      `there are ${count} labels for ${images.count} images, one per image is allowed`,
      'use the labels of these images',
    );
  });
}

function halves(set: ImageSet, splitSeed: string | undefined, notes: readonly string[]): LoadedData {
  const splits = splitInHalf(set, splitSeed ?? DEFAULT_SPLIT_SEED);
  const note = `The data are a single set: ${splits.search.count} of its images are the search and training splits, the other ${splits.test.count} the test split.`;
  return { ...splits, notes: [...notes, note] };
}

function unusedNote(unused: readonly Candidate[]): readonly string[] {
  if (unused.length === 0) return [];
  return [
    `Of the data, ${shown(unused.map(({ name }) => name)).slice(1, -1)} ${unused.length === 1 ? 'is' : 'are'} not used.`,
  ];
}

function uselessSeed(splitSeed: string): MasksearchError {
  return new MasksearchError(
    'bad-input',
    phrase`${optionName('splitSeed')} has no effect on ${optionName('data')} with a training and a test set`,
    'leave one of them out',
    { option: 'splitSeed', value: splitSeed },
  );
}

/** The error for data that have no columns. */
export function uselessColumn(labelColumn: string): MasksearchError {
  return new MasksearchError(
    'bad-input',
    phrase`${optionName('labelColumn')} has no effect without a table of ${optionName('data')} in CSV`,
    'leave it out',
    { option: 'labelColumn', value: labelColumn },
  );
}
