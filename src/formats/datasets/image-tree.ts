/** Image files in a folder for each class. */
import { MasksearchError } from '../../core/error.ts';
import type { Shape } from '../../network/network.ts';
import { elementsOf, shapeText } from '../../network/shapes.ts';
import { checkArrayBytes, damagedFile, type NumberArray, type TextArray } from '../arrays/array.ts';
import { imageSizeOf, imageTypeOf, type ImageSize } from '../images/size.ts';
import { withPathInErrors } from '../path-in-errors.ts';
import { shown } from '../safetensors/header.ts';
import { folderOf, nameOf, type NamedBytes } from './paths.ts';
import type { Part } from './roles.ts';

/** Names of the folders of a training and a test set. */
const PARTS = new Map<string, Part | 'validation'>([
  ...(['train', 'training'] as const).map((name) => [name, 'train'] as const),
  ...(['test', 'testing'] as const).map((name) => [name, 'test'] as const),
  ...(['val', 'valid', 'validation'] as const).map((name) => [name, 'validation'] as const),
]);

/** The set that a folder of this name holds; undefined for a folder of another name. */
export const partOfFolder = (name: string): Part | 'validation' | undefined => PARTS.get(name.toLowerCase());

/** Image files of one set. */
export interface ImageFolder {
  /** Undefined if it is the only set. */
  readonly part: Part | undefined;
  /** The classes in turn, so that each part of the set has all of them in equal shares. */
  readonly files: readonly ClassFile[];
}

interface ClassFile {
  readonly className: string;
  readonly file: NamedBytes;
}

export interface ImageTree {
  readonly folders: readonly ImageFolder[];
  /** Sentences on what was assumed. */
  readonly notes: readonly string[];
}

/**
 * The sets of image files whose folders are their classes, within `train` and `test` or not. Validation images are the test set where there is no
 * other. Throws 'bad-input' for files within such a folder beside others.
 */
export function imageTreeOf(files: readonly NamedBytes[]): ImageTree {
  const sets = new Map<Part | 'validation' | undefined, ClassFile[]>();
  for (const file of files) {
    const folder = folderOf(file.name);
    const className = nameOf(folder);
    if (className === '')
      throw new MasksearchError(
        'bad-input',
        `the image ${shown(nameOf(file.name))} is in no folder, and so of no class`,
        'put the images of each class in a folder of its own, and name the folder around them',
      );
    const part = partOfFolder(nameOf(folderOf(folder)));
    const set = sets.get(part) ?? [];
    sets.set(part, set);
    set.push({ className, file });
  }
  const hasParts = sets.has('train') || sets.has('test');
  if (hasParts && sets.has(undefined)) {
    const [{ file }] = sets.get(undefined) as [ClassFile];
    throw new MasksearchError(
      'bad-input',
      `the image ${shown(file.name)} is in no folder of a training or test set, and others are`,
      'keep images of classes within train and test, or leave out both',
    );
  }
  const notes: string[] = [];
  const validation = sets.get('validation');
  if (validation && sets.has('test')) notes.push('The validation images are not used.');
  else if (validation && sets.has('train')) {
    sets.set('test', validation);
    notes.push('There are no test images: the validation images are the test set.');
  }
  const only = hasParts ? undefined : (sets.get(undefined) ?? validation);
  return {
    folders: only
      ? [{ part: undefined, files: inTurn(only) }]
      : (['train', 'test'] as const).flatMap((part) => {
          const set = sets.get(part);
          return set ? [{ part, files: inTurn(set) }] : [];
        }),
    notes,
  };
}

/** In the order of their paths, but each class spread evenly: trees list class by class. */
function inTurn(files: readonly ClassFile[]): readonly ClassFile[] {
  const byClass = new Map<string, ClassFile[]>();
  for (const file of [...files].sort((a, b) => compare(a.file.name, b.file.name))) {
    const ofClass = byClass.get(file.className) ?? [];
    byClass.set(file.className, ofClass);
    ofClass.push(file);
  }
  return [...byClass]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([, ofClass]) => ofClass.map((file, i) => ({ file, place: (i + 0.5) / ofClass.length })))
    .sort((a, b) => a.place - b.place)
    .map(({ file }) => file);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

export const classesOfFolder = ({ files }: ImageFolder): TextArray => ({
  shape: [files.length],
  texts: files.map(({ className }) => className),
});

/**
 * [image, row, column] if the network takes grey images, [image, row, column, channel] else. Rejects with 'bad-input' for images of several
 * sizes, for colours where the network takes grey, and for damaged files.
 */
export async function imagesOfFolder({ files }: ImageFolder, input: Shape): Promise<NumberArray> {
  const { decodeImage } = await import('../images/decode.ts');
  const first = files[0]!.file;
  const size = await withPathInErrors(first.name, () => sizeOf(first));
  const area = size.height * size.width;
  const channels = elementsOf(input) === area ? 1 : 3;
  const shape = channels === 1 ? [size.height, size.width] : [size.height, size.width, channels];
  if (elementsOf(shape) !== elementsOf(input))
    throw new MasksearchError(
      'bad-input',
      `${first.name}: the images are ${size.height} x ${size.width} pixels, the network takes ${shapeText(input)}`,
      'use images of that size',
    );
  checkArrayBytes('the image set, uncompressed,', files.length * area * channels);
  const numbers = new Uint8Array(files.length * area * channels);
  for (const [i, { file }] of files.entries()) {
    await withPathInErrors(file.name, () => {
      const own = sizeOf(file);
      if (own.height !== size.height || own.width !== size.width)
        throw new MasksearchError(
          'bad-input',
          `the image is ${own.height} x ${own.width} pixels, the first is ${size.height} x ${size.width}`,
          'use images of one size',
        );
      const image = decodeImage(file.bytes, imageTypeOf(file.bytes)!);
      const place = numbers.subarray(i * area * channels, (i + 1) * area * channels);
      if (image.channels === channels) place.set(image.pixels);
      else if (channels === 3)
        for (let at = 0; at < place.length; at++) place[at] = image.pixels[Math.floor(at / 3)]!;
      else fillGrey(place, image.pixels);
    });
  }
  return { shape: [files.length, ...shape], numbers };
}

function sizeOf({ bytes }: NamedBytes): ImageSize {
  const type = imageTypeOf(bytes);
  if (!type) throw damagedFile('the file is neither PNG nor JPEG');
  return imageSizeOf(bytes, type);
}

/** Throws 'bad-input' unless the three channels are equal. */
function fillGrey(grey: Uint8Array, colours: Uint8Array): void {
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const [red, green, blue] = [colours[3 * pixel]!, colours[3 * pixel + 1]!, colours[3 * pixel + 2]!];
    if (red !== green || red !== blue)
      throw new MasksearchError(
        'bad-input',
        'the image has colours, the network takes one channel',
        'convert the images to grey',
      );
    grey[pixel] = red;
  }
}
