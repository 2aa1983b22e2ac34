/** Fuses the layers of a network into those that the kernels run: a weighted layer with the activation and the pooling after it. */
import { MasksearchError } from '../core/error.ts';
import { maskedConv2d, type ConvShape } from '../kernels/masked-conv2d.ts';
import { maskedDense, type DenseShape } from '../kernels/masked-dense.ts';
import type { Network } from './network.ts';

interface FusedLayerBase {
  readonly name: string;
  /** Index of the weighted layer among all layers of the network. */
  readonly position: number;
  /** Of the weight tensor, PyTorch's layout: [out, in, ky, kx] or [out, in]. */
  readonly weightShape: readonly number[];
  readonly weights: number;
  readonly biases: number;
  /** Elements per image. */
  readonly inputs: number;
  readonly outputs: number;
  /** Multiply-accumulates per image with nothing pruned; padding counts like any pixel. */
  readonly macs: number;
}

/** One weighted layer with what is fused into it: the unit that kernels run and caches keep. */
export type FusedLayer =
  | (FusedLayerBase & { readonly kind: 'conv2d'; readonly shape: ConvShape })
  | (FusedLayerBase & { readonly kind: 'dense'; readonly shape: DenseShape });

/** Fuses each pooling layer into the convolution before it. Throws for a network that the kernels cannot run. */
export function fuse(network: Network): readonly FusedLayer[] {
  const fused: FusedLayer[] = [];
  let { channels, height, width } = network.input;
  let flat = false;
  network.layers.forEach((layer, position) => {
    const misfit = (why: string) =>
      new MasksearchError('bad-input', `layer ${position} (${layer.kind}) ${why}`, 'change the network');
    if (layer.kind === 'flatten') {
      if (flat) throw misfit('follows a flattened layer');
      flat = true;
    } else if (layer.kind === 'avgpool2d') {
      const previous = fused.at(-1);
      const before = network.layers[position - 1];
      if (previous?.kind !== 'conv2d' || before?.kind !== 'conv2d')
        throw misfit('does not follow a convolution');
      height = Math.floor(height / 2);
      width = Math.floor(width / 2);
      if (height < 1 || width < 1) throw misfit('has less than one pixel left');
      const outputs = channels * height * width;
      fused[fused.length - 1] = { ...previous, shape: { ...previous.shape, pool: 2 }, outputs };
    } else if (layer.kind === 'conv2d') {
      if (flat) throw misfit('follows a flattened layer');
      const { kernel, padding, outChannels, activation } = layer;
      const outHeight = height + 2 * padding - kernel + 1;
      const outWidth = width + 2 * padding - kernel + 1;
      if (outHeight < 1 || outWidth < 1)
        throw misfit(`has a kernel of ${kernel} over ${height} x ${width} pixels`);
      const weights = outChannels * channels * kernel * kernel;
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
      fused.push({
        kind: 'conv2d',
        name: layer.name,
        position,
        weightShape: [outChannels, channels, kernel, kernel],
        weights,
        biases: outChannels,
        inputs: channels * height * width,
        outputs: outChannels * outHeight * outWidth,
        macs: maskedConv2d.cost(shape, 1).macs,
        shape,
      });
      channels = outChannels;
      height = outHeight;
      width = outWidth;
    } else {
      const inputs = channels * height * width;
      if (!flat && height * width > 1) throw misfit('needs a flatten before it');
      const shape: DenseShape = { inputs, outputs: layer.outputs, activation: layer.activation };
      fused.push({
        kind: 'dense',
        name: layer.name,
        position,
        weightShape: [layer.outputs, inputs],
        weights: layer.outputs * inputs,
        biases: layer.outputs,
        inputs,
        outputs: layer.outputs,
        macs: maskedDense.cost(shape, 1).macs,
        shape,
      });
      channels = layer.outputs;
      height = width = 1;
    }
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

export function classesOf(network: Network): number {
  return fuse(network).at(-1)!.outputs;
}
