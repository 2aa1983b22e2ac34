import type { KernelSpec } from './spec.ts';

/** Sorts images by falling loss. Uniform: `[images, padded images, index of the first loss]` u32. */
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
