import type { Masks, Model } from 'masksearch';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MaskedWeight } from '../masked-weight.ts';
import type { Runtime } from '../runtime.ts';
import { fuse, parametersOf, type FusedLayer } from '../layers.ts';
import { INPUT, onnxModel, OUTPUT, weightName } from './model.ts';

/** The processor provider of onnxruntime-node: a session for each range of layers, with the weights as inputs. */
export class OnnxRuntime implements Runtime<Tensor> {
  readonly threads: number;
  readonly #layers: readonly FusedLayer[];
  readonly #weights: readonly MaskedWeight[];
  /** Views of the masked weights: a session reads what they hold when it is run. */
  readonly #weightTensors: readonly Tensor[];
  /** At d - 1 the one that runs the layers before d. */
  readonly #prefixes: readonly InferenceSession[];
  /** At d the one that runs the layers from d on. */
  readonly #suffixes: readonly InferenceSession[];

  private constructor(
    model: Model,
    threads: number,
    prefixes: readonly InferenceSession[],
    suffixes: readonly InferenceSession[],
  ) {
    this.threads = threads;
    this.#prefixes = prefixes;
    this.#suffixes = suffixes;
    this.#layers = fuse(model.network);
    this.#weights = parametersOf(model).map(({ weight }) => new MaskedWeight(weight));
    this.#weightTensors = this.#layers.map(
      ({ weightShape }, s) => new Tensor('float32', this.#weights[s]!.values, weightShape),
    );
  }

  /** Makes all sessions at once: each takes long enough to matter later. */
  static async open(model: Model, threads: number): Promise<OnnxRuntime> {
    const layers = fuse(model.network);
    const prefixes: InferenceSession[] = [];
    const suffixes: InferenceSession[] = [];
    for (const [s] of layers.entries()) {
      if (s > 0) prefixes.push(await openSession(model, layers, 0, s, threads));
      suffixes.push(await openSession(model, layers, s, layers.length, threads));
    }
    return new OnnxRuntime(model, threads, prefixes, suffixes);
  }

  upload(pixels: Float32Array, images: number): Tensor {
    return new Tensor('float32', pixels, [images, ...this.#layers[0]!.inputShape]);
  }

  setMasks(masks: Masks): void {
    masks.forEach((mask, s) => this.#weights[s]!.apply(mask));
  }

  runPrefix(depth: number, images: Tensor): Promise<Tensor> {
    return this.#run(this.#prefixes[depth - 1]!, 0, depth, images);
  }

  async logProbabilities(depth: number, activations: Tensor): Promise<Float32Array> {
    const { data } = await this.#run(this.#suffixes[depth]!, depth, this.#layers.length, activations);
    return data as Float32Array;
  }

  free(activations: Tensor): void {
    activations.dispose();
  }

  async close(): Promise<void> {
    for (const session of [...this.#prefixes, ...this.#suffixes]) await session.release();
  }

  async #run(session: InferenceSession, from: number, to: number, input: Tensor): Promise<Tensor> {
    const feeds: Record<string, Tensor> = { [INPUT]: input };
    for (let s = from; s < to; s++) feeds[weightName(this.#layers[s]!)] = this.#weightTensors[s]!;
    return (await session.run(feeds))[OUTPUT]!;
  }
}

/** For layers `from` to `to - 1`. */
function openSession(
  model: Model,
  layers: readonly FusedLayer[],
  from: number,
  to: number,
  threads: number,
): Promise<InferenceSession> {
  const logSoftmax = to === layers.length;
  const bytes = onnxModel(layers.slice(from, to), parametersOf(model).slice(from, to), { logSoftmax });
  return InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    interOpNumThreads: 1,
    intraOpNumThreads: threads,
  });
}
