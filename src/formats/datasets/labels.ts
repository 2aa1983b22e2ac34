/** Arrays of labels, in any form, as classes from 0. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { Labels } from '../../data/dataset.ts';
import { shapeText } from '../../network/shapes.ts';
import { elementsIn, isText, type DecodedArray, type Numbers } from '../arrays/array.ts';
import { classesOfTexts } from './text-labels.ts';

/** Labels of one set. */
export interface LabelSource {
  /** For messages. */
  readonly name: string;
  readonly array: DecodedArray;
}

export interface ReadLabels {
  /** In the order of the sources. */
  readonly labels: readonly Labels[];
  /** By class, where the labels are text. */
  readonly classNames?: readonly string[] | undefined;
  /** Sentences on what was assumed. */
  readonly notes: readonly string[];
}

/** More do not fit into 16 bits. */
const MAX_CLASSES = 2 ** 16;

/**
 * The classes of all sets of a data set, for a network with this number of classes: whole numbers from 0, or from 1 if the largest is the
 * number of classes; one-hot rows; or texts, whose alphabetical order gives the classes. Throws 'bad-input' for anything else, and for more
 * classes than the network has.
 */
export function readLabels(sources: readonly LabelSource[], classes: number): ReadLabels {
  const first = sources[0]!;
  if (classes > MAX_CLASSES)
    throw refused(first, `the network has ${classes} classes, at most ${MAX_CLASSES} are allowed`);
  const texts = sources.flatMap(({ array }) => (isText(array) ? [array.texts] : []));
  if (texts.length > 0) {
    if (texts.length < sources.length)
      throw refused(
        first,
        'the labels are text in one set and numbers in another, only one of them is allowed',
      );
    sources.forEach(checkOnePerImage);
    const { indices, names, note } = classesOfTexts(texts, classes, first.name);
    return { labels: indices.map((list) => packed(list, classes)), classNames: names, notes: [note] };
  }
  const found = sources.map((source) => numbersOf(source, classes));
  sources.forEach((source, i) => checkWhole(source, found[i]!));
  const start = startOf(found, classes);
  sources.forEach((source, i) => checkRange(source, found[i]!, { start, classes }));
  return {
    labels: found.map((numbers) =>
      packed(start === 0 ? numbers : numbers.map((label) => label - 1), classes),
    ),
    notes: startNote(
      found.filter((_, i) => !isOneHot(sources[i]!)),
      { start, classes },
    ),
  };
}

function packed(numbers: Numbers, classes: number): Labels {
  if (classes > 256) return new Uint16Array(numbers);
  return numbers instanceof Uint8Array ? numbers : new Uint8Array(numbers);
}

/** Whether it has rows, as a one-hot array does, and not one number per image. */
function isOneHot({ array }: LabelSource): boolean {
  return array.shape.length === 2 && array.shape[1] !== 1;
}

/** One number per image; of one-hot rows, where the 1 is. */
function numbersOf(source: LabelSource, classes: number): Numbers {
  const array = source.array as Exclude<DecodedArray, { texts: unknown }>;
  const [count, columns] = array.shape;
  if (!isOneHot(source)) {
    checkOnePerImage(source);
    return array.numbers;
  }
  if (columns !== classes) throw classMismatch(source, `the rows have ${columns} columns`, columns!, classes);
  return Uint16Array.from({ length: count! }, (_, row) => {
    const values = array.numbers.subarray(row * columns, (row + 1) * columns);
    const label = values.indexOf(1);
    const wrong = values.findIndex((value, column) => column !== label && value !== 0);
    if (label >= 0 && wrong < 0) return label;
    const at = row * columns + Math.max(wrong, 0);
    throw refused(
      source,
      `row ${row} holds ${array.numbers[at]} at index ${at}, only rows of zeros with a single 1 are allowed`,
    );
  });
}

/** Throws 'bad-input' unless every axis but the first has length 1. */
function checkOnePerImage(source: LabelSource): void {
  const { shape } = source.array;
  if (shape.length === 0 || elementsIn(shape.slice(1)) !== 1) {
    throw refused(
      source,
      `the labels are ${shapeText(shape) || 'a single value'}, only one per image or one-hot rows are allowed`,
    );
  }
}

function checkWhole(source: LabelSource, numbers: Numbers): void {
  const at = numbers.findIndex((value) => !(Number.isSafeInteger(value) && value >= 0));
  if (at >= 0)
    throw refused(source, `label ${numbers[at]} at index ${at} is no class, only whole numbers from 0 are`);
}

/** The label of the first class. */
function startOf(found: readonly Numbers[], classes: number): 0 | 1 {
  const isOne =
    found.some((numbers) => numbers.includes(classes)) && !found.some((numbers) => numbers.includes(0));
  return isOne && found.every((numbers) => numbers.every((label) => label <= classes)) ? 1 : 0;
}

interface Classes {
  readonly start: 0 | 1;
  readonly classes: number;
}

/** A sentence on what the labels, which are in range, were taken as; none if there is a label 0. */
function startNote(found: readonly Numbers[], { start, classes }: Classes): readonly string[] {
  if (start === 1)
    return [`The labels start at 1: class 0 is label 1, class ${classes - 1} is label ${classes}.`];
  if (found.every((numbers) => !numbers.includes(1)) || found.some((numbers) => numbers.includes(0)))
    return [];
  const largest = Math.max(...found.map(largestOf));
  const [labels, taken] =
    largest === 1
      ? ['all labels are 1', 'class 1']
      : [`the labels go from 1 to ${largest}`, `classes 1 to ${largest}`];
  return [`There is no label 0: ${labels} and are taken as ${taken} of the network's 0 to ${classes - 1}.`];
}

function checkRange(source: LabelSource, numbers: Numbers, { start, classes }: Classes): void {
  const largest = largestOf(numbers);
  if (largest - start < classes) return;
  const least = numbers.includes(0) ? 0 : 1;
  const found = `label ${largest} at index ${numbers.indexOf(largest)} is the largest`;
  throw classMismatch(source, found, largest + 1 - least, classes);
}

function largestOf(numbers: Numbers): number {
  let largest = 0;
  for (const number of numbers) largest = Math.max(largest, number);
  return largest;
}

function classMismatch({ name }: LabelSource, found: string, inData: number, inNetwork: number) {
  return new MasksearchError(
    'bad-input',
    `${name}: ${found}, so the data have ${inData} classes, the network has ${inNetwork}`,
    'use data with the classes of the network',
  );
}

const refused = ({ name }: LabelSource, message: string) =>
  new MasksearchError(
    'bad-input',
    `${name}: ${message}`,
    phrase`give each image the number of its class, or say by ${optionName('task')} that the network is for something else`,
  );
