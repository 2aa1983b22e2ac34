/** The kernels of shaders/ on a GPU. */
import * as assert from 'uvu/assert';
import { KernelRun, type KernelRunOptions } from '../../../src/engine/webgpu/device/kernel-run.ts';
import type { WebGpuEngine } from '../../../src/engine/webgpu/webgpu.ts';
import { targetWords } from '../../../src/engine/targets.ts';
import { layerKernel } from '../../../src/engine/webgpu/layer-kernel.ts';
import { gatherImages } from '../../../src/kernels/gather-images.ts';
import { layerParams } from '../../../src/kernels/layer.ts';
import { rankImages } from '../../../src/kernels/rank-images.ts';
import { STATE_WORDS } from '../../../src/kernels/loss-sum.ts';
import { classLoss, lossParams, lossSpec, targetsPerImage } from '../../../src/kernels/loss.ts';
import {
  momentsParams,
  momentsSizes,
  momentUnits,
  secondMoments,
} from '../../../src/kernels/second-moments.ts';
import { QUAD, quadsOf, type Tiling } from '../../../src/kernels/spec.ts';
import { layerSizes } from '../../../src/network/layer-sizes.ts';
import { momentsShapeOf } from '../../../src/network/moments-shape.ts';
import type { LayerCaseInput } from '../cases/layers.ts';
import type { LossInput, LossOutput } from '../cases/losses.ts';
import type { MomentsInput, MomentsOutput } from '../cases/second-moments.ts';
import type { SoftmaxInput } from '../cases/softmax-cross-entropy.ts';
import { padImages, unpadImages } from '../pad-images.ts';
import type { KernelDevice } from '../table.ts';

export function webGpuKernels(engine: WebGpuEngine): KernelDevice {
  return {
    masked_conv2d: ({ shape, x, ...input }) =>
      runLayer(engine, { ...input, layer: { kind: 'conv2d', shape }, inputs: [x] }),
    masked_dense: ({ shape, x, ...input }) =>
      runLayer(engine, { ...input, layer: { kind: 'dense', shape }, inputs: [x] }),
    masked_depthwise_conv2d: (input) => runLayer(engine, input),
    pool2d: (input) => runLayer(engine, input),
    affine: (input) => runLayer(engine, input),
    add: (input) => runLayer(engine, input),
    concat: (input) => runLayer(engine, input),
    pad: (input) => runLayer(engine, input),
    softmax_cross_entropy: (input) => inAllWorkgroupSizes(engine, ofClasses(input)),
    soft_cross_entropy: (input) => inAllWorkgroupSizes(engine, input),
    sigmoid_cross_entropy: (input) => inAllWorkgroupSizes(engine, input),
    squared_error: (input) => inAllWorkgroupSizes(engine, input),
    second_moments: (input) => runMoments(engine, input),
    async gather_images({ rows, images, x, source }) {
      const padded = quadsOf(images) * QUAD;
      const y = await runKernel(engine, undivided(64), 'y', {
        spec: gatherImages,
        shape: { rows },
        images: padded,
        contents: {
          params: new Uint32Array([padded, rows]),
          order: Uint32Array.of(...source, ...paddingOf(images)),
          x: padImages(x, images),
          y: unwritten(rows * padded),
        },
      });
      return unpadImages(new Uint32Array(y), images);
    },
    async rank_images({ images, losses, order, workgroupSize }) {
      const padded = quadsOf(images) * QUAD;
      const next = await runKernel(engine, undivided(workgroupSize), 'next', {
        spec: rankImages,
        shape: undefined,
        images: padded,
        contents: {
          params: new Uint32Array([images, padded, 3]),
          // Between the losses of another candidate and old values in the padding.
          losses: Uint32Array.of(9, 9, 9, ...losses, 0xffffffff, 0xffffffff, 0xffffffff),
          order: Uint32Array.of(...order, ...paddingOf(images)),
          next: unwritten(padded),
        },
      });
      const places = new Uint32Array(next);
      assert.equal(Array.from(places.subarray(images)), paddingOf(images), 'the padding stays last');
      return places.slice(0, images);
    },
    load_images: undefined,
    list_kept: undefined,
    im2col: undefined,
  };
}

/** The tiling of kernels whose work is divided only among invocations. */
const undivided = (workgroupSize: number): Tiling => ({ workgroupSize, images: 1, outputs: 4 });

/** Places of the images that fill up the last quad. */
const paddingOf = (images: number) =>
  Array.from({ length: quadsOf(images) * QUAD - images }, (_, i) => images + i);

/** Initial contents of an output, so that an element that a kernel does not write is noticed. */
const unwritten = (words: number) => new Float32Array(words).fill(3e33);

/** Runs a kernel once. Returns the contents of its output. */
async function runKernel<Shape>(
  { context, pipelines }: WebGpuEngine,
  tiling: Tiling,
  output: string,
  options: KernelRunOptions<Shape>,
): Promise<ArrayBuffer> {
  const run = await KernelRun.open(context, pipelines, options);
  try {
    await run.submit(await run.bind(tiling));
    return await run.read(output);
  } finally {
    run.close();
  }
}

/** Runs a layer for one candidate on all images; its mask is in slot 0. */
async function runLayer(
  engine: WebGpuEngine,
  { layer, images, tiling, inputs, weight, bias, mask }: LayerCaseInput,
): Promise<Float32Array> {
  const stride = quadsOf(images) * QUAD;
  const place = { first: 0, stride, candidate: 0 };
  const places = { x: place, second: place, y: place };
  const y = await runKernel(engine, tiling, 'y', {
    ...{ spec: layerKernel(layer), shape: undefined, images },
    contents: {
      params: layerParams({ firstCandidate: 0, recordWords: 3, mask: 0, images: stride, ...places }),
      records: new Uint32Array(3),
      states: new Uint32Array(STATE_WORDS),
      ...{ x: padImages(inputs[0]!, images), second: padImages(inputs.at(-1)!, images) },
      ...{ weight, bias, scale: weight, shift: bias, mask },
      y: unwritten(layerSizes(layer).outputs * stride),
    },
  });
  return unpadImages(new Float32Array(y), images);
}

/** Sums the units of two dispatches in float64. */
async function runMoments(
  engine: WebGpuEngine,
  { layer, images, workgroupSize, x, y }: MomentsInput,
): Promise<MomentsOutput> {
  const shape = momentsShapeOf(layer);
  const units = momentUnits(shape, images);
  const place = { first: 0, stride: quadsOf(images) * QUAD };
  const matrix = momentsSizes(shape).size ** 2;
  // Padding that would show in every sum it got into.
  const tensors = [x, y].map((values) => padImages(values, images, 1e6));
  const sum = async (isSymmetric: boolean) => {
    const total = new Float64Array(shape.groups * matrix);
    const half = Math.ceil(units / 2);
    for (const [firstUnit, count] of [
      [0, half],
      [half, units - half],
    ] as const) {
      if (count === 0) continue;
      const sums = await runKernel(engine, undivided(workgroupSize), 'sums', {
        ...{ spec: secondMoments, shape, images, candidates: count },
        contents: {
          params: momentsParams({ images, firstUnit, isSymmetric, x: place, y: place }),
          ...{ x: tensors[0]!, y: tensors[isSymmetric ? 0 : 1]!, sums: unwritten(count * matrix) },
        },
      });
      new Float32Array(sums).forEach((value, i) => {
        const unit = firstUnit + Math.floor(i / matrix);
        total[(unit % shape.groups) * matrix + (i % matrix)]! += value;
      });
    }
    return total;
  };
  return { gram: await sum(true), cross: await sum(false) };
}

const ofClasses = ({ classes, images, logits, labels }: SoftmaxInput): LossInput => ({
  ...{ loss: classLoss(classes), images },
  ...{ scores: logits, targets: labels },
});

/** The invocations share the images and add up in workgroup memory. */
async function inAllWorkgroupSizes(engine: WebGpuEngine, input: LossInput): Promise<LossOutput> {
  let found: LossOutput | undefined;
  for (const workgroupSize of [1, 32, 64, 128, 256]) {
    const { state, losses } = await runLoss(engine, { ...input, workgroupSize });
    const [low, high, correct, seen] = state;
    assert.is(seen, input.images);
    const result = { units: high! * 2 ** 32 + low!, correct: correct!, losses: Array.from(losses) };
    assert.equal(result, (found ??= result), 'the result depends on the size of workgroups');
  }
  return found!;
}

interface RunOptions {
  readonly workgroupSize: number;
  /** Largest sum, as low and high word; none unless given. */
  readonly limit?: readonly [number, number];
  /** The candidate's state before the dispatch. */
  readonly state?: readonly number[];
}

export function runSoftmax(engine: WebGpuEngine, { workgroupSize, ...input }: SoftmaxInput & RunOptions) {
  return runLoss(engine, { ...input, ...ofClasses(input), workgroupSize });
}

/** Runs the kernel for one candidate. Returns its state, and the losses of the images. */
async function runLoss(
  { context, pipelines }: WebGpuEngine,
  {
    loss,
    images,
    scores,
    targets,
    workgroupSize,
    limit = [0xffffffff, 0xffffffff],
    state = [],
  }: LossInput & RunOptions,
): Promise<{ readonly state: Uint32Array; readonly losses: Uint32Array }> {
  const stride = quadsOf(images) * QUAD;
  const perImage = targetsPerImage(loss);
  const words = targetWords({ values: targets });
  const places = { firstPlace: 0, lossRows: 1, lossesCandidate: stride, targetsStride: images };
  const strides = { images, scoresStride: stride, scoresCandidate: loss.outputs * stride };
  const run = await KernelRun.open(context, pipelines, {
    spec: lossSpec(loss),
    shape: undefined,
    images,
    contents: {
      params: lossParams({
        ...{ firstCandidate: 0, recordWords: 3, scale: loss.scale },
        ...strides,
        ...places,
      }),
      records: new Uint32Array([...limit, 0]),
      states: Uint32Array.from({ length: STATE_WORDS }, (_, i) => state[i] ?? 0),
      // Padding that would show in every sum it got into.
      scores: padImages(scores, images, 1e6),
      // [target, image]
      targets: Uint32Array.from(words, (_, i) => words[(i % images) * perImage + Math.floor(i / images)]!),
      losses: unwritten(stride),
    },
  });
  try {
    await run.submit(await run.bind(undivided(workgroupSize)));
    const [states, losses] = [await run.read('states'), await run.read('losses')];
    return { state: new Uint32Array(states), losses: new Uint32Array(losses).slice(0, images) };
  } finally {
    run.close();
  }
}
