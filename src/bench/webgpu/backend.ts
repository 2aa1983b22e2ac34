/** The kernel benchmark on a WebGPU device, in Node and in browsers. */
import { GpuContext } from '../../engine/webgpu/device/context.ts';
import { Pipelines } from '../../engine/webgpu/device/pipelines.ts';
import {
  AUXILIARY_TILING,
  CANDIDATE_TILINGS,
  LIKELIEST_TILINGS,
  SOFTWARE_TILINGS,
} from '../../engine/webgpu/tuning/tilings.ts';
import { maskedConv2d } from '../../kernels/masked-conv2d.ts';
import { maskedDense } from '../../kernels/masked-dense.ts';
import {
  RECORD_LIMIT_WORDS,
  softmaxCrossEntropy,
  softmaxParams,
  STATE_WORDS,
} from '../../kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf, type Tiling } from '../../kernels/spec.ts';
import { layerParams } from '../../kernels/weights-tile.ts';
import type { Backend, OpenCase } from '../backend.ts';
import { sizesOf, type KernelCase, type KernelShape } from '../cases.ts';
import { gpuRoofs, type RoofSizes } from './roofs.ts';
import { GpuRun } from './run.ts';
import { GpuTimer } from './timer.ts';
import { PERIOD, repeatImages, type Planted } from '../planted.ts';
import { workOf } from '../rates.ts';
import type { CaseOutput } from '../verify.ts';

/** Outputs hold this at first, so that an element that a kernel leaves out is seen. */
const UNWRITTEN = 3e33;

/**
 * What an adapter of a kind gets through: one or two minutes for all cases on a software GPU with two cores, some seconds on
 * hardware. A processor computes idle lanes too, so there a workgroup is never left half empty.
 */
const SOFTWARE = {
  budget: { images: 64, mostImages: 128, macs: 40e6 },
  repeats: 3,
  roofs: { invocations: 2 ** 12, words: 2 ** 22 },
};
const HARDWARE = {
  budget: { images: QUAD, mostImages: 1024, macs: 4e9 },
  repeats: 20,
  roofs: { invocations: 2 ** 20, words: 2 ** 25 },
};
/** In every tiling that an engine uses. */
const GROUP_IMAGES = 64;

/** Takes the adapter's one device, with timestamps if the adapter has them; close the backend in `finally`. */
export async function webGpuBackend(adapter: GPUAdapter, software: boolean): Promise<Backend> {
  const context = await GpuContext.open(adapter, ['timestamp-query']);
  const pipelines = new Pipelines(context);
  const timer = new GpuTimer(context);
  const { budget, repeats, roofs } = software ? SOFTWARE : HARDWARE;
  const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
  const bufferBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const own = software ? SOFTWARE_TILINGS : LIKELIEST_TILINGS;
  const sizes: RoofSizes = { ...roofs, words: Math.min(roofs.words, Math.floor(bufferBytes / 16) * 4) };
  return {
    device: { kind: 'webgpu', ...context.adapter, software },
    method: timer.method,
    budget: { ...budget, bufferBytes, groupImages: GROUP_IMAGES, batches: true },
    repeats,
    tilingsOf: (shape) => byKind(shape, CANDIDATE_TILINGS) ?? [],
    roofs: (count) => gpuRoofs(context, pipelines, timer, sizes, count),
    open(one, planted) {
      const tiling = one.tiling ?? byKind(one.shape, own) ?? AUXILIARY_TILING;
      return openCase(context, pipelines, timer, one, planted, tiling);
    },
    close() {
      timer.close();
      context.close();
      return Promise.resolve();
    },
  };
}

function byKind<T>(
  { kernel }: KernelShape,
  values: { readonly conv2d: T; readonly dense: T },
): T | undefined {
  switch (kernel) {
    case 'masked_conv2d':
      return values.conv2d;
    case 'masked_dense':
      return values.dense;
    case 'softmax_cross_entropy':
      return undefined;
  }
}

async function openCase(
  context: GpuContext,
  pipelines: Pipelines,
  timer: GpuTimer,
  one: KernelCase,
  planted: Planted,
  tiling: Tiling,
): Promise<OpenCase> {
  const { shape, images, candidates } = one;
  const stride = quadsOf(images) * QUAD;
  const states = new Uint32Array(candidates * STATE_WORDS);
  const shared = { tiling, images, candidates };
  const open = () => {
    switch (shape.kernel) {
      case 'masked_conv2d': {
        const contents = { ...layerContents(one, planted, stride), states };
        const options = { ...shared, spec: maskedConv2d, shape: shape.shape, contents };
        return GpuRun.open(context, pipelines, timer, options);
      }
      case 'masked_dense': {
        const contents = { ...layerContents(one, planted, stride), states };
        const options = { ...shared, spec: maskedDense, shape: shape.shape, contents };
        return GpuRun.open(context, pipelines, timer, options);
      }
      case 'softmax_cross_entropy': {
        const contents = { ...lossContents(one, planted, stride), states };
        const options = { ...shared, spec: softmaxCrossEntropy, shape: shape.shape, contents };
        return GpuRun.open(context, pipelines, timer, options);
      }
    }
  };
  const run = await open();
  return {
    work: workOf(one),
    async output() {
      await run.time(1);
      if (shape.kernel !== 'softmax_cross_entropy')
        return { stride, y: new Float32Array(await run.read('y')) };
      return lossOutput(stride, await run.read('losses'), await run.read('states'));
    },
    time: (runs) => run.time(runs),
    close: () => run.close(),
  };
}

/** No limit to the sum of losses, and the slot of the mask. */
const RECORD_WORDS = RECORD_LIMIT_WORDS + 1;

function records(candidates: number): Uint32Array {
  return new Uint32Array(candidates * RECORD_WORDS).map((_, i) => {
    return i % RECORD_WORDS < RECORD_LIMIT_WORDS ? 0xffffffff : Math.floor(i / RECORD_WORDS);
  });
}

/** Every candidate has an input, a mask and an output of its own, as behind the first layer that differs. */
function layerContents({ shape, candidates }: KernelCase, planted: Planted, stride: number) {
  const { inputs, outputs } = sizesOf(shape);
  return {
    params: layerParams({
      firstCandidate: 0,
      recordWords: RECORD_WORDS,
      layer: 0,
      images: stride,
      xFirst: 0,
      xStride: stride,
      xCandidate: inputs * stride,
      yFirst: 0,
      yStride: stride,
      yCandidate: outputs * stride,
    }),
    records: records(candidates),
    x: inputsOf(planted, candidates, stride),
    weight: planted.weight,
    bias: planted.bias,
    mask: ofCandidates(planted.masks, candidates, Uint32Array),
    y: new Float32Array(candidates * outputs * stride).fill(UNWRITTEN),
  };
}

function lossContents({ shape, candidates, images }: KernelCase, planted: Planted, stride: number) {
  return {
    params: softmaxParams({
      firstCandidate: 0,
      recordWords: RECORD_WORDS,
      images,
      logitsStride: stride,
      logitsCandidate: sizesOf(shape).inputs * stride,
      firstPlace: 0,
      lossRows: candidates,
      lossesCandidate: stride,
    }),
    records: records(candidates),
    logits: inputsOf(planted, candidates, stride),
    labels: Uint32Array.from({ length: stride }, (_, i) => planted.labels[i % PERIOD]!),
    losses: new Uint32Array(candidates * stride).fill(0xffffffff),
  };
}

function inputsOf({ x }: Planted, candidates: number, stride: number): Float32Array {
  const own = x.slice(0, candidates).map((rows) => repeatImages(rows, stride));
  return ofCandidates(own, candidates, Float32Array);
}

/** Those of the first candidates, over and over. */
function ofCandidates<T extends Float32Array | Uint32Array>(
  first: readonly T[],
  candidates: number,
  Type: new (length: number) => T,
): T {
  const { length } = first[0]!;
  const all = new Type(length * candidates);
  for (let k = 0; k < candidates; k++) all.set(first[k % PERIOD]!, k * length);
  return all;
}

function lossOutput(stride: number, losses: ArrayBuffer, states: ArrayBuffer): CaseOutput {
  const words = new Uint32Array(states);
  const sums = Array.from({ length: words.length / STATE_WORDS }, (_, candidate) => {
    const [low, high, correct] = words.subarray(candidate * STATE_WORDS);
    return { units: high! * 2 ** 32 + low!, correct: correct! };
  });
  return { stride, losses: new Uint32Array(losses), sums };
}
