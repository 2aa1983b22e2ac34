/**
 * Fuses the layers of a network into those that kernels run: a weighted layer with its activation and the pooling after
 * it.
 */
import { MasksearchError } from '../core/error.ts';
import { convSizes, maskedConv2d, type ConvShape } from '../kernels/masked-conv2d.ts';
import { maskedDense, type DenseShape } from '../kernels/masked-dense.ts';
import type { Layer, Network } from './network.ts';

interface FusedLayerBase {
  readonly name: string;
  /** Index of the weighted layer among all layers of the network. */
  readonly position: number;
  /** Shape of the weights, as in PyTorch: [out_channel, in_channel, kernel_row, kernel_column] or [output, input]. */
  readonly weightShape: readonly number[];
  /** Number of weights. */
  readonly weights: number;
  readonly biases: number;
  /** Elements per image. */
  readonly inputs: number;
  /** Elements per image, after pooling. */
  readonly outputs: number;
  /** Multiply-accumulates per image with nothing pruned; padding counts like any pixel. */
  readonly macs: number;
}

/** The unit that kernels run and caches keep. */
export type FusedLayer =
  | (FusedLayerBase & { readonly kind: 'conv2d'; readonly shape: ConvShape })
  | (FusedLayerBase & { readonly kind: 'dense'; readonly shape: DenseShape });

type LayerOf<Kind extends Layer['kind']> = Extract<Layer, { readonly kind: Kind }>;

/** The size of the activations between two layers. */
interface Signal {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Whether it went through a flatten: only dense layers may follow. */
  readonly flat: boolean;
}

/** The error for a layer that does not fit its place in the network. */
type Misfit = (why: string) => MasksearchError;

/** The fused layers, in order. Throws 'bad-input' for a network that the kernels cannot run. */
export function fuse(network: Network): readonly FusedLayer[] {
  const fused: FusedLayer[] = [];
  let signal: Signal = { ...network.input, flat: false };
  network.layers.forEach((layer, position) => {
    const misfit = (why: string) =>
      new MasksearchError('bad-input', `layer ${position} (${layer.kind}) ${why}`, 'change the network');
    switch (layer.kind) {
      case 'flatten':
        signal = flatten(signal, misfit);
        return;
      case 'avgpool2d':
        fused[fused.length - 1] = pool(fused.at(-1), network.layers[position - 1], misfit);
        break;
      case 'conv2d':
        fused.push(fuseConv(layer, position, signal, misfit));
        break;
      case 'dense':
        fused.push(fuseDense(layer, position, signal, misfit));
        break;
    }
    signal = signalAfter(fused.at(-1)!, signal);
  });
  if (fused.at(-1)?.kind !== 'dense') {
    throw new MasksearchError(
      'bad-input',
      'the network does not end in a dense layer',
      'end it in the class scores',
    );
  }
  return fused;
}

/** Number of class scores. */
export function classesOf(network: Network): number {
  return fuse(network).at(-1)!.outputs;
}

function flatten(signal: Signal, misfit: Misfit): Signal {
  if (signal.flat) throw misfit('follows a flattened layer');
  return { ...signal, flat: true };
}

/** @param before the layer before the pooling, and `last` what it was fused into */
function pool(last: FusedLayer | undefined, before: Layer | undefined, misfit: Misfit): FusedLayer {
  if (last?.kind !== 'conv2d' || before?.kind !== 'conv2d') throw misfit('does not follow a convolution');
  const shape: ConvShape = { ...last.shape, pool: 2 };
  const { outHeight, outWidth } = convSizes(shape);
  if (outHeight < 1 || outWidth < 1) throw misfit('has less than one pixel left');
  return { ...last, shape, outputs: shape.outChannels * outHeight * outWidth };
}

function fuseConv(layer: LayerOf<'conv2d'>, position: number, signal: Signal, misfit: Misfit): FusedLayer {
  if (signal.flat) throw misfit('follows a flattened layer');
  const { name, outChannels, kernel, padding, activation } = layer;
  const { channels, height, width } = signal;
  const shape: ConvShape = {
    inChannels: channels,
    inHeight: height,
    inWidth: width,
    outChannels,
    kernel,
    padding,
    pool: 1,
    activation,
  };
  const { outHeight, outWidth, weights } = convSizes(shape);
  if (outHeight < 1 || outWidth < 1)
    throw misfit(`has a kernel of ${kernel} over ${height} x ${width} pixels`);
  return {
    kind: 'conv2d',
    name,
    position,
    weightShape: [outChannels, channels, kernel, kernel],
    weights,
    biases: outChannels,
    inputs: channels * height * width,
    outputs: outChannels * outHeight * outWidth,
    macs: maskedConv2d.cost(shape, 1).macs,
    shape,
  };
}

function fuseDense(layer: LayerOf<'dense'>, position: number, signal: Signal, misfit: Misfit): FusedLayer {
  const { channels, height, width, flat } = signal;
  if (!flat && height * width > 1) throw misfit('needs a flatten before it');
  const { name, outputs, activation } = layer;
  const inputs = channels * height * width;
  const shape: DenseShape = { inputs, outputs, activation };
  return {
    kind: 'dense',
    name,
    position,
    weightShape: [outputs, inputs],
    weights: outputs * inputs,
    biases: outputs,
    inputs,
    outputs,
    macs: maskedDense.cost(shape, 1).macs,
    shape,
  };
}

/**
 * The signal that a fused layer puts out. A dense layer keeps `flat`: it may run on a 1 x 1 image without a flatten.
 */
function signalAfter(layer: FusedLayer, { flat }: Signal): Signal {
  if (layer.kind === 'dense') return { channels: layer.outputs, height: 1, width: 1, flat };
  const { outHeight, outWidth } = convSizes(layer.shape);
  return { channels: layer.shape.outChannels, height: outHeight, width: outWidth, flat };
}
