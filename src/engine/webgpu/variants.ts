/** How kernels divide their work on an adapter. */
import type { Variant } from '../../kernels/spec.ts';

export interface Variants {
  readonly conv2d: Variant;
  readonly dense: Variant;
}

/** Of kernels that have nothing to divide but invocations. */
export const AUXILIARY_VARIANT: Variant = { workgroupSize: 256, images: 1, outputs: 4 };

/**
 * On a processor a load costs as much as dozens of products, so an invocation takes many outputs for four images; measured, see
 * docs/kernels.md.
 */
const SOFTWARE: Variants = {
  conv2d: { workgroupSize: 16, images: 4, outputs: 8 },
  dense: { workgroupSize: 16, images: 4, outputs: 8 },
};

/** Not measured: chosen so that sums and window fit into registers with room for several workgroups. */
const HARDWARE: Variants = {
  conv2d: { workgroupSize: 64, images: 1, outputs: 8 },
  dense: { workgroupSize: 64, images: 1, outputs: 8 },
};

export function variantsOf(software: boolean, changes: Partial<Variant> = {}): Variants {
  const { conv2d, dense } = software ? SOFTWARE : HARDWARE;
  return { conv2d: { ...conv2d, ...changes }, dense: { ...dense, ...changes } };
}
