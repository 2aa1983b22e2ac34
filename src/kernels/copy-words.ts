import type { KernelSpec } from './spec.ts';

export interface CopyWordsShape {
  /** A multiple of 4. */
  readonly words: number;
}

/** Measures memory bandwidth: reads and writes every word once. Uniform: `[words / 4]` u32. */
export const copyWords: KernelSpec<CopyWordsShape> = {
  name: 'copy_words',
  bindings: [
    { name: 'params', type: 'uniform', perDispatch: true },
    { name: 'x', type: 'read-only-storage' },
    { name: 'y', type: 'storage' },
  ],
  constants: () => ({}),
  overrides: () => ({}),
  grid: ({ words }, _, { workgroupSize }) => [Math.ceil(words / 4 / workgroupSize), 1, 1],
  cost: ({ words }) => ({ macs: 0, bytes: 8 * words }),
};
