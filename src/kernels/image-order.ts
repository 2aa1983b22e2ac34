/** The kernels that keep images in the order in which they are visited. */
import type { KernelSpec } from './spec.ts';

/** Ranks images by falling loss. Its uniform: images, images with padding, first of the losses. */
export const rankImages: KernelSpec<void> = {
  name: 'rank_images',
  bindings: [
    { name: 'params', type: 'uniform', perDispatch: true },
    { name: 'losses', type: 'read-only-storage' },
    { name: 'order', type: 'read-only-storage' },
    { name: 'next', type: 'storage' },
  ],
  constants: () => ({}),
  overrides: () => ({}),
  grid: (_, images, { workgroupSize }) => [Math.ceil(images / workgroupSize), 1, 1],
  cost: (_, images) => ({ macs: 0, bytes: 4 * 3 * images }),
};

/** Rows of one image each, in the order of places. */
export interface GatherShape {
  readonly rows: number;
}

/** Workgroups in y: enough to fill a device, and within every device's limit. */
const LARGEST_GRID_ROWS = 1024;

/** Brings rows into that order. Its uniform: images with padding, rows. */
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
    Math.min(rows, LARGEST_GRID_ROWS),
    1,
  ],
  cost: ({ rows }, images) => ({ macs: 0, bytes: 4 * (2 * rows + 1) * images }),
};
