import { convSizes } from '../kernels/masked-conv2d.ts';
import { depthwiseSizes } from '../kernels/masked-depthwise-conv2d.ts';
import { paddedSizes } from '../kernels/pad.ts';
import { pooledSize } from '../kernels/pool2d.ts';
import type { FusedLayer, LayerShape } from './fused-layer.ts';
import { elementsOf } from './shapes.ts';

type LayerSizes = Pick<FusedLayer, 'weightShape' | 'weights' | 'biases' | 'inputs' | 'outputs' | 'macs'>;

/** The numbers of a layer that follow from its shape. */
export function layerSizes(layer: LayerShape): LayerSizes {
  const none = { weightShape: [], weights: 0, biases: 0, macs: 0 };
  switch (layer.kind) {
    case 'conv2d': {
      const { inChannels, inHeight, inWidth, outChannels, groups, kernel } = layer.shape;
      const { convHeight, convWidth, outHeight, outWidth, weights } = convSizes(layer.shape);
      return {
        weightShape: [outChannels, inChannels / groups, ...kernel],
        weights,
        biases: outChannels,
        inputs: inChannels * inHeight * inWidth,
        outputs: outChannels * outHeight * outWidth,
        macs: weights * convHeight * convWidth,
      };
    }
    case 'depthwise': {
      const { channels, inHeight, inWidth, kernel } = layer.shape;
      const { outChannels, outHeight, outWidth, weights } = depthwiseSizes(layer.shape);
      return {
        weightShape: [outChannels, 1, ...kernel],
        weights,
        biases: outChannels,
        inputs: channels * inHeight * inWidth,
        outputs: outChannels * outHeight * outWidth,
        macs: weights * outHeight * outWidth,
      };
    }
    case 'dense': {
      const { inputs, outputs } = layer.shape;
      const weights = inputs * outputs;
      return { weightShape: [outputs, inputs], weights, biases: outputs, inputs, outputs, macs: weights };
    }
    case 'pool2d': {
      const { channels, inHeight, inWidth } = layer.shape;
      return {
        ...none,
        inputs: channels * inHeight * inWidth,
        outputs: channels * elementsOf(pooledSize(layer.shape)),
      };
    }
    case 'affine': {
      const { channels, area } = layer.shape;
      return {
        ...none,
        weights: channels,
        biases: channels,
        inputs: channels * area,
        outputs: channels * area,
      };
    }
    case 'add': {
      const elements = layer.shape.channels * layer.shape.area;
      return { ...none, inputs: 2 * elements, outputs: elements };
    }
    case 'concat': {
      const [first, second] = layer.shape.channels;
      const elements = (first + second) * layer.shape.area;
      return { ...none, inputs: elements, outputs: elements };
    }
    case 'pad': {
      const { channels, inHeight, inWidth } = layer.shape;
      const { outChannels, outHeight, outWidth } = paddedSizes(layer.shape);
      return { ...none, inputs: channels * inHeight * inWidth, outputs: outChannels * outHeight * outWidth };
    }
  }
}
