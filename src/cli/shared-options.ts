/** Options that several commands share, and what they stand for. */
import type { ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';
import { ACTIVATIONS } from '../kernels/activation.ts';
import { deviceName, type Engine } from '../engine/backend.ts';
import { BUNDLED_MODEL, DEVICES, loadData, loadModel, type DeviceName } from '../node.ts';
import type { Model } from '../network/model.ts';
import { MasksearchError } from '../core/error.ts';
import type { SplitName } from '../pruning/images.ts';
import { choice, count, flag, number, text, path } from './options.ts';

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

export const deviceOptions = {
  device: choice(DEVICES, 'auto (default) takes a hardware GPU if there is one, else wasm: WebAssembly SIMD'),
  threads: count('N', 'threads of the WebAssembly backend (default: one per core); no result depends on it', {
    example: 2,
  }),
};

/** "2000 images of the search split" */
export function describeImages({ count }: Pick<ImageSet, 'count'>, split: SplitName): string {
  return `${count} image${count === 1 ? '' : 's'} of the ${split} split`;
}

/** The device that was taken, and why. */
export function describeDevice({ device }: Engine, asked: DeviceName = 'auto'): string {
  const name = deviceName(device);
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
