/** A network with a layer of a given shape in its middle. */
import {
  activation,
  add,
  affine,
  concat,
  conv2d,
  dense,
  flatten,
  NetworkBuilder,
  pad,
  pool2d,
  type Step,
} from '../../network/builder.ts';
import type { Activated } from '../../kernels/activation.ts';
import { INPUT, type Network } from '../../network/network.ts';
import { sizesOf, type LayerKernelShape } from '../shapes.ts';

/**
 * The layer reads what other layers write, since the engine caches the inputs of all layers but those that read the images,
 * and a last one reads what it writes. What it reads has an activation, so that nothing is folded into it.
 */
export function networkAround(layer: LayerKernelShape): Network {
  const [input, ...channels] = inputsOf(layer);
  const isFlat = input.length === 1;
  const net = new NetworkBuilder(input);
  const reads = channels.map((count, i) => {
    const before = isFlat
      ? dense(`before${i}`, { outputs: count })
      : conv2d(`before${i}`, { outChannels: count, kernel: 1 });
    net.add(before, INPUT);
    return net.add(activation(`before${i}.tanh`, 'tanh'));
  });
  stepsOf(layer).forEach((step, i) => net.add(step, ...(i === 0 ? reads : [net.last])));
  if (!isFlat) net.add(flatten('flatten'));
  net.add(dense('last', { outputs: 1 }));
  return net.build();
}

/** The shape of the images, and the channels of each tensor that the layer reads. */
function inputsOf(layer: LayerKernelShape): readonly [readonly number[], ...number[]] {
  switch (layer.kernel) {
    case 'masked_dense':
      return [[1], layer.shape.inputs];
    case 'masked_conv2d':
      return [[1, layer.shape.inHeight, layer.shape.inWidth], layer.shape.inChannels];
    case 'masked_depthwise_conv2d':
    case 'pool2d':
    case 'pad':
      return [[1, layer.shape.inHeight, layer.shape.inWidth], layer.shape.channels];
    case 'affine':
      return [[1, 1, layer.shape.area], layer.shape.channels];
    case 'add':
      return [[1, 1, layer.shape.area], layer.shape.channels, layer.shape.channels];
    case 'concat':
      return [[1, 1, layer.shape.area], ...layer.shape.channels];
  }
}

/** The nodes that fuse into the layer. */
function stepsOf(layer: LayerKernelShape): readonly Step[] {
  const { name } = layer;
  const { outputs } = sizesOf(layer);
  switch (layer.kernel) {
    case 'masked_dense':
      return [dense(name, { outputs }), endOf(layer.shape)];
    case 'masked_conv2d': {
      const { pool } = layer.shape;
      const pooling = pool === 'none' ? [] : [pool2d('pool', { operation: pool, kernel: 2 })];
      return [conv2d(name, layer.shape), endOf(layer.shape), ...pooling];
    }
    case 'masked_depthwise_conv2d': {
      const { channels: groups, multiplier } = layer.shape;
      return [conv2d(name, { ...layer.shape, groups, outChannels: groups * multiplier }), endOf(layer.shape)];
    }
    case 'pool2d':
      return [pool2d(name, layer.shape)];
    case 'affine':
      return [affine(name), endOf(layer.shape)];
    case 'add':
      return [add(name), endOf(layer.shape)];
    case 'concat':
      return [concat(name)];
    case 'pad': {
      const { padding, before, after } = layer.shape;
      return [pad(name, { padding, channels: [before, after] })];
    }
  }
}

const endOf = (shape: Activated): Step => activation('activation', shape.activation, shape.alpha);
