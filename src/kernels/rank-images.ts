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
