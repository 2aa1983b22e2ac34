/** Options that several commands share, and what they stand for. */
import { takeImages, type ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';
import { ACTIVATIONS } from '../kernels/activation.ts';
import type { Engine } from '../engine/engine.ts';
import { BUNDLED_MODEL, DEVICES, loadData, loadModel, type DeviceName } from '../node.ts';
import type { Model } from '../engine/model.ts';
import { MasksearchError } from '../search/error.ts';
import { badOption } from '../search/options.ts';
import { choice, count, flag, number, text, path } from './options.ts';

export const SPLITS = ['search', 'test', 'train', 'all'] as const;
export type SplitName = (typeof SPLITS)[number];

export const commonOptions = {
  json: flag('print one JSON object on standard output and nothing else'),
  verbose: flag('print the stack of an error'),
  help: flag('print this help'),
};

export const dataOptions = {
  data: path('DIR', 'folder of IDX files (MNIST, Fashion-MNIST); default: the bundled 10,000 digits'),
  splitSeed: text('SEED', 'how the bundled digits are split (default 0)'),
};

export const modelOptions = {
  model: path('FILE', 'safetensors of a LeNet-5; default: the bundled one'),
  activation: choice(ACTIVATIONS, "the model's activation; default: as the file says, else sigmoid"),
  mean: number('X', 'pixels enter as (byte / 255 - mean) / std; default: as the file says, else 0'),
  std: number('X', 'see --mean; default: as the file says, else 1'),
};

export const imageOptions = {
  images: count('N', 'use the first N images of the split', { example: 1000 }),
};

export const deviceOptions = {
  device: choice(DEVICES, 'auto (default) takes a hardware GPU if there is one, else wasm: WebAssembly SIMD'),
  threads: count('N', 'threads of the WebAssembly backend (default: one per core); no result depends on it', {
    example: 2,
  }),
};

/** What the float64 reference gets through in a minute, with a baseline loss still under the first layer's cap. */
export const REFERENCE_IMAGES = 500;

/**
 * The images to search with: the first `wanted`, or all, of which the reference takes fewer. Throws 'bad-input' if there
 * are not so many.
 */
export function affordableImages(
  images: ImageSet,
  wanted: number | undefined,
  split: SplitName,
  engine: Engine | undefined,
): ImageSet {
  const affordable = engine?.device.kind === 'reference' ? REFERENCE_IMAGES : Infinity;
  return firstImages(images, wanted ?? Math.min(images.count, affordable), split);
}

/** Whether a search on this split leaves test images that it has not seen. */
export function isHeldOut(split: SplitName): boolean {
  return split !== 'test' && split !== 'all';
}

/** "2000 images of the search split" */
export function describeImages({ count }: Pick<ImageSet, 'count'>, split: SplitName): string {
  return `${count} image${count === 1 ? '' : 's'} of the ${split} split`;
}

/** The device that was taken, and why. */
export function describeDevice({ device }: Engine, asked: DeviceName = 'auto'): string {
  const name = device.description || `${device.vendor} ${device.architecture}`.trim();
  const kinds = {
    webgpu: `the ${device.software ? 'software' : 'hardware'} GPU (${name})`,
    wasm: `the processor (${name})`,
    reference: `the reference (${name})`,
  };
  const kind = kinds[device.kind];
  if (asked !== 'auto') return `${kind}, as asked for`;
  return `${kind}, since there is ${device.kind === 'webgpu' ? 'one' : 'no hardware GPU'}`;
}

interface DataValues {
  readonly data?: string;
  readonly splitSeed?: string;
}

export async function loadSplits(values: DataValues): Promise<Splits> {
  if (values.data !== undefined && values.splitSeed !== undefined) {
    throw new MasksearchError('bad-input', 'splitSeed has no effect on --data', 'leave one of them out', {
      option: 'splitSeed',
    });
  }
  return loadData(values.data, values.splitSeed);
}

/** The images of a split; `all` is training, search and test images in this order. */
export function imagesOfSplit(splits: Splits, name: SplitName): ImageSet {
  if (name !== 'all') return splits[name];
  const parts = [splits.train, splits.search, splits.test];
  return {
    ...splits.search,
    count: parts.reduce((sum, part) => sum + part.count, 0),
    pixels: concatenate(parts.map(({ pixels }) => pixels)),
    labels: concatenate(parts.map(({ labels }) => labels)),
  };
}

/** The first `wanted` images, or all. Throws 'bad-input' if there are fewer. */
export function firstImages(images: ImageSet, wanted: number | undefined, split: SplitName): ImageSet {
  if (wanted === undefined) return images;
  if (wanted > images.count) {
    throw badOption(
      'images',
      wanted,
      `at most ${images.count}, the size of the ${split} split`,
      'pass fewer',
    );
  }
  return takeImages(images, wanted);
}

/** What messages and results call the model that comes with the package. */
export const BUNDLED_NAME = 'the bundled model';

interface ModelValues {
  readonly model?: string;
  readonly activation?: (typeof ACTIVATIONS)[number];
  readonly mean?: number;
  readonly std?: number;
}

export function loadChosenModel({
  model = BUNDLED_MODEL,
  activation,
  mean,
  std,
}: ModelValues): Promise<Model> {
  return loadModel(model, { activation, mean, std });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
