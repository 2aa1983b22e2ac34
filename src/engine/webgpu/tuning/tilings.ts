/** Tilings: those that suit a kind of adapter, and those that the tuner tries. */
import type { Tiling } from '../../../kernels/spec.ts';
import type { LayerKind } from '../../../network/fused-layer.ts';

type ByKind<T> = Readonly<Record<LayerKind, T>>;

/** The same for all layers whose kernels only move or add elements. */
const light = <T>(tiling: T) => ({
  ...{ pool2d: tiling, affine: tiling, add: tiling, concat: tiling, pad: tiling },
});

/** For kernels other than layers; they only use the workgroup size. */
export const AUXILIARY_TILING: Tiling = { workgroupSize: 256, images: 1, outputs: 4 };

/** The smallest tiling. The tuner compares the others with it, and uses it if the others compute other bits. */
export const PLAIN_TILING: Tiling = { workgroupSize: 64, images: 1, outputs: 4 };

/**
 * For software adapters. A load takes as long as dozens of products there, so an invocation takes four images. With
 * more than four outputs compiling would take longer than most runs. Measured, see docs/kernels.md.
 */
export const SOFTWARE_TILINGS: ByKind<Tiling> = {
  conv2d: { workgroupSize: 16, images: 4, outputs: 4 },
  depthwise: { workgroupSize: 16, images: 4, outputs: 4 },
  dense: { workgroupSize: 16, images: 4, outputs: 4 },
  ...light({ workgroupSize: 16, images: 4, outputs: 4 }),
};

/**
 * For hardware, the likeliest to be fastest first. Sums and window fit into registers, with several workgroups at a
 * time.
 */
export const CANDIDATE_TILINGS: ByKind<readonly Tiling[]> = {
  conv2d: [
    { workgroupSize: 64, images: 1, outputs: 8 },
    { workgroupSize: 64, images: 2, outputs: 4 },
    { workgroupSize: 64, images: 2, outputs: 8 },
    { workgroupSize: 64, images: 1, outputs: 16 },
    { workgroupSize: 32, images: 4, outputs: 4 },
    { workgroupSize: 128, images: 1, outputs: 8 },
  ],
  depthwise: [
    { workgroupSize: 64, images: 1, outputs: 4 },
    { workgroupSize: 64, images: 2, outputs: 4 },
    { workgroupSize: 64, images: 1, outputs: 8 },
    { workgroupSize: 32, images: 4, outputs: 4 },
  ],
  dense: [
    { workgroupSize: 64, images: 1, outputs: 8 },
    { workgroupSize: 64, images: 2, outputs: 8 },
    { workgroupSize: 64, images: 4, outputs: 8 },
    { workgroupSize: 64, images: 1, outputs: 16 },
    { workgroupSize: 64, images: 2, outputs: 16 },
    { workgroupSize: 128, images: 2, outputs: 8 },
  ],
  ...light([{ workgroupSize: 64, images: 1, outputs: 4 }]),
};

/** For `second_moments`, which is not tuned. On hardware: not measured. */
export const MOMENTS_TILINGS: Readonly<Record<'software' | 'hardware', Tiling>> = {
  software: { workgroupSize: 16, images: 4, outputs: 4 },
  hardware: { workgroupSize: 64, images: 4, outputs: 4 },
};

/** For hardware that is not tuned for. */
export const LIKELIEST_TILINGS: ByKind<Tiling> = {
  conv2d: CANDIDATE_TILINGS.conv2d[0]!,
  depthwise: CANDIDATE_TILINGS.depthwise[0]!,
  dense: CANDIDATE_TILINGS.dense[0]!,
  ...light(CANDIDATE_TILINGS.add[0]!),
};
