/** Arrays of images, in any layout, as image sets with channels first. */
import { MasksearchError } from '../../core/error.ts';
import { imageShape, type ImageSet } from '../../data/dataset.ts';
import type { Shape } from '../../network/network.ts';
import { elementsOf, shapeText } from '../../network/shapes.ts';
import {
  checkArrayBytes,
  damagedFile,
  isText,
  type DecodedArray,
  type NumberArray,
  type Numbers,
} from '../arrays/array.ts';
import { permuted } from '../arrays/permute.ts';

export interface PlacedImages {
  readonly images: Omit<ImageSet, 'labels'>;
  /** Sentences on what was assumed. */
  readonly notes: readonly string[];
}

type Layout = 'channels first' | 'channels last';

/**
 * The images of an array [image, …] as a network with this input takes them. Axes of length 1 do not count; one axis with as many
 * numbers as the input is taken as it is. Bytes stay bytes, other numbers become float32. Throws 'bad-input' for another shape, and for
 * a number that is not finite.
 */
export function placeImages(array: DecodedArray, input: Shape): PlacedImages {
  if (isText(array)) throw damagedFile('the images are text, only numbers are allowed');
  const { shape } = array;
  const [count = 0, ...image] = shape;
  const [channels, height, width] = asImage(input);
  if (count < 1) throw damagedFile('there are 0 images, at least 1 is needed');
  const layouts = layoutsOf(image, input);
  const [layout] = layouts;
  if (layout === undefined) {
    throw new MasksearchError(
      'bad-input',
      `the images are ${shapeText(image) || 'a single number'}, the network takes ${shapeText(input)}`,
      'use images of that size',
    );
  }
  const area = height * width;
  const pixels = toPixels(array, elementsOf(image));
  const placed = layout === 'channels last' ? permuted(pixels, [count, area, channels], [0, 2, 1]) : pixels;
  const notes =
    layouts.length > 1
      ? [
          `The images of ${shapeText(image)} may have channels first or last, and are taken as channels first.`,
        ]
      : [];
  return { images: { count, channels, height, width, pixels: placed }, notes };
}

/** Images of one channel in the shape of a network's input, if that differs only in axes of length 1 or takes features; else unchanged. */
export function reshaped<Set extends ImageSet>(set: Set, input: Shape): Set {
  const [layout] = layoutsOf(imageShape(set), input);
  if (layout === undefined) return set;
  const [channels, height, width] = asImage(input);
  return { ...set, channels, height, width };
}

/** Features are channels of one pixel. */
function asImage(input: Shape): readonly [number, number, number] {
  return input.length === 1 ? [input[0]!, 1, 1] : (input as readonly [number, number, number]);
}

/** The layouts that fit, of which the second moves numbers. */
function layoutsOf(image: Shape, input: Shape): readonly Layout[] {
  if (elementsOf(image) !== elementsOf(input)) return [];
  const found = significant(image);
  const [channels, height, width] = asImage(input);
  if (found.length <= 1 || input.length === 1) return ['channels first'];
  const fits = (shape: Shape) => shapeText(significant(shape)) === shapeText(found);
  const layouts: Layout[] = [];
  if (fits([channels, height, width])) layouts.push('channels first');
  if (channels > 1 && fits([height, width, channels])) layouts.push('channels last');
  return layouts;
}

const significant = (shape: Shape) => shape.filter((size) => size !== 1);

/** Throws 'bad-input' for numbers that are not finite in float32. */
function toPixels({ numbers }: NumberArray, perImage: number): Uint8Array | Float32Array {
  if (numbers instanceof Uint8Array) return numbers;
  checkArrayBytes('the image set, as float32,', numbers.length * 4);
  const pixels = numbers instanceof Float32Array ? numbers : toFloat32(numbers);
  const at = pixels.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new MasksearchError(
      'bad-input',
      `the images hold ${numbers[at]} at index ${at}, in image ${Math.floor(at / perImage)}, only finite float32 numbers are allowed`,
      'remove that image, or replace the number',
    );
  }
  return pixels;
}

const toFloat32 = (numbers: Numbers) => new Float32Array(numbers);
