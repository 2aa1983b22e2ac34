/** Runs one layer's kernel on planted data in several tilings, to compare their outputs bit for bit and their times. */
import { STATE_WORDS } from '../../../kernels/loss-sum.ts';
import { QUAD, quadsOf, type Tiling } from '../../../kernels/spec.ts';
import { layerParams } from '../../../kernels/layer.ts';
import type { FusedLayer } from '../../../network/fuse.ts';
import type { GpuContext } from '../device/context.ts';
import { KernelRun } from '../device/kernel-run.ts';
import type { Pipelines } from '../device/pipelines.ts';
import { timePass } from '../device/time-pass.ts';
import { layerKernel } from '../layer-kernel.ts';

/** Dispatches that are timed together: one may be shorter than a step of the clock. */
const DISPATCHES = 4;

export interface TrialRun {
  /** Bits of all outputs. */
  readonly bits: Uint32Array;
  /** Seconds of one dispatch. */
  readonly seconds: number;
}

export class LayerTrial {
  readonly #context: GpuContext;
  readonly #run: KernelRun;
  readonly #label: string;

  /** Rejects with 'limit-exceeded' or 'gpu-failed' if the device cannot hold the data. */
  static async create(
    context: GpuContext,
    pipelines: Pipelines,
    layer: FusedLayer,
    images: number,
  ): Promise<LayerTrial> {
    const run = await KernelRun.open(context, pipelines, {
      spec: layerKernel(layer),
      shape: undefined,
      images,
      contents: plantedContents(layer, images),
    });
    return new LayerTrial(context, run, `a trial of ${layer.name}`);
  }

  private constructor(context: GpuContext, run: KernelRun, label: string) {
    this.#context = context;
    this.#run = run;
    this.#label = label;
  }

  /**
   * Compiles for a later run. Rejects with 'limit-exceeded' or 'gpu-failed' if the device does not allow the tiling.
   */
  async compile(tiling: Tiling): Promise<void> {
    await this.#run.bind(tiling);
  }

  /** Rejects with 'limit-exceeded' or 'gpu-failed' if the device does not allow the tiling. */
  async run(tiling: Tiling): Promise<TrialRun> {
    const kernel = await this.#run.bind(tiling);
    await this.#run.submit(kernel);
    const bits = new Uint32Array(await this.#run.read('y'));
    const time = () =>
      timePass(this.#context, this.#label, (pass) => this.#run.encode(pass, kernel, DISPATCHES));
    return { bits, seconds: Math.min(await time(), await time()) / DISPATCHES };
  }

  close(): void {
    this.#run.close();
  }
}

/** One candidate over all images, with about a quarter of the weights pruned. */
function plantedContents(layer: FusedLayer, images: number): Record<string, Float32Array | Uint32Array> {
  const { inputs, outputs, weights, biases } = layer;
  const stride = quadsOf(images) * QUAD;
  const place = { first: 0, stride, candidate: 0 };
  return {
    params: layerParams({ firstCandidate: 0, recordWords: 3, mask: 0, images: stride, x: place, y: place }),
    records: new Uint32Array(3),
    states: new Uint32Array(STATE_WORDS),
    // A layer with two inputs reads the first elements of the same.
    ...{ x: planted(inputs * stride), second: planted(inputs * stride) },
    ...{ weight: planted(weights), scale: planted(weights) },
    ...{ bias: planted(biases), shift: planted(biases) },
    mask: Uint32Array.from({ length: Math.ceil(weights / 32) }, (_, i) => scatter(i) | scatter(i + 1)),
    y: new Float32Array(outputs * stride),
  };
}

/** 32 bits without a pattern, the same for the same number. */
function scatter(i: number): number {
  const mixed = Math.imul(i ^ (i >>> 15), 0x2c1b3c6d);
  return Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0;
}

/** Numbers from -1 to 1 whose sum depends on the order of summation. */
function planted(length: number): Float32Array {
  const numbers = new Float32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = scatter(i + length) / 2 ** 31 - 1;
  return numbers;
}
