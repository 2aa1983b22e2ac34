/** Small shapes around the edges of packs, tiles and blocks, for the kernel benchmark on real devices. */
import type { KernelShape } from '../../src/bench/cases.ts';
import type { Planted } from '../../src/bench/planted.ts';
import { SHAPES } from '../kernels/cases/shapes.ts';

export const BENCH_SHAPES: readonly KernelShape[] = [
  { name: 'pooled', kernel: 'masked_conv2d', shape: { ...SHAPES.oddPooled, activation: 'sigmoid' } },
  { name: 'plain', kernel: 'masked_conv2d', shape: { ...SHAPES.oddPlain, activation: 'relu' } },
  { name: 'dense', kernel: 'masked_dense', shape: { inputs: 37, outputs: 13, activation: 'tanh' } },
  { name: 'loss', kernel: 'softmax_cross_entropy', shape: { classes: 3 } },
];

/** The smallest mistakes: the sign of a kept weight, or the label of an image where there are no weights. */
export function tamper(planted: Planted): Planted {
  const { weight, masks, labels } = planted;
  if (weight.length === 0) return { ...planted, labels: labels.with(1, (labels[1]! + 1) % 3) };
  const kept = Array.from(weight.keys()).filter((i) => (masks[0]![i >>> 5]! >>> (i & 31)) & 1);
  return { ...planted, weight: weight.with(kept[0]!, -weight[kept[0]!]!) };
}
