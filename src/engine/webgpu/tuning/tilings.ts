/** How kernels divide their work: what suits a kind of adapter, and what the tuner tries. */
import type { Tiling } from '../../../kernels/spec.ts';
import type { FusedLayer } from '../../../network/fuse.ts';

type ByKind<T> = Readonly<Record<FusedLayer['kind'], T>>;

/** Of kernels that have nothing to divide but invocations. */
export const AUXILIARY_TILING: Tiling = { workgroupSize: 256, images: 1, outputs: 4 };

/** The least that an invocation can do: what all others are compared with, and what is used where they differ. */
export const PLAIN_TILING: Tiling = { workgroupSize: 64, images: 1, outputs: 4 };

/**
 * Where a processor plays the GPU, a load costs as much as dozens of products, so an invocation takes four images; more than
 * four outputs would take longer to compile than most runs last. Measured, see docs/kernels.md.
 */
export const SOFTWARE_TILINGS: ByKind<Tiling> = {
  conv2d: { workgroupSize: 16, images: 4, outputs: 4 },
  dense: { workgroupSize: 16, images: 4, outputs: 4 },
};

/** For hardware, the likeliest first: sums and window fit into registers with room for several workgroups. */
export const CANDIDATE_TILINGS: ByKind<readonly Tiling[]> = {
  conv2d: [
    { workgroupSize: 64, images: 1, outputs: 8 },
    { workgroupSize: 64, images: 2, outputs: 4 },
    { workgroupSize: 64, images: 2, outputs: 8 },
    { workgroupSize: 64, images: 1, outputs: 16 },
    { workgroupSize: 32, images: 4, outputs: 4 },
    { workgroupSize: 128, images: 1, outputs: 8 },
  ],
  dense: [
    { workgroupSize: 64, images: 1, outputs: 8 },
    { workgroupSize: 64, images: 2, outputs: 8 },
    { workgroupSize: 64, images: 4, outputs: 8 },
    { workgroupSize: 64, images: 1, outputs: 16 },
    { workgroupSize: 64, images: 2, outputs: 16 },
    { workgroupSize: 128, images: 2, outputs: 8 },
  ],
};

export const LIKELIEST_TILINGS: ByKind<Tiling> = {
  conv2d: CANDIDATE_TILINGS.conv2d[0]!,
  dense: CANDIDATE_TILINGS.dense[0]!,
};
