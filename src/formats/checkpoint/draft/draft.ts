/** Drafts the network of a file of weights from the shapes of its tensors, and says what these cannot tell. */
import {
  activation,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  pool2d,
} from '../../../network/builder.ts';
import type { Network } from '../../../network/network.ts';
import { listed } from '../fit.ts';
import type { Place } from '../parameters.ts';
import type { Framework } from '../which-network.ts';
import { layersIn, type DraftConv, type DraftDense, type DraftLayer, type DraftNorm } from './layers.ts';
import { chained } from './order.ts';
import { samePadding, SIZES_OF_COLOUR, SIZES_OF_GREY, solveSpatial, type Spatial } from './spatial.ts';

/** Of batch normalisations. */
const EPSILONS: Readonly<Record<Framework, number>> = { PyTorch: 1e-5, Keras: 1e-3 };

export interface Draft {
  readonly network: Network;
  /** Sentences, each on something that the shapes do not tell. */
  readonly open: readonly string[];
}

/**
 * A network that is a chain of layers; undefined if there are no weights of convolutions or dense layers.
 *
 * @param isSorted whether the file sorts its tensors by their names
 * @param framework whose defaults are taken
 */
export function draftNetwork(
  places: ReadonlyMap<string, Place>,
  isSorted: boolean,
  framework: Framework,
): Draft | undefined {
  const { layers: found, others } = layersIn(places);
  const layers = isSorted ? chained(found) : found;
  const convs = layers.filter((layer) => layer.kind === 'conv2d');
  const firstDense = layers.find((layer) => layer.kind === 'dense');
  if (convs.length === 0 && !firstDense) return undefined;
  const open: string[] = [];
  if (isSorted && layers.length > 1)
    open.push(
      `The order of the layers, ${listed(layers.map(({ name }) => name))}, is a guess: the file sorts tensors by their names.`,
    );
  if (others.length > 0)
    open.push(
      `Left out, since their names and shapes are not those of a layer that is drafted: ${listed(others)}.`,
    );
  const images = convs.length > 0 ? imagesOf(convs, firstDense, open) : undefined;
  const input = images ? [images.channels, ...images.sides] : featuresInput(firstDense!, open);
  const chain = new Chain(input, images, open, EPSILONS[framework]);
  if (layers.length > 2)
    open.push(
      'Each layer reads the one before it: sums and concatenations, as in residual networks, do not show in shapes, so add them where there are any.',
    );
  const last = layers.findLastIndex(({ kind }) => kind !== 'batchNorm');
  layers.forEach((layer, i) => {
    const next = layers[i + 1];
    chain.add(layer, { isNormalised: next?.kind === 'batchNorm', isLast: i >= last });
  });
  chain.end();
  if (last > 0)
    open.push(
      'Every layer but the last is followed by a relu, the most common activation: correct it where it is another or none.',
    );
  if (layers.some(({ kind }) => kind === 'batchNorm'))
    open.push(
      `The epsilon of the batch normalisations is ${EPSILONS[framework].toExponential()}, the default of ${framework}: correct it where it is another.`,
    );
  return { network: chain.builder.build(), open };
}

/** What enters the convolutions. */
interface Images {
  readonly channels: number;
  readonly sides: readonly [rows: number, columns: number];
  readonly spatial: Spatial;
  /** Whether means over the whole image follow the convolutions. */
  readonly isGlobal: boolean;
}

function imagesOf(convs: readonly DraftConv[], firstDense: DraftDense | undefined, open: string[]): Images {
  const channels = convs[0]!.inChannels;
  const last = convs.at(-1)!;
  const kernels = convs.map(({ kernel }) => kernel);
  const isSignal = kernels.every(([rows]) => rows === 1);
  const area = firstDense ? firstDense.features / last.outChannels : 1;
  const isGlobal = !firstDense || area === 1;
  const plain: Spatial = {
    size: (channels === 1 ? SIZES_OF_GREY : SIZES_OF_COLOUR)[0]!,
    isPadded: true,
    pooled: kernels.map(() => false),
  };
  const solved = isGlobal || isSignal ? undefined : solveSpatial(kernels, channels, area);
  const spatial = solved ?? plain;
  const { size, isPadded, pooled } = spatial;
  const sides = isSignal ? ([1, size] as const) : ([size, size] as const);
  const shape = [channels, ...sides].join(' x ');
  if (solved)
    open.push(
      `The input, ${shape}, is the most common one by which ${firstDense!.name} gets its ${firstDense!.features} features, with the padding, strides and pooling below: correct all of them if it is another.`,
    );
  else if (isGlobal)
    open.push(`The input, ${shape}, is a guess, since means over whole images fit any size: correct it.`);
  else
    open.push(
      `No usual input, padding and pooling give ${firstDense.name} its ${firstDense.features} features after ${last.name}, which has ${last.outChannels} channels: correct the input, ${shape}, and the layers between.`,
    );
  open.push(
    `Convolutions have a stride of 1 and ${isPadded ? 'padding that keeps the size of images' : 'no padding'}: correct them where they have another.`,
  );
  const after = convs.filter((_, i) => pooled[i]).map(({ name }) => name);
  if (isGlobal)
    open.push(
      `Means over the whole image follow ${last.name}, and no other pooling: correct it where there is another.`,
    );
  else
    open.push(
      `${after.length > 0 ? `Maxima of 2 x 2 follow ${listed(after)}` : 'No pooling is assumed'}, which is a guess: correct it where there is another.`,
    );
  return { channels, sides, spatial, isGlobal };
}

/** Usual images by the number of their pixels. */
const IMAGES_OF: Readonly<Record<number, readonly number[]>> = {
  784: [1, 28, 28],
  1024: [1, 32, 32],
  3072: [3, 32, 32],
  12288: [3, 64, 64],
  150528: [3, 224, 224],
};

function featuresInput({ name, features }: DraftDense, open: string[]): readonly number[] {
  const input = IMAGES_OF[features] ?? [features];
  open.push(
    `The input is ${input.join(' x ')}, as ${name} reads ${features} features: correct it if it is another shape.`,
  );
  return input;
}

/** Adds layers to a network, each reading the one before. */
class Chain {
  readonly builder: NetworkBuilder;
  readonly #images: Images | undefined;
  readonly #open: string[];
  readonly #epsilon: number;
  #convs = 0;
  /** Channels or features that the last layer gives; undefined at the input of dense layers. */
  #outputs: number | undefined;
  #isFlat: boolean;

  constructor(input: readonly number[], images: Images | undefined, open: string[], epsilon: number) {
    this.builder = new NetworkBuilder(input);
    this.#images = images;
    this.#open = open;
    this.#epsilon = epsilon;
    this.#isFlat = input.length === 1;
    this.#outputs = images?.channels;
  }

  add(
    layer: DraftLayer,
    { isNormalised, isLast }: { readonly isNormalised: boolean; readonly isLast: boolean },
  ): void {
    switch (layer.kind) {
      case 'conv2d':
        this.#conv(layer);
        break;
      case 'dense':
        this.#dense(layer);
        break;
      case 'batchNorm':
        this.#norm(layer);
        break;
    }
    if (isNormalised) return;
    if (!isLast) this.builder.add(activation(this.#free(`${layer.name}.relu`), 'relu'));
    if (!this.#isFlat && this.#images?.spatial.pooled[this.#convs - 1])
      this.builder.add(pool2d(this.#free(`${layer.name}.pool`), { operation: 'max', kernel: 2 }));
  }

  #conv({ name, weight, bias, outChannels, inChannels, kernel }: DraftConv): void {
    if (this.#isFlat)
      this.#open.push(`${name} is a convolution and follows a dense layer in the file: correct the order.`);
    const channels = this.#outputs ?? inChannels;
    const groups = channels / inChannels;
    const fits = Number.isInteger(groups) && outChannels % groups === 0;
    if (!fits)
      this.#open.push(
        `${name} reads ${inChannels} channels and the layer before it gives ${channels}: correct what it reads, as where a network branches.`,
      );
    const [rows, columns] = kernel.map((size) =>
      this.#images!.spatial.isPadded ? samePadding(size) : 0,
    ) as [number, number];
    const step = conv2d(this.#free(name), {
      ...{ outChannels, kernel, padding: [rows, columns, rows, columns], groups: fits ? groups : 1 },
      ...{ weight, bias: bias !== undefined },
    });
    this.builder.add({ ...step, ...(bias !== undefined && { bias }) });
    this.#convs++;
    this.#outputs = outChannels;
  }

  #dense({ name, weight, bias, outputs, features }: DraftDense): void {
    this.#flatten();
    if (this.#convs === 0 && this.#outputs !== undefined && this.#outputs !== features)
      this.#open.push(
        `${name} reads ${features} features and the layer before it gives ${this.#outputs}: correct what it reads.`,
      );
    const step = dense(this.#free(name), { outputs, weight, bias: bias !== undefined });
    this.builder.add({ ...step, ...(bias !== undefined && { bias }) });
    this.#convs = 0;
    this.#outputs = outputs;
  }

  #norm({ name, scale, shift, mean, variance, channels }: DraftNorm): void {
    if (this.#outputs !== channels)
      this.#open.push(
        `${name} normalises ${channels} channels and the layer before it gives ${this.#outputs ?? 'another number'}: correct what it reads.`,
      );
    const epsilon = this.#epsilon;
    this.builder.add({ kind: 'batchNorm', name: this.#free(name), scale, shift, mean, variance, epsilon });
  }

  #flatten(): void {
    if (this.#isFlat) return;
    if (this.#images?.isGlobal) this.builder.add(globalPool(this.#free('pool'), 'average'));
    this.builder.add(flatten(this.#free('flatten')));
    this.#isFlat = true;
  }

  /** Of a network that ends in a convolution. */
  end(): void {
    this.#flatten();
  }

  readonly #names = new Set<string>(['input']);

  /** A name that no node has. */
  #free(name: string): string {
    let free = name;
    for (let i = 2; this.#names.has(free); i++) free = `${name}.${i}`;
    this.#names.add(free);
    return free;
  }
}
