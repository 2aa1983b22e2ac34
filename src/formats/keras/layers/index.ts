/** What each class of layers is imported by. */
import { activationLayer, elu, leakyRelu, relu, softmax } from './activations.ts';
import { single, type LayerImport } from './call.ts';
import { add, concatenate, merge } from './merges.ts';
import { batchNormalization, normalization, rescaling } from './normalizations.ts';
import { globalPool, pool } from './pools.ts';
import { flatten, reshape, zeroPadding } from './shapes.ts';
import { conv, dense, depthwise, separable } from './weighted.ts';

/** What does nothing once a network is trained. */
export const SKIPPED: readonly string[] = [
  ...['InputLayer', 'Identity', 'Dropout', 'SpatialDropout1D', 'SpatialDropout2D', 'GaussianNoise'],
  ...['GaussianDropout', 'AlphaDropout', 'ActivityRegularization', 'RandomFlip', 'RandomRotation'],
  ...['RandomZoom', 'RandomTranslation', 'RandomContrast', 'RandomBrightness', 'RandomHeight', 'RandomWidth'],
];

/** By class, those of Keras 1 too. */
export const LAYERS: Readonly<Record<string, LayerImport>> = {
  ...Object.fromEntries(SKIPPED.map((className) => [className, single])),
  Conv1D: conv(1),
  Convolution1D: conv(1),
  Conv2D: conv(2),
  Convolution2D: conv(2),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  SeparableConvolution2D: separable(2),
  Dense: dense,
  BatchNormalization: batchNormalization,
  SyncBatchNormalization: batchNormalization,
  Rescaling: rescaling,
  Normalization: normalization,
  Activation: activationLayer,
  ReLU: relu,
  LeakyReLU: leakyRelu,
  ELU: elu,
  Softmax: softmax,
  MaxPooling1D: pool('max', 1),
  MaxPooling2D: pool('max', 2),
  AveragePooling1D: pool('average', 1),
  AveragePooling2D: pool('average', 2),
  GlobalMaxPooling1D: globalPool('max', 1),
  GlobalMaxPooling2D: globalPool('max', 2),
  GlobalAveragePooling1D: globalPool('average', 1),
  GlobalAveragePooling2D: globalPool('average', 2),
  Flatten: flatten,
  Reshape: reshape,
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  Add: add,
  Concatenate: concatenate,
  Merge: merge,
};

/** Functions of TensorFlow that functional models of Keras 2 call, by name. */
export const OPERATIONS: Readonly<Record<string, LayerImport>> = {
  'math.add': add,
  '__operators__.add': add,
  'nn.relu': relu,
};
