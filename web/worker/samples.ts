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
import type { Pictures, Probabilities, Samples } from '../src/protocol.ts';
import { picturesOf } from './pictures.ts';
import type { SubjectData } from './subject-data.ts';

const MAX_SAMPLES = 12;
/** Multiply-accumulates of all samples together: about a second in float64. */
const MAX_MACS = 4e8;

export class SampleImages {
  readonly view: Samples;
  readonly #images: ImageSet;

  private constructor(model: Model, images: ImageSet, pictures: Pictures) {
    this.#images = images;
    this.view = {
      ...pictures,
      labels: [...images.labels!],
      unpruned: classify(model, images),
    };
  }

  /** The first test image of each class; undefined if there are no classes, an image is a single number, or the network takes long for one. */
  static of(model: Model, { test }: SubjectData): SampleImages | undefined {
    const { labels } = test;
    const most = Math.min(MAX_SAMPLES, Math.floor(MAX_MACS / inspect(model).macs));
    if (taskOf(model) !== 'classes' || !labels || most < 1) return undefined;
    const classes = [...new Set(labels)].sort((a, b) => a - b).slice(0, most);
    const indices = classes.map((label) => labels.indexOf(label));
    const images = picked(test, indices);
    const pictures = picturesOf(images);
    if (!pictures) return undefined;
    try {
      return new SampleImages(model, images, pictures);
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

function picked(set: ImageSet, indices: readonly number[]): ImageSet {
  const size = set.pixels.length / set.count;
  const pixels = set.pixels.slice(0, indices.length * size);
  indices.forEach((from, to) => pixels.set(set.pixels.subarray(from * size, (from + 1) * size), to * size));
  const labels = Uint16Array.from(indices, (from) => set.labels![from]!);
  return { ...set, count: indices.length, pixels, labels, targets: undefined };
}
