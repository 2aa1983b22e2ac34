/** All kernels that a network needs, compiled. */
import { gatherImages } from '../../kernels/gather-images.ts';
import { rankImages } from '../../kernels/rank-images.ts';
import { maskedConv2d } from '../../kernels/masked-conv2d.ts';
import { maskedDense } from '../../kernels/masked-dense.ts';
import { softmaxCrossEntropy } from '../../kernels/softmax-cross-entropy.ts';
import type { Variant } from '../../kernels/spec.ts';
import type { Stage } from '../../network/network.ts';
import type { Pipeline, Pipelines } from './device/pipelines.ts';
import type { Tuner } from './tuning/tuner.ts';
import { AUXILIARY_VARIANT, LIKELIEST_VARIANTS, SOFTWARE_VARIANTS } from './tuning/tilings.ts';

export interface CompiledNetwork {
  readonly stages: readonly Pipeline[];
  readonly loss: Pipeline;
  readonly rank: Pipeline;
  readonly gather: Pipeline;
}

export interface CompileOptions {
  /** Whether the adapter is a program. */
  readonly software: boolean;
  /** Whether to look for the fastest variants; unless given, on hardware. */
  readonly tune?: boolean | undefined;
  /** In place of what suits the adapter, also for kernels that are no layers. */
  readonly workgroupSize?: number;
  readonly variant?: Partial<Variant>;
}

/** `images`: how many will be run, for the tuner. */
export async function compileNetwork(
  pipelines: Pipelines,
  tuner: Tuner,
  stages: readonly Stage[],
  images: number,
  { software, tune = !software, workgroupSize, variant }: CompileOptions,
): Promise<CompiledNetwork> {
  const size = workgroupSize === undefined ? {} : { workgroupSize };
  const auxiliary = { ...AUXILIARY_VARIANT, ...size };
  const suitable = tune
    ? await tuner.variantsOf(stages, images)
    : stages.map(({ kind }) => (software ? SOFTWARE_VARIANTS : LIKELIEST_VARIANTS)[kind]);
  const layers = stages.map((stage, s) =>
    pipelineOf(pipelines, stage, { ...suitable[s]!, ...variant, ...size }),
  );
  const [loss, rank, gather] = await Promise.all([
    pipelines.get(softmaxCrossEntropy, { classes: stages.at(-1)!.outputs }, auxiliary),
    pipelines.get(rankImages, undefined, auxiliary),
    pipelines.get(gatherImages, { rows: 1 }, auxiliary),
    ...layers,
  ]);
  return { stages: await Promise.all(layers), loss, rank, gather };
}

export function pipelineOf(pipelines: Pipelines, stage: Stage, variant: Variant): Promise<Pipeline> {
  return stage.kind === 'conv2d'
    ? pipelines.get(maskedConv2d, stage.shape, variant)
    : pipelines.get(maskedDense, stage.shape, variant);
}

/** Workgroups of a stage's dispatch. */
export function gridOf(stage: Stage, { variant }: Pipeline, images: number, candidates: number) {
  return stage.kind === 'conv2d'
    ? maskedConv2d.grid(stage.shape, images, variant, candidates)
    : maskedDense.grid(stage.shape, images, variant, candidates);
}
