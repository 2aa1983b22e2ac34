/** Networks of every layer and option that is read. */
import { KerasBuilder, type KerasNetwork } from './network.ts';

export interface NamedNetwork {
  readonly name: string;
  readonly network: KerasNetwork;
  /** Outputs are compared after a last softmax or sigmoid was left out, unless it stays. */
  readonly strip?: boolean;
}

const built = (
  name: string,
  input: readonly number[],
  build: (k: KerasBuilder) => unknown,
  strip = true,
): NamedNetwork => {
  const k = new KerasBuilder(input, name);
  build(k);
  return { name, network: k.network(), strip };
};

const pool = (k: KerasBuilder, kind: 'Max' | 'Average', size: number, config = {}) =>
  k.add(`${kind}Pooling2D`, { pool_size: [size, size], strides: null, padding: 'valid', ...config });

export const KERAS_NETWORKS: readonly NamedNetwork[] = [
  built('an image flattened for dense layers', [4, 5], (k) => {
    k.add('Flatten');
    k.dense(6, 20, { activation: 'relu' });
    k.add('Dropout', { rate: 0.5 });
    k.dense(3, 6, { activation: 'softmax' });
  }),
  built('a vector, with a softmax layer at the end', [7], (k) => {
    k.add('GaussianNoise', { stddev: 1 });
    k.dense(5, 7, { activation: 'tanh', use_bias: false });
    k.norm(5);
    k.dense(4, 5);
    k.add('Softmax', { axis: -1 });
  }),
  built('a small convolutional network, flattened with its channels last', [8, 7, 2], (k) => {
    k.conv(3, 3, 2, { activation: 'relu' });
    pool(k, 'Max', 2);
    k.add('Flatten');
    k.dense(4, 3 * 2 * 3, { activation: 'softmax' });
  }),
  built('a normalisation of flattened features', [3, 2, 4], (k) => {
    k.add('Flatten');
    k.norm(24);
    k.dense(3, 24);
  }),
  built('padding same at stride 2, even and odd', [9, 6, 2], (k) => {
    k.conv(3, [3, 2], 2, { padding: 'same', strides: [2, 2] });
    k.norm(3, [3]);
    k.add('Activation', { activation: 'relu' });
    k.conv(4, 3, 3, { padding: 'same', strides: [2, 1], use_bias: false });
    k.add('GlobalAveragePooling2D');
    k.dense(3, 4);
  }),
  built('dilation and groups', [9, 9, 4], (k) => {
    k.conv(4, 3, 4, { dilation_rate: [2, 2], padding: 'same', activation: 'relu6' });
    k.conv(6, 2, 4, { groups: 2, strides: [3, 3] });
    k.add('GlobalMaxPooling2D', { keepdims: true });
    k.add('Flatten');
    k.dense(2, 6);
  }),
  built('depthwise and separable', [8, 8, 2], (k) => {
    k.add(
      'DepthwiseConv2D',
      { kernel_size: [3, 3], depth_multiplier: 2, padding: 'same', strides: [2, 2], activation: 'elu' },
      { depthwise_kernel: [3, 3, 2, 2], bias: [4] },
    );
    k.add(
      'SeparableConv2D',
      { filters: 5, kernel_size: [3, 2], depth_multiplier: 3, activation: 'swish', padding: 'valid' },
      { depthwise_kernel: [3, 2, 4, 3], pointwise_kernel: [1, 1, 12, 5], bias: [5] },
    );
    k.add('Flatten');
    k.dense(3, 2 * 3 * 5);
  }),
  built('pools of each padding', [7, 8, 3], (k) => {
    pool(k, 'Average', 3, { strides: [2, 2], padding: 'same' });
    pool(k, 'Max', 3, { strides: [1, 1], padding: 'same' });
    pool(k, 'Average', 2);
    k.add('SpatialDropout2D', { rate: 0.2 });
    k.add('Flatten');
    k.dense(3, 2 * 2 * 3);
  }),
  built('signals', [12, 3], (k) => {
    k.add(
      'Conv1D',
      {
        filters: 4,
        kernel_size: [3],
        strides: [1],
        padding: 'causal',
        dilation_rate: [2],
        activation: 'relu',
      },
      { kernel: [3, 3, 4], bias: [4] },
    );
    k.add('MaxPooling1D', { pool_size: [2], strides: null, padding: 'valid' });
    k.add(
      'Conv1D',
      { filters: 5, kernel_size: [2], strides: [2], padding: 'same' },
      { kernel: [2, 4, 5], bias: [5] },
    );
    k.norm(5);
    k.add('Flatten');
    k.dense(3, 15);
  }),
  built('depthwise and separable signals', [11, 3], (k) => {
    k.add('ZeroPadding1D', { padding: [2, 0] });
    k.add(
      'DepthwiseConv1D',
      { kernel_size: [3], strides: [2], padding: 'same', depth_multiplier: 2, activation: 'relu' },
      { depthwise_kernel: [3, 3, 2], bias: [6] },
    );
    k.add('AveragePooling1D', { pool_size: [2], strides: [1], padding: 'same' });
    k.add(
      'SeparableConv1D',
      { filters: 4, kernel_size: [2], strides: [1], padding: 'valid', depth_multiplier: 2 },
      { depthwise_kernel: [2, 6, 2], pointwise_kernel: [1, 12, 4], bias: [4] },
    );
    k.add('GlobalMaxPooling1D');
    k.dense(3, 4);
  }),
  built('a signal to its mean, and a dense layer along channels', [10, 2], (k) => {
    k.add(
      'Conv1D',
      { filters: 4, kernel_size: 3, strides: 1, padding: 'same' },
      { kernel: [3, 2, 4], bias: [4] },
    );
    k.dense(6, 4, { activation: 'relu' });
    k.add('GlobalAveragePooling1D');
    k.dense(2, 6);
  }),
  built('a vector that becomes an image', [36], (k) => {
    k.add('Reshape', { target_shape: [6, -1, 1] });
    k.conv(2, 3, 1, { activation: 'relu' });
    k.add('Reshape', { target_shape: [-1] });
    k.dense(3, 32);
  }),
  built('an image without an axis for its channel', [6, 5], (k) => {
    k.add('Reshape', { target_shape: [6, 5, 1] });
    k.conv(2, [3, 2], 1);
    k.add('Flatten');
    k.dense(3, 32, { activation: 'softmax' });
  }),
  built('padding by zeros, and a dense layer for each pixel', [4, 4, 2], (k) => {
    k.add('ZeroPadding2D', {
      padding: [
        [1, 0],
        [0, 2],
      ],
    });
    k.dense(3, 2, { activation: 'tanh' });
    k.add('GlobalMaxPooling2D');
    k.dense(2, 3);
  }),
  built('activations of each kind', [5], (k) => {
    for (const activation of ['sigmoid', 'selu', 'softplus', 'hard_sigmoid', 'silu', 'elu'])
      k.dense(5, 5, { activation });
    k.add('LeakyReLU', { alpha: 0.1 });
    k.add('ELU', { alpha: 0.5 });
    k.dense(5, 5);
    k.add('ReLU', { max_value: null, negative_slope: 0.2, threshold: 0 });
    k.dense(5, 5);
    k.add('ReLU', { max_value: 6, negative_slope: 0, threshold: 0 });
    k.dense(3, 5);
  }),
  built('a rescaling and its statistics', [5, 5, 3], (k) => {
    k.add('Rescaling', { scale: 1 / 127.5, offset: -1 });
    k.add('Normalization', { axis: [-1] }, { mean: [3], variance: [3] });
    k.conv(2, 2, 3, { activation: 'relu' });
    k.add('GlobalAveragePooling2D');
    k.dense(3, 2);
  }),
  built('one output with a sigmoid', [5], (k) => {
    k.dense(4, 5, { activation: 'relu' });
    k.dense(1, 4, { activation: 'sigmoid' });
  }),
  built(
    'an autoencoder that ends in a sigmoid',
    [6],
    (k) => {
      k.dense(2, 6, { activation: 'relu' });
      k.dense(6, 2, { activation: 'sigmoid' });
    },
    false,
  ),
  built('a residual block with a strided shortcut', [6, 6, 3], (k) => {
    const x = k.conv(4, 3, 3, { padding: 'same', activation: 'relu' });
    const main = k.norm(4, 3, k.conv(4, 3, 4, { padding: 'same', strides: [2, 2] }));
    const short = k.add(
      'Conv2D',
      { filters: 4, kernel_size: [1, 1], strides: [2, 2], padding: 'same' },
      { kernel: [1, 1, 4, 4], bias: [4] },
      x,
    );
    k.add('Add', {}, {}, main, short);
    k.add('Activation', { activation: 'relu' });
    k.add('GlobalAveragePooling2D');
    k.dense(3, 4, { activation: 'softmax' });
  }),
  built('channels and features that are joined', [5, 5, 2], (k) => {
    const a = k.conv(3, 3, 2);
    const b = k.add(
      'Conv2D',
      { filters: 2, kernel_size: [3, 3], strides: [1, 1], padding: 'valid' },
      { kernel: [3, 3, 2, 2], bias: [2] },
      'input_1',
    );
    const all = k.add('Concatenate', { axis: 3 }, {}, a, b);
    const flat = k.add('Flatten', {}, {}, all);
    const mean = k.add('GlobalAveragePooling2D', {}, {}, all);
    k.add('Concatenate', { axis: -1 }, {}, mean, flat);
    k.dense(3, 5 + 45);
  }),
];
