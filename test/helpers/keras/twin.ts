/**
 * Runs a network of Keras for one image, channels last and in float64, from its configuration and weights as they are in the file: knows
 * nothing of the networks here. Padding "same" is as TensorFlow's documentation has it.
 */
import type { KerasLayer, KerasNetwork } from './network.ts';

/** [rows][columns][channels]; a signal has one row, features are channels of one pixel of one row. */
interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** What the network gives for an image in the order of Keras, without a last softmax or sigmoid if `strip`. */
export function twinScores(
  { input, layers }: KerasNetwork,
  pixels: readonly number[],
  strip = true,
): number[] {
  const outputs = new Map<string, Tensor>();
  layers.forEach((layer, i) => {
    const read = layer.inputs.map((name) => outputs.get(name)!);
    const isLast = strip && i === layers.length - 1;
    outputs.set(layer.name, i === 0 ? { shape: input, data: pixels } : run(layer, read, isLast));
  });
  return [...outputs.get(layers.at(-1)!.name)!.data];
}

function run(layer: KerasLayer, [x, ...more]: readonly Tensor[], isLast: boolean): Tensor {
  const { className, config } = layer;
  const activation = (config['activation'] as string | undefined) ?? 'linear';
  const ends = isLast && (activation === 'softmax' || activation === 'sigmoid');
  const y = compute(layer, x!, more);
  return ends || className === 'Softmax'
    ? y
    : { ...y, data: y.data.map((value) => activate(activation, value)) };
}

function activate(name: string, x: number): number {
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return Math.max(0, x);
    case 'relu6':
      return Math.min(6, Math.max(0, x));
    case 'tanh':
      return Math.tanh(x);
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'elu':
      return x > 0 ? x : Math.expm1(x);
    case 'selu':
      return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x));
    case 'swish':
    case 'silu':
      return x / (1 + Math.exp(-x));
    case 'softplus':
      return Math.log1p(Math.exp(x));
    case 'hard_sigmoid':
      return Math.min(1, Math.max(0, 0.2 * x + 0.5));
    default:
      throw new Error(`no activation ${name}`);
  }
}

function compute(layer: KerasLayer, x: Tensor, more: readonly Tensor[]): Tensor {
  const { className, config, weights } = layer;
  const get = (role: string) => weights.find((weight) => weight.role === role);
  const map = (f: (value: number, channel: number) => number): Tensor => ({
    shape: x.shape,
    data: x.data.map((value, i) => f(value, i % x.shape.at(-1)!)),
  });
  const bias = get('bias')?.values;
  switch (className) {
    case 'Conv2D':
      return convolve(config, x, get('kernel')!, bias);
    case 'Conv1D': {
      const kernel = get('kernel')!;
      return line(x, (image) =>
        convolve(rows(config), image, { ...kernel, shape: [1, ...kernel.shape] }, bias),
      );
    }
    case 'DepthwiseConv1D': {
      const kernel = get('depthwise_kernel')!;
      return line(x, (image) =>
        depthwise(rows(config), image, { ...kernel, shape: [1, ...kernel.shape] }, bias),
      );
    }
    case 'SeparableConv1D': {
      const [inner, point] = [get('depthwise_kernel')!, get('pointwise_kernel')!];
      return line(x, (image) => {
        const between = depthwise(rows(config), image, { ...inner, shape: [1, ...inner.shape] }, undefined);
        return convolve({ strides: [1, 1] }, between, { ...point, shape: [1, ...point.shape] }, bias);
      });
    }
    case 'ZeroPadding1D': {
      const [before, after] = config['padding'] as [number, number];
      const zeros = (count: number) => new Array<number>(count * x.shape[1]!).fill(0);
      const shape = [before + x.shape[0]! + after, x.shape[1]!];
      return { shape, data: [...zeros(before), ...x.data, ...zeros(after)] };
    }
    case 'DepthwiseConv2D':
      return depthwise(config, x, get('depthwise_kernel')!, bias);
    case 'SeparableConv2D': {
      const inner = depthwise(config, x, get('depthwise_kernel')!, undefined);
      return convolve({ kernel_size: [1, 1], strides: [1, 1] }, inner, get('pointwise_kernel')!, bias);
    }
    case 'Dense': {
      const { shape, values } = get('kernel')!;
      const [features, units] = shape as [number, number];
      const pixels = x.data.length / features;
      const data = range(pixels).flatMap((pixel) =>
        range(units).map((unit) =>
          range(features).reduce(
            (sum, i) => sum + x.data[pixel * features + i]! * values[i * units + unit]!,
            bias?.[unit] ?? 0,
          ),
        ),
      );
      return { shape: [...x.shape.slice(0, -1), units], data };
    }
    case 'BatchNormalization': {
      const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(
        (role) => get(role)?.values,
      );
      const epsilon = Number(config['epsilon']);
      return map(
        (value, c) =>
          ((gamma?.[c] ?? 1) * (value - mean![c]!)) / Math.sqrt(variance![c]! + epsilon) + (beta?.[c] ?? 0),
      );
    }
    case 'Normalization': {
      const [mean, variance] = ['mean', 'variance'].map((role) => get(role)!.values);
      return map((value, c) => (value - mean![c]!) / Math.sqrt(variance![c]!));
    }
    case 'Rescaling':
      return map((value) => value * Number(config['scale']) + Number(config['offset'] ?? 0));
    case 'ReLU': {
      const max = (config['max_value'] as number | null) ?? Infinity;
      return map((value) => Math.min(max, value > 0 ? value : value * Number(config['negative_slope'] ?? 0)));
    }
    case 'LeakyReLU':
      return map((value) => (value > 0 ? value : value * Number(config['alpha'] ?? 0.3)));
    case 'ELU':
      return map((value) => (value > 0 ? value : Number(config['alpha']) * Math.expm1(value)));
    case 'MaxPooling2D':
    case 'AveragePooling2D':
      return pool(config, x, className.startsWith('Max'));
    case 'MaxPooling1D':
    case 'AveragePooling1D':
      return line(x, (image) => pool(rows(config), image, className.startsWith('Max')));
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
    case 'GlobalMaxPooling1D':
    case 'GlobalAveragePooling1D': {
      const channels = x.shape.at(-1)!;
      const data = range(channels).map((c) => {
        const all = x.data.filter((_, i) => i % channels === c);
        return className.includes('Max') ? Math.max(...all) : all.reduce((a, b) => a + b) / all.length;
      });
      return {
        shape: config['keepdims'] === true ? [...x.shape.slice(0, -1).map(() => 1), channels] : [channels],
        data,
      };
    }
    case 'Flatten':
      return { shape: [x.data.length], data: x.data };
    case 'Reshape': {
      const target = config['target_shape'] as number[];
      const known = sizeOf(target.filter((size) => size !== -1));
      return { shape: target.map((size) => (size === -1 ? x.data.length / known : size)), data: x.data };
    }
    case 'ZeroPadding2D': {
      const [[top, bottom], [left, right]] = config['padding'] as [[number, number], [number, number]];
      const [height, width, channels] = x.shape as [number, number, number];
      const shape = [height + top + bottom, width + left + right, channels] as const;
      return { shape, data: pixelsOf(shape, (y, column, c) => at(x, y - top, column - left, c) ?? 0) };
    }
    case 'Add':
      return {
        shape: x.shape,
        data: x.data.map((value, i) => more.reduce((sum, { data }) => sum + data[i]!, value)),
      };
    case 'Concatenate': {
      const all = [x, ...more];
      const pixels = x.data.length / x.shape.at(-1)!;
      const data = range(pixels).flatMap((pixel) =>
        all.flatMap(({ shape, data: part }) =>
          part.slice(pixel * shape.at(-1)!, (pixel + 1) * shape.at(-1)!),
        ),
      );
      return { shape: [...x.shape.slice(0, -1), data.length / pixels], data };
    }
    case 'Activation':
    case 'Softmax':
    case 'Dropout':
    case 'GaussianNoise':
    case 'SpatialDropout2D':
      return x;
    default:
      throw new Error(`no layer ${className}`);
  }
}

/** A signal as an image of one row, and back. */
function line(x: Tensor, of: (image: Tensor) => Tensor): Tensor {
  const { shape, data } = of({ shape: [1, ...x.shape], data: x.data });
  return { shape: shape.slice(1), data };
}

/** The configuration of a layer of signals for images of one row. */
function rows(config: KerasLayer['config']): KerasLayer['config'] {
  const across = (key: string) => {
    const value = [config[key]].flat()[0];
    return value === undefined || value === null ? {} : { [key]: [1, value] };
  };
  return {
    ...config,
    ...across('kernel_size'),
    ...across('strides'),
    ...across('dilation_rate'),
    ...across('pool_size'),
  };
}

const at = ({ shape, data }: Tensor, y: number, x: number, c: number): number | undefined => {
  const [height, width, channels] = shape as [number, number, number];
  return y < 0 || x < 0 || y >= height || x >= width ? undefined : data[(y * width + x) * channels + c];
};

const pixelsOf = (
  [height, width, channels]: readonly [number, number, number],
  of: (y: number, x: number, c: number) => number,
) => range(height).flatMap((y) => range(width).flatMap((x) => range(channels).map((c) => of(y, x, c))));

interface Axis {
  readonly places: number;
  readonly start: (place: number) => number;
}

/** Where windows start along an axis. */
function axisOf(size: number, kernel: number, stride: number, dilation: number, padding: unknown): Axis {
  const extent = (kernel - 1) * dilation + 1;
  if (padding === 'causal')
    return { places: Math.floor((size - 1) / stride) + 1, start: (place) => place * stride - (extent - 1) };
  if (padding !== 'same')
    return { places: Math.ceil((size - extent + 1) / stride), start: (place) => place * stride };
  const total = Math.max(0, size % stride === 0 ? extent - stride : extent - (size % stride));
  return { places: Math.ceil(size / stride), start: (place) => place * stride - Math.floor(total / 2) };
}

function axesOf(config: KerasLayer['config'], x: Tensor, kernel: readonly number[]) {
  const [strides, dilation] = ['strides', 'dilation_rate'].map((key) => {
    const value = config[key] ?? (key === 'strides' && config['pool_size'] ? config['pool_size'] : 1);
    return Array.isArray(value) ? (value as number[]) : [value as number, value as number];
  });
  const axis = (i: 0 | 1) =>
    axisOf(
      x.shape[i]!,
      kernel[i]!,
      strides![i]!,
      dilation![i]!,
      i === 0 && config['padding'] === 'causal' ? 'valid' : config['padding'],
    );
  return { down: axis(0), across: axis(1), dilation: dilation! };
}

function convolve(
  config: KerasLayer['config'],
  x: Tensor,
  kernel: { readonly shape: readonly number[]; readonly values: Float32Array },
  bias: Float32Array | undefined,
): Tensor {
  const [height, width, inputs, outputs] = kernel.shape as [number, number, number, number];
  const { down, across, dilation } = axesOf(config, x, [height, width]);
  const perGroup = outputs / (x.shape[2]! / inputs);
  const shape = [down.places, across.places, outputs] as const;
  const data = pixelsOf(shape, (y, column, output) => {
    const first = Math.floor(output / perGroup) * inputs;
    let sum = bias?.[output] ?? 0;
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        const [row, col] = [down.start(y) + i * dilation[0]!, across.start(column) + j * dilation[1]!];
        if (row < 0 || col < 0 || row >= x.shape[0]! || col >= x.shape[1]!) continue;
        const pixel = (row * x.shape[1]! + col) * x.shape[2]! + first;
        const place = (i * width + j) * inputs * outputs + output;
        for (let c = 0; c < inputs; c++) sum += x.data[pixel + c]! * kernel.values[place + c * outputs]!;
      }
    return sum;
  });
  return { shape, data };
}

function depthwise(
  config: KerasLayer['config'],
  x: Tensor,
  kernel: { readonly shape: readonly number[]; readonly values: Float32Array },
  bias: Float32Array | undefined,
): Tensor {
  const [height, width, channels, multiplier] = kernel.shape as [number, number, number, number];
  const { down, across, dilation } = axesOf(config, x, [height, width]);
  const shape = [down.places, across.places, channels * multiplier] as const;
  const data = pixelsOf(shape, (y, column, output) => {
    const [c, m] = [Math.floor(output / multiplier), output % multiplier];
    let sum = bias?.[output] ?? 0;
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        sum +=
          (at(x, down.start(y) + i * dilation[0]!, across.start(column) + j * dilation[1]!, c) ?? 0) *
          kernel.values[((i * width + j) * channels + c) * multiplier + m]!;
    return sum;
  });
  return { shape, data };
}

function pool(config: KerasLayer['config'], x: Tensor, isMax: boolean): Tensor {
  const [height, width] = config['pool_size'] as [number, number];
  const { down, across } = axesOf(config, x, [height, width]);
  const shape = [down.places, across.places, x.shape[2]!] as const;
  const data = pixelsOf(shape, (y, column, c) => {
    const inside = range(height).flatMap((i) =>
      range(width).flatMap((j) => at(x, down.start(y) + i, across.start(column) + j, c) ?? []),
    );
    return isMax ? Math.max(...inside) : inside.reduce((a, b) => a + b) / inside.length;
  });
  return { shape, data };
}
