import type { KernelSpec } from './spec.ts';

export interface CopyWordsShape {
  /** A multiple of 4. */
  readonly words: number;
}

/** Reads and writes every word once. Its uniform: quads of words. */
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
