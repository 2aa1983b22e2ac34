/** ONNX Runtime on a whole network of any kind, as the library writes it. */
import { modelToOnnx, problemOf, type Masks, type Model, type PrunableLayer } from 'masksearch';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MaskedWeight } from '../masked-weight.ts';
import { withInputs } from './with-inputs.ts';
import type { WholeRuntime } from '../runtime.ts';

const INPUT = 'input';
const OUTPUT = 'output';

/**
 * A session whose prunable weights are constants, with the fusing and packing that ONNX Runtime does for these, or inputs, which may change
 * from one run to the next.
 */
export class GraphRuntime implements WholeRuntime<Tensor> {
  readonly threads: number;
  readonly #session: InferenceSession;
  readonly #shape: readonly number[];
  readonly #weights: readonly MaskedWeight[];
  readonly #feeds: Readonly<Record<string, Tensor>>;

  private constructor(
    session: InferenceSession,
    model: Model,
    threads: number,
    inputs: readonly PrunableLayer[],
  ) {
    this.threads = threads;
    this.#session = session;
    this.#shape = model.network.input;
    this.#weights = inputs.map(({ weight }) => new MaskedWeight(model.tensors.get(weight!)!));
    this.#feeds = Object.fromEntries(
      inputs.map(({ weight, shape }, i) => [weight!, new Tensor('float32', this.#weights[i]!.values, shape)]),
    );
  }

  static async open(model: Model, threads: number, weights: 'inputs' | 'constants'): Promise<GraphRuntime> {
    const { layers } = problemOf(model.network);
    const inputs = weights === 'inputs' ? layers : [];
    const file = withInputs(
      modelToOnnx(model),
      inputs.map(({ weight, shape }) => ({ name: weight!, shape })),
    );
    const session = await InferenceSession.create(file, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Warnings of nodes that it folds.
      logSeverityLevel: 3,
    });
    return new GraphRuntime(session, model, threads, inputs);
  }

  upload(pixels: Float32Array, images: number): Tensor {
    return new Tensor('float32', pixels, [images, ...this.#shape]);
  }

  /** Does nothing where weights are constants. */
  setMasks(masks: Masks): void {
    this.#weights.forEach((weight, i) => weight.apply(masks[i]!));
  }

  async scores(images: Tensor): Promise<Float32Array> {
    const results = await this.#session.run({ ...this.#feeds, [INPUT]: images });
    return results[OUTPUT]!.data as Float32Array;
  }

  async logProbabilities(_: 0, images: Tensor): Promise<Float32Array> {
    const { data, dims } = (await this.#session.run({ ...this.#feeds, [INPUT]: images }))[OUTPUT]!;
    return logSoftmax(data as Float32Array, dims.at(-1)!);
  }

  free(images: Tensor): void {
    images.dispose();
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}

/** Of [image, class]; some microseconds beside a pass. */
function logSoftmax(scores: Float32Array, classes: number): Float32Array {
  const result = new Float32Array(scores.length);
  for (let first = 0; first < scores.length; first += classes) {
    const own = scores.subarray(first, first + classes);
    const largest = Math.max(...own);
    const total = Math.log(own.reduce((sum, score) => sum + Math.exp(score - largest), 0)) + largest;
    own.forEach((score, i) => (result[first + i] = score - total));
  }
  return result;
}
