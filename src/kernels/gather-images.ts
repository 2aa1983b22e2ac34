import type { KernelSpec } from './spec.ts';

export interface GatherShape {
  /** Words per image. */
  readonly rows: number;
}

/** Workgroups in y at most: enough to fill a device, and within every device's limit. */
const MAX_GRID_ROWS = 1024;

/** Copies rows of images into the order that `rank_images` found. Uniform: `[padded images, rows]` u32. */
export const gatherImages: KernelSpec<GatherShape> = {
  name: 'gather_images',
  bindings: [
    { name: 'params', type: 'uniform', perDispatch: true },
    { name: 'order', type: 'read-only-storage' },
    { name: 'x', type: 'read-only-storage' },
    { name: 'y', type: 'storage' },
  ],
  constants: () => ({}),
  overrides: () => ({}),
  grid: ({ rows }, images, { workgroupSize }) => [
    Math.ceil(images / workgroupSize),
    Math.min(rows, MAX_GRID_ROWS),
    1,
  ],
  cost: ({ rows }, images) => ({ macs: 0, bytes: 4 * (2 * rows + 1) * images }),
};
