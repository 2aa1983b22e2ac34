/** The kernels of shaders/ on a GPU. */
import * as assert from 'uvu/assert';
import type { WebGpuEngine } from '../../../src/engine/webgpu/engine.ts';
import { gatherImages } from '../../../src/kernels/gather-images.ts';
import { convSizes, maskedConv2d } from '../../../src/kernels/masked-conv2d.ts';
import { maskedDense } from '../../../src/kernels/masked-dense.ts';
import { rankImages } from '../../../src/kernels/rank-images.ts';
import {
  softmaxCrossEntropy,
  softmaxParams,
  type LossSum,
  STATE_WORDS,
} from '../../../src/kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf, type KernelSpec, type Tiling } from '../../../src/kernels/spec.ts';
import { layerParams } from '../../../src/kernels/weights-tile.ts';
import { padImages, runKernel, unpadImages } from '../../helpers/run-kernel.ts';
import type { KernelDevice } from '../cases/index.ts';
import type { LayerInput } from '../cases/masked-layers.ts';
import type { SoftmaxInput } from '../cases/softmax-cross-entropy.ts';

export function webGpuKernels(engine: WebGpuEngine): KernelDevice {
  return {
    masked_conv2d: (input) => {
      const { outHeight, outWidth } = convSizes(input.shape);
      return runMaskedLayer(engine, maskedConv2d, input, input.shape.outChannels * outHeight * outWidth);
    },
    masked_dense: (input) => runMaskedLayer(engine, maskedDense, input, input.shape.outputs),
    async softmax_cross_entropy(input) {
      const sums: LossSum[] = [];
      // Every workgroup size: the kernel adds up in workgroup memory and takes images in turns.
      for (const workgroupSize of [1, 32, 64, 128, 256]) {
        const [low, high, correct, seen] = await runSoftmax(engine, 'states', { ...input, workgroupSize });
        assert.is(seen, input.images);
        sums.push({ units: high! * 2 ** 32 + low!, correct: correct! });
      }
      sums.forEach((sum) => assert.equal(sum, sums[0], 'the sum depends on the size of workgroups'));
      const losses = await runSoftmax(engine, 'losses', { ...input, workgroupSize: 32 });
      return { ...sums[0]!, losses: Array.from(losses) };
    },
    async gather_images({ rows, images, x, source }) {
      const padded = quadsOf(images) * QUAD;
      const padding = Uint32Array.from({ length: padded - images }, (_, i) => images + i);
      const y = await runKernel(engine.context, engine.pipelines, {
        spec: gatherImages,
        shape: { rows },
        images: padded,
        tiling: undivided(64),
        inputs: {
          params: new Uint32Array([padded, rows]),
          order: Uint32Array.of(...source, ...padding),
          x: Uint32Array.from({ length: rows * padded }, (_, i) => {
            const image = i % padded;
            return image < images ? x[Math.floor(i / padded) * images + image]! : 7;
          }),
        },
        output: { name: 'y', words: rows * padded },
      });
      return new Uint32Array(y).filter((_, i) => i % padded < images);
    },
    async rank_images({ images, losses, order, workgroupSize }) {
      const padded = quadsOf(images) * QUAD;
      const padding = Array.from({ length: padded - images }, (_, i) => images + i);
      const next = await runKernel(engine.context, engine.pipelines, {
        spec: rankImages,
        shape: undefined,
        images: padded,
        tiling: undivided(workgroupSize),
        inputs: {
          params: new Uint32Array([images, padded, 3]),
          // The losses of another candidate before them, and what is left in the padding behind.
          losses: Uint32Array.of(9, 9, 9, ...losses, 0xffffffff, 0xffffffff, 0xffffffff),
          order: Uint32Array.of(...order, ...padding),
        },
        output: { name: 'next', words: padded },
      });
      const places = new Uint32Array(next);
      assert.equal(Array.from(places.subarray(images)), padding, 'the padding stays last');
      return places.slice(0, images);
    },
    load_images: undefined,
    list_kept: undefined,
  };
}

/** Of kernels that have nothing to divide but invocations. */
const undivided = (workgroupSize: number): Tiling => ({ workgroupSize, images: 1, outputs: 4 });

/** Runs a layer for one candidate on all images; its mask is in slot 0. */
async function runMaskedLayer<Shape>(
  { context, pipelines }: WebGpuEngine,
  spec: KernelSpec<Shape>,
  { shape, images, tiling, x, weight, bias, mask }: LayerInput<Shape>,
  outputs: number,
): Promise<Float32Array> {
  const stride = quadsOf(images) * QUAD;
  const strides = { xFirst: 0, xStride: stride, xCandidate: 0, yFirst: 0, yStride: stride, yCandidate: 0 };
  const y = await runKernel(context, pipelines, {
    ...{ spec, shape, images, tiling },
    inputs: {
      params: layerParams({ firstCandidate: 0, recordWords: 3, layer: 0, images: stride, ...strides }),
      records: new Uint32Array(3),
      states: new Uint32Array(STATE_WORDS),
      ...{ x: padImages(x, images), weight, bias, mask },
    },
    output: { name: 'y', words: outputs * stride },
  });
  return unpadImages(new Float32Array(y), images);
}

const NO_LIMIT = [0xffffffff, 0xffffffff] as const;

interface SoftmaxRun extends SoftmaxInput {
  readonly workgroupSize: number;
  /** Largest sum, as low and high word. */
  readonly limit?: readonly [number, number];
  /** The candidate's state before the dispatch. */
  readonly state?: readonly number[];
}

/** The candidate's state, or the losses of the images, after the kernel ran for one candidate. */
export async function runSoftmax(
  { context, pipelines }: WebGpuEngine,
  name: 'states' | 'losses',
  { classes, images, logits, labels, workgroupSize, limit = NO_LIMIT, state = [] }: SoftmaxRun,
): Promise<Uint32Array> {
  const stride = quadsOf(images) * QUAD;
  const states = new Uint32Array(STATE_WORDS);
  states.set(state);
  const places = { firstPlace: 0, lossRows: 1, lossesCandidate: stride };
  const strides = { images, logitsStride: stride, logitsCandidate: classes * stride };
  const output = await runKernel(context, pipelines, {
    spec: softmaxCrossEntropy,
    shape: { classes },
    images,
    tiling: undivided(workgroupSize),
    inputs: {
      params: softmaxParams({ firstCandidate: 0, recordWords: 3, ...strides, ...places }),
      records: new Uint32Array([...limit, 0]),
      states,
      // Padding that would be seen in every sum it got into.
      logits: padImages(logits, images, 1e6),
      labels,
      losses: new Uint32Array(stride),
    },
    output: name === 'states' ? { name, words: STATE_WORDS, initial: states } : { name, words: images },
  });
  return new Uint32Array(output);
}
