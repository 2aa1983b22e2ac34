/**
 * Finds the fastest tiling of each layer's kernel on a device. It only considers tilings whose outputs equal those of
 * the plain tiling bit for bit: WGSL does not guarantee that two pipelines round alike. Results are kept as long as the
 * device is open.
 */
import { MasksearchError } from '../../../core/error.ts';
import type { Tiling } from '../../../kernels/spec.ts';
import type { FusedLayer } from '../../../network/fuse.ts';
import type { GpuContext } from '../device/context.ts';
import type { Pipelines } from '../device/pipelines.ts';
import { LayerTrial, type TrialRun } from './layer-trial.ts';
import { CANDIDATE_TILINGS, PLAIN_TILING } from './tilings.ts';

/**
 * Layers with a smaller share of the network's work use the likeliest tiling: trying others would cost more than it
 * saves.
 */
const MIN_SHARE = 0.05;
/** Limits of a trial: enough to fill a device, and quick. `TRIAL_BYTES` bounds the layer's input and its output. */
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
    // One layer at a time, so that no kernel is timed while another runs.
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
      // In parallel, since compiling takes longest. A tiling that fails here fails again when it is run.
      await Promise.allSettled(all.map((tiling) => trial!.compile(tiling)));
      const plain = await trial.run(PLAIN_TILING);
      return await fastestEqual(plain, candidates, (tiling) => trial!.run(tiling));
    } catch (error) {
      // A network may fit a device that has no room for a trial.
      if (isRefusal(error)) return PLAIN_TILING;
      throw error;
    } finally {
      trial?.close();
    }
  }
}

/**
 * The fastest of the plain tiling and those `candidates` whose bits equal the plain tiling's. Skips tilings that the
 * device refuses.
 */
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
