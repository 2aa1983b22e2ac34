/**
 * What the kernels of every device are tested on. A new kernel is a file of cases here, a line in this table, and a method
 * in every file of `../devices/`; a new device is a file there and a test file beside `../webgpu.test.ts`.
 */
import type { KernelCases } from '../case.ts';
import { gatherImages } from './gather-images.ts';
import { listKept } from './list-kept.ts';
import { loadImages } from './load-images.ts';
import { maskedConv2d, maskedDense } from './masked-layers.ts';
import { rankImages } from './rank-images.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

export const KERNELS = {
  masked_conv2d: maskedConv2d,
  masked_dense: maskedDense,
  softmax_cross_entropy: softmaxCrossEntropy,
  gather_images: gatherImages,
  rank_images: rankImages,
  load_images: loadImages,
  list_kept: listKept,
} as const;

type Run<Cases> =
  Cases extends KernelCases<infer Input, infer Output> ? (input: Input) => Promise<Output> : never;

/** Runs each kernel, alone; undefined for a kernel that the device has no use for. */
export type KernelDevice = {
  readonly [Name in keyof typeof KERNELS]: Run<(typeof KERNELS)[Name]> | undefined;
};
