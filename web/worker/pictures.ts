/** Inputs of any shape as pictures that fit a list. */
import type { ImageSet } from 'masksearch/browser';
import type { Pictures } from '../src/protocol.ts';

/** Rows and columns of a picture at the most: larger images are scaled down. */
const MAX_SIDE = 64;
/** Channels that are shown beside each other, or as curves over each other. */
const MAX_TILES = 16;
const MAX_CURVES = 8;
/** Pixels between them. */
const GAP = 1;
/** Points of a curve at the most: of longer ones, the least and the largest of each part. */
const MAX_POINTS = 256;
/** Numbers of a vector below which it is no image that was flattened. */
const MIN_FLATTENED = 64;

/** Channels of numbers from 0 to 255, all images in one array. */
interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** [image, channel, row, column] */
  readonly numbers: ArrayLike<number>;
}

/** Undefined for images of a single number. */
export function picturesOf(images: ImageSet): Pictures | undefined {
  const shape = shapeOf(images);
  const { channels, height, width } = shape;
  if (height * width * channels === 1) return undefined;
  if (height === 1) return curves({ ...shape, numbers: images.pixels });
  const scaled = smaller({ ...shape, numbers: images.pixels });
  if (channels === 3) return { form: 'colour', ...sizes(scaled), pixels: toBytes(scaled.numbers, images) };
  const tiled = tiles(scaled);
  return { form: 'grey', ...sizes(tiled), pixels: toBytes(tiled.numbers, images) };
}

const sizes = ({ channels, height, width }: Planes) => ({ channels, height, width });

/** A signal has one row. Bytes in a vector are an image that was flattened, if they are as many as a square has. */
function shapeOf({ channels = 1, height, width, pixels }: ImageSet): Omit<Planes, 'numbers'> {
  if (height > 1 && width > 1) return { channels, height, width };
  if (height > 1 || width > 1) return { channels, height: 1, width: height * width };
  const side = Math.sqrt(channels);
  const isSquare = channels >= MIN_FLATTENED && Number.isInteger(side) && pixels instanceof Uint8Array;
  return isSquare ? { channels: 1, height: side, width: side } : { channels: 1, height: 1, width: channels };
}

/** Means over blocks, so that no side is too long. */
function smaller(planes: Planes): Planes {
  const { height, width, numbers } = planes;
  const block = Math.ceil(Math.max(height, width) / MAX_SIDE);
  if (block === 1) return planes;
  const [rows, columns] = [Math.ceil(height / block), Math.ceil(width / block)];
  const count = numbers.length / (height * width);
  const means = new Float32Array(count * rows * columns);
  for (let plane = 0; plane < count; plane++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let [sum, added] = [0, 0];
        for (let y = row * block; y < Math.min(height, (row + 1) * block); y++) {
          for (let x = column * block; x < Math.min(width, (column + 1) * block); x++, added++)
            sum += numbers[(plane * height + y) * width + x]!;
        }
        means[(plane * rows + row) * columns + column] = sum / added;
      }
    }
  }
  return { ...planes, height: rows, width: columns, numbers: means };
}

/** The channels beside and below each other, in one. */
function tiles(planes: Planes): Planes {
  const { channels, height, width, numbers } = planes;
  if (channels === 1) return planes;
  const shown = Math.min(channels, MAX_TILES);
  const across = Math.ceil(Math.sqrt(shown));
  const down = Math.ceil(shown / across);
  const [rows, columns] = [down * (height + GAP) - GAP, across * (width + GAP) - GAP];
  const area = height * width;
  const count = numbers.length / (channels * area);
  const joined = new Float32Array(count * rows * columns).fill(leastOf(numbers));
  for (let image = 0; image < count; image++) {
    for (let channel = 0; channel < shown; channel++) {
      const [top, left] = [Math.floor(channel / across) * (height + GAP), (channel % across) * (width + GAP)];
      for (let i = 0; i < area; i++) {
        const [y, x] = [top + Math.floor(i / width), left + (i % width)];
        joined[(image * rows + y) * columns + x] = numbers[(image * channels + channel) * area + i]!;
      }
    }
  }
  return { channels: 1, height: rows, width: columns, numbers: joined };
}

/** Each channel has a scale of its own, the same for all images: units of channels may differ. */
function curves({ channels, width, numbers }: Planes): Pictures {
  const shown = Math.min(channels, MAX_CURVES);
  const points = Math.min(width, MAX_POINTS);
  const count = numbers.length / (channels * width);
  const pixels = new Uint8Array(count * shown * points);
  for (let channel = 0; channel < shown; channel++) {
    const lines = Array.from({ length: count }, (_, image) => {
      const begin = (image * channels + channel) * width;
      return shortened(Float32Array.from({ length: width }, (_, i) => numbers[begin + i]!));
    });
    const { least, largest } = rangeOf(lines.flatMap((line) => [...line]));
    lines.forEach((line, image) => {
      const place = (image * shown + channel) * points;
      line.forEach((value, i) => (pixels[place + i] = toByte(value, least, largest)));
    });
  }
  return { form: 'curves', channels: shown, height: 1, width: points, pixels };
}

/** The least and the largest number of each part, in their order. */
function shortened(line: Float32Array): Float32Array {
  if (line.length <= MAX_POINTS) return line;
  const parts = MAX_POINTS / 2;
  const short = new Float32Array(MAX_POINTS);
  for (let part = 0; part < parts; part++) {
    const [begin, end] = [part, part + 1].map((at) => Math.floor((at * line.length) / parts));
    const { least, largest } = rangeOf(line.subarray(begin, end));
    const isRising = line.indexOf(least, begin) <= line.indexOf(largest, begin);
    short.set(isRising ? [least, largest] : [largest, least], 2 * part);
  }
  return short;
}

/** Bytes as they are; other numbers from the least to the largest of all. */
function toBytes(numbers: ArrayLike<number>, { pixels }: ImageSet): Uint8Array {
  if (pixels instanceof Uint8Array) return Uint8Array.from(numbers);
  const { least, largest } = rangeOf(numbers);
  return Uint8Array.from(numbers, (value) => toByte(value, least, largest));
}

/** What does not vary is in the middle. */
const toByte = (value: number, least: number, largest: number) =>
  largest > least ? Math.round((255 * (value - least)) / (largest - least)) : 128;

const leastOf = (numbers: ArrayLike<number>) => rangeOf(numbers).least;

export function rangeOf(numbers: ArrayLike<number>): { readonly least: number; readonly largest: number } {
  let [least, largest] = [Infinity, -Infinity];
  for (let i = 0; i < numbers.length; i++) {
    least = Math.min(least, numbers[i]!);
    largest = Math.max(largest, numbers[i]!);
  }
  return { least, largest };
}
