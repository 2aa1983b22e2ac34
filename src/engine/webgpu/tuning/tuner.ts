/**
 * Finds the fastest tiling of each layer's kernel on a device, among those that agree bit for bit with the plain one: WGSL
 * does not promise that two pipelines round alike. Kept for the life of the device.
 */
import type { Tiling } from '../../../kernels/spec.ts';
import { MasksearchError } from '../../../core/error.ts';
import type { FusedLayer } from '../../../network/fuse.ts';
import type { GpuContext } from '../device/context.ts';
import { LayerTrial, type TrialRun } from './layer-trial.ts';
import type { Pipelines } from '../device/pipelines.ts';
import { CANDIDATE_TILINGS, PLAIN_TILING } from './tilings.ts';

/** Layers of a smaller share of the network's work take the likeliest tiling: trying others would cost more than it saves. */
const MIN_SHARE = 0.05;
/** Enough to fill a device, and soon done: images, and bytes of a layer's input or output. */
const TRIAL_IMAGES = 2048;
const TRIAL_BYTES = 32 * 2 ** 20;

export class Tuner {
  readonly #context: GpuContext;
  readonly #pipelines: Pipelines;
  readonly #found = new Map<string, Promise<Tiling>>();

  constructor(context: GpuContext, pipelines: Pipelines) {
    this.#context = context;
    this.#pipelines = pipelines;
  }

  /** The tiling for each layer. */
  async tilingsOf(layers: readonly FusedLayer[], images: number): Promise<readonly Tiling[]> {
    const total = layers.reduce((sum, { macs }) => sum + macs, 0);
    const tilings: Tiling[] = [];
    // One after the other, so that none is timed while another runs.
    for (const layer of layers) {
      const candidates = CANDIDATE_TILINGS[layer.kind];
      const tried = layer.macs / total < MIN_SHARE ? candidates.slice(0, 1) : candidates;
      const fitting = Math.floor(TRIAL_BYTES / (4 * Math.max(layer.inputs, layer.outputs)));
      tilings.push(await this.#find(layer, Math.max(1, Math.min(images, TRIAL_IMAGES, fitting)), tried));
    }
    return tilings;
  }

  #find(layer: FusedLayer, images: number, candidates: readonly Tiling[]): Promise<Tiling> {
    const key = JSON.stringify([layer.kind, layer.shape, images, candidates]);
    let found = this.#found.get(key);
    if (!found) {
      found = this.#try(layer, images, candidates);
      this.#found.set(key, found);
      found.catch(() => this.#found.delete(key));
    }
    return found;
  }

  async #try(layer: FusedLayer, images: number, candidates: readonly Tiling[]): Promise<Tiling> {
    let trial: LayerTrial | undefined;
    try {
      trial = await LayerTrial.create(this.#context, this.#pipelines, layer, images);
      const all = [PLAIN_TILING, ...candidates];
      // Together, since compiling takes longest; one that fails is met again when it is run.
      await Promise.allSettled(all.map((tiling) => trial!.compile(tiling)));
      const plain = await trial.run(PLAIN_TILING);
      return await fastestEqual(plain, candidates, (tiling) => trial!.run(tiling));
    } catch (error) {
      // No room for a trial is no reason to refuse the network.
      if (isRefusal(error)) return PLAIN_TILING;
      throw error;
    } finally {
      trial?.close();
    }
  }
}

/** The fastest of `candidates` whose bits are those of the plain tiling, or that one; what a device refuses is left out. */
export async function fastestEqual(
  plain: TrialRun,
  candidates: readonly Tiling[],
  run: (tiling: Tiling) => Promise<TrialRun>,
): Promise<Tiling> {
  let fastest = { tiling: PLAIN_TILING, seconds: plain.seconds };
  for (const tiling of candidates) {
    try {
      const { bits, seconds } = await run(tiling);
      if (seconds < fastest.seconds && bits.every((word, i) => word === plain.bits[i])) {
        fastest = { tiling, seconds };
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return fastest.tiling;
}

function isRefusal(error: unknown): boolean {
  return error instanceof MasksearchError && ['limit-exceeded', 'gpu-failed'].includes(error.code);
}
