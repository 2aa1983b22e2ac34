/** All kernels that a network needs, compiled. */
import { gatherImages } from '../../kernels/gather-images.ts';
import { rankImages } from '../../kernels/rank-images.ts';
import { lossSpec, type Loss } from '../../kernels/loss.ts';
import type { KernelSpec, Tiling } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import type { Pipeline, Pipelines } from './device/pipelines.ts';
import { layerKernel } from './layer-kernel.ts';
import { AUXILIARY_TILING, LIKELIEST_TILINGS, SOFTWARE_TILINGS } from './tuning/tilings.ts';
import type { Tuner } from './tuning/tuner.ts';

export interface CompiledLayer {
  readonly layer: FusedLayer;
  readonly kernel: KernelSpec<void>;
  readonly pipeline: Pipeline;
}

export interface CompiledNetwork {
  readonly layers: readonly CompiledLayer[];
  readonly loss: Pipeline;
  readonly rank: Pipeline;
  readonly gather: Pipeline;
}

export interface CompileOptions {
  /** Whether to time several tilings and use the fastest. Default: on hardware only. */
  readonly tune?: boolean | undefined;
  /** Workgroup size of all kernels, instead of the one that suits the adapter. */
  readonly workgroupSize?: number;
  /** Parts of the layers' tilings, instead of those that suit the adapter. */
  readonly tiling?: Partial<Tiling>;
}

/**
 * @param images number of images that the layers will run over; the tuner tries its tilings on as many
 * @param software whether the adapter computes on the processor
 */
export async function compileNetwork(
  pipelines: Pipelines,
  tuner: Tuner,
  layers: readonly FusedLayer[],
  lossOfOutputs: Loss,
  images: number,
  { software, tune = !software, workgroupSize, tiling }: CompileOptions & { readonly software: boolean },
): Promise<CompiledNetwork> {
  const size = workgroupSize === undefined ? {} : { workgroupSize };
  const auxiliary = { ...AUXILIARY_TILING, ...size };
  const suitable = tune
    ? await tuner.tilingsOf(layers, images)
    : layers.map(({ kind }) => (software ? SOFTWARE_TILINGS : LIKELIEST_TILINGS)[kind]);
  const compiled = layers.map(async (layer, s) => {
    const kernel = layerKernel(layer);
    const own = { ...suitable[s]!, ...tiling, ...size };
    return { layer, kernel, pipeline: await pipelines.get(kernel, undefined, own) };
  });
  const [loss, rank, gather] = await Promise.all([
    pipelines.get(lossSpec(lossOfOutputs), undefined, auxiliary),
    pipelines.get(rankImages, undefined, auxiliary),
    pipelines.get(gatherImages, { rows: 1 }, auxiliary),
    ...compiled,
  ]);
  return { layers: await Promise.all(compiled), loss, rank, gather };
}
