import type { KernelSpec } from './spec.ts';

/** Rows of one image each, in the order of places. */
export interface GatherShape {
  readonly rows: number;
}

/** Workgroups in y: enough to fill a device, and within every device's limit. */
const MAX_GRID_ROWS = 1024;

/** Brings rows into the order of images that `rank_images` found. Its uniform: images with padding, rows. */
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
