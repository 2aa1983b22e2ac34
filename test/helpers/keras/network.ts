/** Networks as Keras describes them, with random weights, for files of any of its formats. */
import { generator } from '../data/numbers.ts';

export interface KerasWeight {
  /** "kernel" */
  readonly role: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly KerasWeight[];
  /** Names of the layers that it reads. */
  readonly inputs: readonly string[];
}

export interface KerasNetwork {
  /** Without the batch. */
  readonly input: readonly number[];
  /** In topological order; the first is the InputLayer, the last the output. */
  readonly layers: readonly KerasLayer[];
  readonly isSequential: boolean;
}

type Config = Readonly<Record<string, unknown>>;

/** Adds layers one after the other; each reads the one before unless it says otherwise. */
export class KerasBuilder {
  readonly #layers: KerasLayer[] = [];
  readonly #input: readonly number[];
  readonly #random;
  #branches = false;

  constructor(input: readonly number[], seed: string) {
    this.#input = input;
    this.#random = generator(seed);
    this.#layers.push({
      ...{ className: 'InputLayer', name: 'input_1', config: {}, weights: [], inputs: [] },
    });
  }

  /** Returns the name of the layer. */
  add(
    className: string,
    config: Config = {},
    weights: Readonly<Record<string, readonly number[]>> = {},
    ...inputs: string[]
  ): string {
    const base = className.toLowerCase();
    const count = this.#layers.filter((layer) => layer.className === className).length;
    const name = count === 0 ? base : `${base}_${count}`;
    if (inputs.length > 0) this.#branches = true;
    this.#layers.push({
      ...{ className, name, config, inputs: inputs.length > 0 ? inputs : [this.#layers.at(-1)!.name] },
      weights: Object.entries(weights).map(([role, shape]) => ({
        role,
        shape,
        values: this.#values(role, shape),
      })),
    });
    return name;
  }

  #values(role: string, shape: readonly number[]): Float32Array {
    const values = this.#random.floats(
      shape.reduce((product, size) => product * size, 1),
      1,
    );
    return role === 'moving_variance' || role === 'variance'
      ? values.map((value) => 0.3 + Math.abs(value))
      : values;
  }

  conv(
    filters: number,
    kernel: number | readonly [number, number],
    channels: number,
    config: Config = {},
  ): string {
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const useBias = config['use_bias'] !== false;
    const groups = Number(config['groups'] ?? 1);
    return this.add(
      'Conv2D',
      { filters, kernel_size: [height, width], strides: [1, 1], padding: 'valid', ...config },
      { kernel: [height, width, channels / groups, filters], ...(useBias && { bias: [filters] }) },
    );
  }

  dense(units: number, features: number, config: Config = {}): string {
    const useBias = config['use_bias'] !== false;
    return this.add(
      'Dense',
      { units, ...config },
      { kernel: [features, units], ...(useBias && { bias: [units] }) },
    );
  }

  norm(channels: number, axis: number | readonly number[] = -1, ...inputs: string[]): string {
    const all = { gamma: [channels], beta: [channels], moving_mean: [channels], moving_variance: [channels] };
    return this.add('BatchNormalization', { axis, epsilon: 1e-3, scale: true, center: true }, all, ...inputs);
  }

  network(): KerasNetwork {
    return { input: this.#input, layers: this.#layers, isSequential: !this.#branches };
  }
}

/** The configuration of Keras 2 or 3. */
export function configOf({ input, layers, isSequential }: KerasNetwork, version: 2 | 3): Config {
  const batch = [null, ...input];
  const shape = version === 2 ? { batch_input_shape: batch } : { batch_shape: batch };
  const own = (layer: KerasLayer) => ({
    class_name: layer.className,
    ...(version === 3 && { module: 'keras.layers', registered_name: null }),
    config: {
      name: layer.name,
      dtype: 'float32',
      ...(layer.className === 'InputLayer' && shape),
      ...layer.config,
    },
  });
  if (isSequential) {
    const [, first, ...more] = layers;
    // Keras 2 has the shape in the first layer.
    const start =
      version === 2
        ? [{ ...own(first!), config: { ...own(first!).config, ...shape } }]
        : [own(layers[0]!), own(first!)];
    return { class_name: 'Sequential', config: { name: 'sequential', layers: [...start, ...more.map(own)] } };
  }
  const tensor = (name: string) => ({
    class_name: '__keras_tensor__',
    config: { shape: batch, dtype: 'float32', keras_history: [name, 0, 0] },
  });
  const nodesOf = ({ inputs }: KerasLayer) => {
    if (inputs.length === 0) return [];
    if (version === 2) return [inputs.map((name) => [name, 0, 0, {}])];
    const tensors = inputs.map(tensor);
    return [{ args: tensors.length > 1 ? [tensors] : tensors, kwargs: {} }];
  };
  const end = layers.at(-1)!.name;
  return {
    class_name: 'Functional',
    config: {
      name: 'model',
      layers: layers.map((layer) => ({ ...own(layer), name: layer.name, inbound_nodes: nodesOf(layer) })),
      input_layers: version === 2 ? [['input_1', 0, 0]] : ['input_1', 0, 0],
      output_layers: version === 2 ? [[end, 0, 0]] : [end, 0, 0],
    },
  };
}
