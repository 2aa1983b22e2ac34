/** ONNX files written node by node, with random weights, in the form that each version of the operators has. */
import { generator } from '../data/numbers.ts';
import {
  irVersion,
  modelProto,
  nodeProto,
  tensorProto,
  valueProto,
  type Attributes,
  type Dimension,
  type TensorOptions,
} from './proto.ts';

export interface GraphOptions {
  readonly opset?: number;
  /** With the batch. */
  readonly input: readonly Dimension[];
  readonly seed?: string;
  /** Default: 'x'. */
  readonly inputName?: string;
}

/** What a tensor of random weights may be written as. */
export type WeightOptions = Partial<Pick<TensorOptions, 'name' | 'type' | 'placement'>> & {
  /** Of uniform numbers in [-scale, scale]. Default: from the number of inputs of each output. */
  readonly scale?: number;
  readonly around?: number;
};

export class OnnxGraph {
  readonly opset: number;
  readonly input: string;
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers: Uint8Array[] = [];
  readonly #inputs: Uint8Array[] = [];
  readonly #random: ReturnType<typeof generator>;
  #made = 0;

  constructor({ opset = 13, input, seed = 'onnx', inputName = 'x' }: GraphOptions) {
    this.opset = opset;
    this.input = inputName;
    this.#random = generator(seed);
    this.#inputs.push(valueProto(inputName, input));
  }

  #name(what: string): string {
    return `${what}_${this.#made++}`;
  }

  /** An initializer; returns its name. */
  constant(tensor: TensorOptions): string {
    const name = tensor.name ?? this.#name('constant');
    this.#initializers.push(tensorProto({ ...tensor, name }));
    if (irVersion(this.opset) < 4) this.#inputs.push(valueProto(name, tensor.shape, tensor.type));
    return name;
  }

  /** Whole numbers as int64. */
  integers(...values: readonly number[]): string {
    return this.constant({ shape: [values.length], values, type: 'int64' });
  }

  scalar(value: number): string {
    return this.constant({ shape: [], values: [value] });
  }

  random(length: number, scale: number, around = 0): Float32Array {
    return this.#random.floats(length, scale).map((value) => value + around);
  }

  /** An initializer of random numbers: of a convolution [out, in, ...kernel], or [outputs, features]. */
  weights(shape: readonly number[], options: WeightOptions = {}): string {
    const elements = shape.reduce((product, size) => product * size, 1);
    const { scale = 2 / Math.sqrt(elements / shape[0]!), around = 0, ...rest } = options;
    return this.constant({ shape, values: this.random(elements, scale, around), ...rest });
  }

  /** Biases and other numbers of each channel. */
  vector(length: number, options: WeightOptions = {}): string {
    return this.weights([length], { scale: 0.3, ...options });
  }

  /** Adds a node of one output, whose name it returns. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}, output?: string): string {
    const result = output ?? this.#name(operator);
    this.add(nodeProto({ operator, inputs, outputs: [result], attributes, name: `${result}_node` }));
    return result;
  }

  add(node: Uint8Array): void {
    this.#nodes.push(node);
  }

  conv(
    x: string,
    shape: readonly number[],
    attributes: Attributes = {},
    { bias = true, ...options }: WeightOptions & { readonly bias?: boolean } = {},
  ): string {
    const inputs = [x, this.weights(shape, options), ...(bias ? [this.vector(shape[0]!)] : [])];
    return this.node('Conv', inputs, { kernel_shape: shape.slice(2), ...attributes });
  }

  batchNorm(x: string, channels: number): string {
    const [scale, variance] = [0, 1].map(() => this.vector(channels, { scale: 0.4, around: 1 }));
    const [shift, mean] = [0, 1].map(() => this.vector(channels));
    return this.node('BatchNormalization', [x, scale!, shift!, mean!, variance!], {
      epsilon: { float: 1e-3 },
    });
  }

  relu = (x: string) => this.node('Relu', [x]);
  transpose = (x: string, ...perm: readonly number[]) => this.node('Transpose', [x], { perm });

  reshape(x: string, ...shape: readonly number[]): string {
    return this.node('Reshape', [x, this.integers(...shape)]);
  }

  /** x * weights + bias, as exporters of TensorFlow write it: [features, outputs]. */
  matMul(x: string, features: number, outputs: number, options: WeightOptions = {}): string {
    const scale = 2 / Math.sqrt(features);
    const product = this.node('MatMul', [x, this.weights([features, outputs], { scale, ...options })]);
    return this.node('Add', [product, this.vector(outputs)]);
  }

  /** As PyTorch writes it: [outputs, features]. */
  gemm(x: string, features: number, outputs: number, options: WeightOptions = {}): string {
    return this.node('Gemm', [x, this.weights([outputs, features], options), this.vector(outputs)], {
      transB: 1,
    });
  }

  /** Axes are an attribute before version 13. */
  squeeze = (x: string, ...axes: readonly number[]) => this.#withAxes('Squeeze', x, axes, 13);
  unsqueeze = (x: string, ...axes: readonly number[]) => this.#withAxes('Unsqueeze', x, axes, 13);
  reduceMean = (x: string, axes: readonly number[], keepdims: 0 | 1) =>
    this.#withAxes('ReduceMean', x, axes, 18, { keepdims });

  #withAxes(operator: string, x: string, axes: readonly number[], since: number, rest: Attributes = {}) {
    return this.opset < since
      ? this.node(operator, [x], { axes, ...rest })
      : this.node(operator, [x, this.integers(...axes)], rest);
  }

  /** Attributes before version 10. */
  slice(
    x: string,
    of: Readonly<Record<'starts' | 'ends' | 'axes', readonly number[]>> & { steps?: readonly number[] },
  ): string {
    const { starts, ends, axes, steps } = of;
    if (this.opset < 10) return this.node('Slice', [x], { starts, ends, axes });
    const lists = [starts, ends, axes, ...(steps ? [steps] : [])];
    return this.node('Slice', [x, ...lists.map((list) => this.integers(...list))]);
  }

  /** Attributes before version 11. */
  pad(x: string, pads: readonly number[]): string {
    return this.opset < 11
      ? this.node('Pad', [x], { mode: 'constant', pads, value: { float: 0 } })
      : this.node('Pad', [x, this.integers(...pads), this.scalar(0)], { mode: 'constant' });
  }

  /** Attributes before version 11. */
  clip(x: string, min: number, max: number): string {
    return this.opset < 11
      ? this.node('Clip', [x], { min: { float: min }, max: { float: max } })
      : this.node('Clip', [x, this.scalar(min), this.scalar(max)]);
  }

  /** An attribute before version 12. */
  dropout(x: string): string {
    return this.opset < 12
      ? this.node('Dropout', [x], { ratio: { float: 0.5 } })
      : this.node('Dropout', [x, this.scalar(0.5)]);
  }

  /** The file, whose graph gives `outputs`. `reversed`: nodes in the opposite order. */
  bytes(output: string | readonly string[], { reversed = false } = {}): Uint8Array {
    return modelProto(this.opset, {
      nodes: reversed ? [...this.#nodes].reverse() : this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: [output].flat().map((name) => valueProto(name)),
    });
  }
}
