/** Test images to look at, with what the network makes of them. */
import {
  classify,
  inspect,
  MasksearchError,
  taskOf,
  type ImageSet,
  type Masks,
  type Model,
} from 'masksearch/browser';
import type { Probabilities, Samples } from '../src/protocol.ts';
import { DIGIT_SIDE, type SubjectData } from './subject-data.ts';

/** Larger images are no pictures that fit a list. */
const MAX_SIDE = 64;
const MAX_SAMPLES = 12;
/** Multiply-accumulates of all samples together: about a second in float64. */
const MAX_MACS = 4e8;

export class SampleImages {
  readonly view: Samples;
  readonly #images: ImageSet;

  private constructor(model: Model, images: ImageSet, shape: PictureShape) {
    this.#images = images;
    this.view = {
      ...shape,
      pixels: bytesOf(images),
      labels: [...images.labels!],
      unpruned: classify(model, images),
    };
  }

  /** The first test image of each class; undefined if the data are no small pictures of classes, or the network takes long for one. */
  static of(model: Model, { test, view }: SubjectData): SampleImages | undefined {
    const { labels } = test;
    const shape = view.areDigits ? DIGIT : pictureShape(test);
    const most = Math.min(MAX_SAMPLES, Math.floor(MAX_MACS / inspect(model).macs));
    if (taskOf(model) !== 'classes' || !labels || !shape || most < 1) return undefined;
    const classes = [...new Set(labels)].sort((a, b) => a - b).slice(0, most);
    const indices = classes.map((label) => labels.indexOf(label));
    try {
      return new SampleImages(model, picked(test, indices), shape);
    } catch (error) {
      // The search says what is wrong with such a model or data.
      if (error instanceof MasksearchError) return undefined;
      throw error;
    }
  }

  /** The outputs of a pruned network. */
  predictions(pruned: Model, masks: Masks): readonly Probabilities[] {
    return classify(pruned, this.#images, masks);
  }
}

type PictureShape = Pick<Samples, 'channels' | 'height' | 'width'>;

const DIGIT: PictureShape = { channels: 1, height: DIGIT_SIDE, width: DIGIT_SIDE };

function pictureShape({ channels = 1, height, width }: ImageSet): PictureShape | undefined {
  const isSmall = Math.min(height, width) > 1 && Math.max(height, width) <= MAX_SIDE;
  return isSmall && (channels === 1 || channels === 3) ? { channels, height, width } : undefined;
}

function picked(set: ImageSet, indices: readonly number[]): ImageSet {
  const size = set.pixels.length / set.count;
  const pixels = set.pixels.slice(0, indices.length * size);
  indices.forEach((from, to) => pixels.set(set.pixels.subarray(from * size, (from + 1) * size), to * size));
  const labels = Uint16Array.from(indices, (from) => set.labels![from]!);
  return { ...set, count: indices.length, pixels, labels, targets: undefined };
}

/** Bytes as they are; other numbers from the least to the largest. */
function bytesOf({ pixels }: ImageSet): Uint8Array {
  if (pixels instanceof Uint8Array) return pixels;
  const { least, largest } = rangeOf(pixels);
  const scale = 255 / (largest - least || 1);
  return Uint8Array.from(pixels, (value) => Math.round((value - least) * scale));
}

export function rangeOf(numbers: Float32Array): { readonly least: number; readonly largest: number } {
  let [least, largest] = [Infinity, -Infinity];
  for (const value of numbers) {
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  return { least, largest };
}
