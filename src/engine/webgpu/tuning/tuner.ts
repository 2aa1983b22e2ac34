/**
 * Finds the fastest variant of each layer's kernel on a device, among those that agree bit for bit with the plain one: WGSL
 * does not promise that two pipelines round alike. Kept for the life of the device.
 */
import type { Variant } from '../../../kernels/spec.ts';
import { MasksearchError } from '../../../core/error.ts';
import type { Stage } from '../../../network/network.ts';
import type { GpuContext } from '../device/context.ts';
import { LayerTrial, type TrialRun } from './layer-trial.ts';
import type { Pipelines } from '../device/pipelines.ts';
import { CANDIDATE_VARIANTS, PLAIN_VARIANT } from './tilings.ts';

/** Layers of a smaller share of the network's work take the likeliest variant: trying others would cost more than it saves. */
const SMALLEST_SHARE = 0.05;
/** Enough to fill a device, and soon done: images, and bytes of a layer's input or output. */
const TRIAL_IMAGES = 2048;
const TRIAL_BYTES = 32 * 2 ** 20;

export class Tuner {
  readonly #context: GpuContext;
  readonly #pipelines: Pipelines;
  readonly #found = new Map<string, Promise<Variant>>();

  constructor(context: GpuContext, pipelines: Pipelines) {
    this.#context = context;
    this.#pipelines = pipelines;
  }

  /** The variant for each stage. */
  async variantsOf(stages: readonly Stage[], images: number): Promise<readonly Variant[]> {
    const total = stages.reduce((sum, { macs }) => sum + macs, 0);
    const variants: Variant[] = [];
    // One after the other, so that none is timed while another runs.
    for (const stage of stages) {
      const candidates = CANDIDATE_VARIANTS[stage.kind];
      const tried = stage.macs / total < SMALLEST_SHARE ? candidates.slice(0, 1) : candidates;
      const fitting = Math.floor(TRIAL_BYTES / (4 * Math.max(stage.inputs, stage.outputs)));
      variants.push(await this.#find(stage, Math.max(1, Math.min(images, TRIAL_IMAGES, fitting)), tried));
    }
    return variants;
  }

  #find(stage: Stage, images: number, candidates: readonly Variant[]): Promise<Variant> {
    const key = JSON.stringify([stage.kind, stage.shape, images, candidates]);
    let found = this.#found.get(key);
    if (!found) {
      found = this.#try(stage, images, candidates);
      this.#found.set(key, found);
      found.catch(() => this.#found.delete(key));
    }
    return found;
  }

  async #try(stage: Stage, images: number, candidates: readonly Variant[]): Promise<Variant> {
    let trial: LayerTrial | undefined;
    try {
      trial = await LayerTrial.create(this.#context, this.#pipelines, stage, images);
      const all = [PLAIN_VARIANT, ...candidates];
      // Together, since compiling takes longest; one that fails is met again when it is run.
      await Promise.allSettled(all.map((variant) => trial!.compile(variant)));
      const plain = await trial.run(PLAIN_VARIANT);
      return await fastestEqual(plain, candidates, (variant) => trial!.run(variant));
    } catch (error) {
      // No room for a trial is no reason to refuse the network.
      if (isRefusal(error)) return PLAIN_VARIANT;
      throw error;
    } finally {
      trial?.close();
    }
  }
}

/** The fastest of `candidates` whose bits are those of the plain variant, or that one; what a device refuses is left out. */
export async function fastestEqual(
  plain: TrialRun,
  candidates: readonly Variant[],
  run: (variant: Variant) => Promise<TrialRun>,
): Promise<Variant> {
  let fastest = { variant: PLAIN_VARIANT, seconds: plain.seconds };
  for (const variant of candidates) {
    try {
      const { bits, seconds } = await run(variant);
      if (seconds < fastest.seconds && bits.every((word, i) => word === plain.bits[i])) {
        fastest = { variant, seconds };
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return fastest.variant;
}

function isRefusal(error: unknown): boolean {
  return error instanceof MasksearchError && ['limit-exceeded', 'gpu-failed'].includes(error.code);
}
