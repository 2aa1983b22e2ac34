import type { MomentsShape } from '../kernels/second-moments.ts';
import type { LayerShape } from './fused-layer.ts';

/** The inputs of a layer with weights to prune, as `second_moments` takes them. */
export function momentsShapeOf(layer: LayerShape): MomentsShape {
  switch (layer.kind) {
    case 'conv2d':
      return { ...windowOf(layer.shape), channels: layer.shape.inChannels, groups: layer.shape.groups };
    case 'depthwise':
      return { ...windowOf(layer.shape), channels: layer.shape.channels, groups: layer.shape.channels };
    case 'dense': {
      const one = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] } as const;
      return { ...one, channels: layer.shape.inputs, inHeight: 1, inWidth: 1, groups: 1 };
    }
    case 'pool2d':
    case 'affine':
    case 'add':
    case 'concat':
    case 'pad':
      throw new Error(`a layer of kind ${layer.kind} has no weights to prune`);
  }
}

function windowOf(shape: Omit<MomentsShape, 'channels' | 'groups'>) {
  const { inHeight, inWidth, kernel, stride, padding, dilation } = shape;
  return { inHeight, inWidth, kernel, stride, padding, dilation };
}
