/** Arrays of labels or of numbers as what a network's task compares its outputs with. */
import { MasksearchError } from '../../core/error.ts';
import type { ImageSet, Labels } from '../../data/dataset.ts';
import { elementsOf, shapeText } from '../../network/shapes.ts';
import type { Shape } from '../../network/network.ts';
import type { Task } from '../../network/task.ts';
import { checkArrayBytes, elementsIn, isText, type NumberArray } from '../arrays/array.ts';
import { readLabels, type LabelSource } from './labels.ts';
import { placeImages } from './layout.ts';

/** What a network gives. */
export interface Outputs {
  readonly task: Task;
  readonly shape: Shape;
  /** Whether its inputs may be its targets: it gives as many numbers as it takes. */
  readonly mayReconstruct: boolean;
}

export type SetTargets = Pick<ImageSet, 'labels' | 'targets' | 'classNames'>;

export interface ReadTargets {
  /** In the order of the sources. */
  readonly sets: readonly SetTargets[];
  /** Sentences on what was assumed. */
  readonly notes: readonly string[];
}

/**
 * Labels or targets of the sets of a data set, as the task of a network takes them:
 *
 * - `classes`: labels in any form; see `readLabels`
 * - `binary`: of one output, labels of two classes; of several, one column of 0 and 1 for each
 * - `regression`: numbers in the shape of the output. Labels beside a network that gives as many numbers as it takes only serve to
 *   divide its images: they are their own targets.
 *
 * Throws 'bad-input' for anything else.
 */
export function readTargets(sources: readonly LabelSource[], outputs: Outputs): ReadTargets {
  switch (outputs.task) {
    case 'classes':
      return labelled(sources, elementsOf(outputs.shape));
    case 'binary':
      return elementsOf(outputs.shape) === 1 ? oneAnswer(sources) : severalAnswers(sources, outputs.shape);
    case 'regression':
      return numbers(sources, outputs);
  }
}

function labelled(sources: readonly LabelSource[], classes: number): ReadTargets {
  const { labels, classNames, notes } = readLabels(sources, classes);
  return { sets: labels.map((ofSet) => ({ labels: ofSet, classNames })), notes };
}

function oneAnswer(sources: readonly LabelSource[]): ReadTargets {
  const { sets, notes } = labelled(sources, 2);
  return { sets: sets.map((set) => ({ ...set, targets: Float32Array.from(set.labels!) })), notes };
}

function severalAnswers(sources: readonly LabelSource[], shape: Shape): ReadTargets {
  const sets = sources.map((source) => {
    const targets = fitting(source, shape);
    if (!targets) throw misfit(source, shape);
    const at = targets.findIndex((value) => value !== 0 && value !== 1);
    if (at < 0) return { targets };
    throw refused(source, `it holds ${targets[at]} at index ${at}, only 0 and 1 are allowed`);
  });
  return { sets, notes: [] };
}

function numbers(sources: readonly LabelSource[], { shape, mayReconstruct }: Outputs): ReadTargets {
  const found = sources.map((source) => fitting(source, shape));
  if (found.every((targets) => targets !== undefined))
    return { sets: found.map((targets) => ({ targets })), notes: [] };
  const misfitting = sources[found.indexOf(undefined)]!;
  if (!mayReconstruct || found.some((targets) => targets !== undefined)) throw misfit(misfitting, shape);
  return {
    sets: sources.map((source) => ({ labels: labelsOf(source) })),
    notes: ['The network gives as many numbers as it takes, so its targets are its inputs.'],
  };
}

/** The numbers of an array [image, …] that has as many per image as the network gives, channels first; undefined for any other. */
function fitting({ array }: LabelSource, shape: Shape): Float32Array | undefined {
  if (isText(array)) return undefined;
  const [count = 0, ...ofImage] = array.shape;
  if (elementsIn(ofImage) !== elementsOf(shape)) return undefined;
  checkArrayBytes('the targets, as float32,', array.numbers.length * 4);
  const floats: NumberArray = { shape: [count, ...ofImage], numbers: Float32Array.from(array.numbers) };
  return placeImages(floats, shape).images.pixels as Float32Array;
}

/** Classes to divide images by, if there is a whole number for each. */
function labelsOf({ array }: LabelSource): Labels | undefined {
  if (isText(array) || elementsIn(array.shape.slice(1)) !== 1) return undefined;
  const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 16;
  const { numbers } = array;
  return numbers.every(isClass) ? Uint16Array.from(numbers) : undefined;
}

function misfit(source: LabelSource, shape: Shape): MasksearchError {
  const { array } = source;
  const found = isText(array) ? 'text' : shapeText(array.shape.slice(1)) || 'one number per image';
  return refused(source, `the targets are ${found}, the network gives ${shapeText(shape)}`);
}

const refused = ({ name }: LabelSource, message: string) =>
  new MasksearchError('bad-input', `${name}: ${message}`, 'give each image one target per output');
