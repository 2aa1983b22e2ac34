import {
  avgPool,
  fused,
  logSoftmax,
  memory,
  reshape,
  setBackend,
  tanh,
  tensor,
  tensor1d,
  tidy,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import type { Activation, Masks, Model } from 'masksearch';
import { MaskedWeight } from '../masked-weight.ts';
import type { Runtime } from '../runtime.ts';
import { fuse, parametersOf, type FusedLayer } from '../layers.ts';
import { weightLayout, weightShape } from './layout.ts';

/** The activations that can be part of a convolution or a product of matrices. */
const FUSED: Readonly<Partial<Record<Activation, 'linear' | 'relu' | 'sigmoid'>>> = {
  none: 'linear',
  relu: 'relu',
  sigmoid: 'sigmoid',
  tanh: 'linear',
};

/**
 * The WebAssembly backend of TensorFlow.js. Runtimes share it: to find what one leaves behind, those opened earlier must
 * hold as many tensors when it is closed as when it was opened.
 */
export class TfjsRuntime implements Runtime<Tensor> {
  readonly threads = getThreadsCount();
  readonly #layers: readonly FusedLayer[];
  readonly #weights: readonly MaskedWeight[];
  readonly #weightTensors: Tensor[];
  readonly #biases: readonly Tensor1D[];
  readonly #othersTensors = memory().numTensors;

  private constructor(model: Model) {
    const parameters = parametersOf(model);
    this.#layers = fuse(model.network);
    this.#weights = this.#layers.map(
      (layer, s) => new MaskedWeight(parameters[s]!.weight, weightLayout(layer)),
    );
    this.#weightTensors = this.#weights.map(({ values }, s) => weightTensor(values, this.#layers[s]!));
    this.#biases = parameters.map(({ bias }) => tensor1d(bias));
  }

  static async open(model: Model): Promise<TfjsRuntime> {
    if (!(await setBackend('wasm'))) throw new Error('TensorFlow.js has no WebAssembly backend here');
    return new TfjsRuntime(model);
  }

  upload(pixels: Float32Array, images: number): Tensor {
    const [channels, rows, columns] = this.#layers[0]!.inputShape;
    if (channels !== 1) throw new Error(`images have 1 channel, the network takes ${channels}`);
    return tensor(pixels, [images, rows!, columns!, 1], 'float32');
  }

  setMasks(masks: Masks): void {
    masks.forEach((mask, s) => {
      const weight = this.#weights[s]!;
      if (!weight.apply(mask)) return;
      this.#weightTensors[s]!.dispose();
      this.#weightTensors[s] = weightTensor(weight.values, this.#layers[s]!);
    });
  }

  runPrefix(depth: number, images: Tensor): Promise<Tensor> {
    return Promise.resolve(tidy(() => this.#run(0, depth, images)));
  }

  logProbabilities(depth: number, activations: Tensor): Promise<Float32Array> {
    const result = tidy(() => logSoftmax(this.#run(depth, this.#layers.length, activations)));
    const values = result.dataSync<'float32'>();
    result.dispose();
    return Promise.resolve(values);
  }

  free(activations: Tensor): void {
    activations.dispose();
  }

  /** Throws if tensors were left behind. */
  close(): Promise<void> {
    for (const owned of [...this.#biases, ...this.#weightTensors]) owned.dispose();
    const leaked = memory().numTensors - this.#othersTensors;
    if (leaked !== 0) throw new Error(`${leaked} tensors were not freed`);
    return Promise.resolve();
  }

  #run(from: number, to: number, input: Tensor): Tensor {
    let x = input;
    for (let s = from; s < to; s++) x = this.#runLayer(s, x);
    return x;
  }

  #runLayer(s: number, input: Tensor): Tensor {
    const { layer, following } = this.#layers[s]!;
    const weight = this.#weightTensors[s]!;
    const bias = this.#biases[s]!;
    const activation = FUSED[layer.activation]!;
    let x: Tensor =
      layer.kind === 'conv2d'
        ? fused.conv2d({
            x: input as Tensor4D,
            filter: weight as Tensor4D,
            strides: 1,
            pad: layer.padding,
            bias,
            activation,
          })
        : fused.matMul({ a: input, b: weight, bias, activation });
    if (layer.activation === 'tanh') x = tanh(x);
    for (const kind of following) {
      x = kind === 'avgpool2d' ? avgPool(x as Tensor4D, 2, 2, 'valid') : reshape(x, [x.shape[0], -1]);
    }
    return x;
  }
}

/** A copy of these weights. */
function weightTensor(values: Float32Array, layer: FusedLayer): Tensor {
  return tensor(values, weightShape(layer), 'float32');
}
