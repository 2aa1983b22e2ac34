/** All kernels that a network needs, compiled. */
import { gatherImages } from '../../kernels/gather-images.ts';
import { rankImages } from '../../kernels/rank-images.ts';
import { maskedConv2d } from '../../kernels/masked-conv2d.ts';
import { maskedDense } from '../../kernels/masked-dense.ts';
import { softmaxCrossEntropy } from '../../kernels/softmax-cross-entropy.ts';
import type { Tiling } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import type { Pipeline, Pipelines } from './device/pipelines.ts';
import type { Tuner } from './tuning/tuner.ts';
import { AUXILIARY_TILING, LIKELIEST_TILINGS, SOFTWARE_TILINGS } from './tuning/tilings.ts';

export interface CompiledNetwork {
  readonly layers: readonly Pipeline[];
  readonly loss: Pipeline;
  readonly rank: Pipeline;
  readonly gather: Pipeline;
}

export interface CompileOptions {
  /** Whether the adapter is a program. */
  readonly software: boolean;
  /** Whether to look for the fastest tilings; unless given, on hardware. */
  readonly tune?: boolean | undefined;
  /** In place of what suits the adapter, also for kernels that are no layers. */
  readonly workgroupSize?: number;
  readonly tiling?: Partial<Tiling>;
}

/** `images`: how many will be run, for the tuner. */
export async function compileNetwork(
  pipelines: Pipelines,
  tuner: Tuner,
  layers: readonly FusedLayer[],
  images: number,
  { software, tune = !software, workgroupSize, tiling }: CompileOptions,
): Promise<CompiledNetwork> {
  const size = workgroupSize === undefined ? {} : { workgroupSize };
  const auxiliary = { ...AUXILIARY_TILING, ...size };
  const suitable = tune
    ? await tuner.tilingsOf(layers, images)
    : layers.map(({ kind }) => (software ? SOFTWARE_TILINGS : LIKELIEST_TILINGS)[kind]);
  const compiled = layers.map((layer, s) =>
    pipelineOf(pipelines, layer, { ...suitable[s]!, ...tiling, ...size }),
  );
  const [loss, rank, gather] = await Promise.all([
    pipelines.get(softmaxCrossEntropy, { classes: layers.at(-1)!.outputs }, auxiliary),
    pipelines.get(rankImages, undefined, auxiliary),
    pipelines.get(gatherImages, { rows: 1 }, auxiliary),
    ...compiled,
  ]);
  return { layers: await Promise.all(compiled), loss, rank, gather };
}

export function pipelineOf(pipelines: Pipelines, layer: FusedLayer, tiling: Tiling): Promise<Pipeline> {
  return layer.kind === 'conv2d'
    ? pipelines.get(maskedConv2d, layer.shape, tiling)
    : pipelines.get(maskedDense, layer.shape, tiling);
}

/** Workgroups of a layer's dispatch. */
export function gridOf(layer: FusedLayer, { tiling }: Pipeline, images: number, candidates: number) {
  return layer.kind === 'conv2d'
    ? maskedConv2d.grid(layer.shape, images, tiling, candidates)
    : maskedDense.grid(layer.shape, images, tiling, candidates);
}
