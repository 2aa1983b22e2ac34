/**
 * What the kernels of every device are tested on. A new kernel is a file in `cases/`, a line in this table, and a method
 * in every file of `devices/`; a new device is a file there, and a test file beside `webgpu.test.ts`.
 */
import { test } from 'uvu';
import { withTimeout } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';
import { convolutions } from './cases/convolutions.ts';
import { gatherImages } from './cases/gather-images.ts';
import { im2col } from './cases/im2col.ts';
import { layers } from './cases/layers.ts';
import { listKept } from './cases/list-kept.ts';
import { sigmoidCrossEntropy, squaredError } from './cases/losses.ts';
import { loadImages } from './cases/load-images.ts';
import { maskedConv2d, maskedDense } from './cases/masked-layers.ts';
import { rankImages } from './cases/rank-images.ts';
import { softCrossEntropy } from './cases/soft-cross-entropy.ts';
import { secondMoments } from './cases/second-moments.ts';
import { softmaxCrossEntropy } from './cases/softmax-cross-entropy.ts';

export const KERNELS = {
  masked_conv2d: [...maskedConv2d, ...convolutions],
  masked_dense: maskedDense,
  masked_depthwise_conv2d: layers.depthwise,
  pool2d: layers.pool2d,
  affine: layers.affine,
  add: layers.add,
  concat: layers.concat,
  pad: layers.pad,
  second_moments: secondMoments,
  softmax_cross_entropy: softmaxCrossEntropy,
  soft_cross_entropy: softCrossEntropy,
  sigmoid_cross_entropy: sigmoidCrossEntropy,
  squared_error: squaredError,
  gather_images: gatherImages,
  rank_images: rankImages,
  load_images: loadImages,
  list_kept: listKept,
  im2col,
} as const;

/** One run of a kernel. */
export interface KernelCase<Input, Output> {
  /** Shape and data, for the name of the test. */
  readonly name: string;
  readonly input: () => Input;
  /**
   * Throws unless `output` is what the float64 reference gives, within a derived bound; and unless the smallest mistake
   * would have been noticed.
   */
  readonly check: (output: Output, input: Input) => void;
}

type Run<Case> =
  Case extends KernelCase<infer Input, infer Output> ? (input: Input) => Promise<Output> : never;

/** Runs each kernel alone; undefined for a kernel that the device does not need. */
export type KernelDevice = {
  readonly [K in keyof typeof KERNELS]: Run<(typeof KERNELS)[K][number]> | undefined;
};

/**
 * A test for every case of the kernels that a device has; where tables are sampled, of the long ones one case of three, from
 * `first` on: each device takes others.
 */
export function testKernels(device: KernelDevice, first: number): void {
  for (const [kernel, cases] of Object.entries(KERNELS)) {
    const run = device[kernel as keyof KernelDevice] as ((input: unknown) => Promise<unknown>) | undefined;
    if (run)
      testCases(
        kernel,
        sample(cases as readonly KernelCase<unknown, unknown>[], cases.length < 10 ? 1 : 3, first),
        run,
      );
  }
}

/** A test for every case of one kernel. */
export function testCases<Input, Output>(
  kernel: string,
  cases: readonly KernelCase<Input, Output>[],
  run: (input: Input) => Promise<Output>,
): void {
  for (const { name, input, check } of cases) {
    test(`${kernel}: ${name}`, async () => {
      const given = input();
      check(await withTimeout(run(given), 60_000, kernel), given);
    });
  }
}
