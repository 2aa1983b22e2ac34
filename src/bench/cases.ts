/** What the kernel benchmark runs, as data: shapes, densities, batch widths, and how many images of each. */
import { lenet5 } from '../network/network.ts';
import { fuse } from '../network/fuse.ts';
import { convSizes, maskedConv2d, type ConvShape } from '../kernels/masked-conv2d.ts';
import { maskedDense, type DenseShape } from '../kernels/masked-dense.ts';
import { MAX_EVALUATED, softmaxCrossEntropy, type SoftmaxShape } from '../kernels/softmax-cross-entropy.ts';
import type { Cost, Tiling } from '../kernels/spec.ts';

/** A kernel with the shape of a layer. */
export type KernelShape =
  | { readonly name: string; readonly kernel: 'masked_conv2d'; readonly shape: ConvShape }
  | { readonly name: string; readonly kernel: 'masked_dense'; readonly shape: DenseShape }
  | { readonly name: string; readonly kernel: 'softmax_cross_entropy'; readonly shape: SoftmaxShape };

export type BenchKernel = KernelShape['kernel'];

export const KERNELS: readonly BenchKernel[] = ['masked_conv2d', 'masked_dense', 'softmax_cross_entropy'];

const LARGE_CONV: ConvShape = {
  inChannels: 64,
  inHeight: 28,
  inWidth: 28,
  outChannels: 64,
  kernel: 3,
  padding: 1,
  pool: 1,
  activation: 'relu',
};

/** The layers of LeNet-5, its loss, and two layers that fill a large device. */
export const SHAPES: readonly KernelShape[] = /* @__PURE__ */ listShapes();

/** A function, so that a bundle of something else can leave it out. */
function listShapes(): readonly KernelShape[] {
  const layers = fuse(lenet5()).map(({ name, kind, shape }): KernelShape => {
    return kind === 'conv2d'
      ? { name, kernel: 'masked_conv2d', shape }
      : { name, kernel: 'masked_dense', shape };
  });
  return [
    ...layers,
    { name: 'softmax10', kernel: 'softmax_cross_entropy', shape: { classes: 10 } },
    { name: 'conv64', kernel: 'masked_conv2d', shape: LARGE_CONV },
    { name: 'dense4096', kernel: 'masked_dense', shape: { inputs: 4096, outputs: 4096, activation: 'relu' } },
  ];
}

/** Share of the weights that is kept. */
export const DENSITIES: readonly number[] = [1, 0.5, 0.1];

/** Batch widths: candidates in one dispatch. */
export const CANDIDATES: readonly number[] = [1, 16, 64];

export interface KernelCase {
  readonly shape: KernelShape;
  /** 1 where there are no weights. */
  readonly density: number;
  readonly candidates: number;
  /** Of every candidate. */
  readonly images: number;
  /** How the kernel divides its work; unless given, as the device's engine has it. */
  readonly tiling?: Tiling;
}

export interface Skipped {
  readonly case: KernelCase;
  readonly reason: string;
}

/** Per image, unless it says otherwise. */
export interface Sizes {
  readonly inputs: number;
  readonly outputs: number;
  /** Of the layer. */
  readonly weights: number;
  readonly biases: number;
}

export function sizesOf({ kernel, shape }: KernelShape): Sizes {
  switch (kernel) {
    case 'masked_conv2d': {
      const { outHeight, outWidth, weights } = convSizes(shape);
      const inputs = shape.inChannels * shape.inHeight * shape.inWidth;
      return {
        inputs,
        outputs: shape.outChannels * outHeight * outWidth,
        weights,
        biases: shape.outChannels,
      };
    }
    case 'masked_dense': {
      const { inputs, outputs } = shape;
      return { inputs, outputs, weights: inputs * outputs, biases: outputs };
    }
    case 'softmax_cross_entropy':
      return { inputs: shape.classes, outputs: 1, weights: 0, biases: 0 };
  }
}

/** Of one candidate. */
export function costOf({ kernel, shape }: KernelShape, images: number): Cost {
  switch (kernel) {
    case 'masked_conv2d':
      return maskedConv2d.cost(shape, images);
    case 'masked_dense':
      return maskedDense.cost(shape, images);
    case 'softmax_cross_entropy':
      return softmaxCrossEntropy.cost(shape, images);
  }
}

/** What a device can hold, and what it gets through in the time that a case may take. */
export interface Budget {
  /** Largest buffer, in bytes. */
  readonly bufferBytes: number;
  /** Images are a multiple of this, and at least this many. */
  readonly images: number;
  /** Images that fill a workgroup or a block: a multiple of these if so many are affordable. */
  readonly groupImages: number;
  /** Of every candidate, unless told otherwise. */
  readonly maxImages: number;
  /** Multiply-accumulates of a run, unless told otherwise or the fewest images take more. */
  readonly macs: number;
  /** Whether candidates are computed side by side. */
  readonly batches: boolean;
}

export interface CaseOptions {
  readonly shapes: readonly KernelShape[];
  readonly densities?: readonly number[];
  readonly candidates?: readonly number[];
  /** Of every candidate; unless given, as many as fit the budget. */
  readonly images?: number | undefined;
  /** Tilings to try of each shape; where there are none, and unless given, the device's own. */
  readonly tilings?: (shape: KernelShape) => readonly Tiling[];
}

/** All combinations, shape by shape, and those of them that are too large for the device. */
export function listCases(
  { shapes, densities = DENSITIES, candidates = CANDIDATES, images, tilings = () => [] }: CaseOptions,
  budget: Budget,
): { readonly cases: readonly KernelCase[]; readonly skipped: readonly Skipped[] } {
  const cases: KernelCase[] = [];
  const skipped: Skipped[] = [];
  const widths = budget.batches ? candidates : [1];
  for (const shape of shapes) {
    const tried = tilings(shape);
    for (const density of sizesOf(shape).weights > 0 ? densities : [1]) {
      for (const width of widths) {
        const count = images ?? affordableImages(shape, width, budget);
        for (const tiling of tried.length > 0 ? tried : [undefined]) {
          const one = { shape, density, candidates: width, images: count, ...(tiling && { tiling }) };
          const reason = tooLarge(one, budget, images === undefined);
          if (reason) skipped.push({ case: one, reason });
          else cases.push(one);
        }
      }
    }
  }
  return { cases, skipped };
}

function affordableImages(shape: KernelShape, candidates: number, budget: Budget): number {
  const { inputs, outputs } = sizesOf(shape);
  const perImage = costOf(shape, 1).macs * candidates;
  const fitting = Math.min(
    budget.maxImages,
    perImage === 0 ? Infinity : budget.macs / perImage,
    // Half of what a buffer holds, so that a device has room for several.
    budget.bufferBytes / 2 / (4 * Math.max(inputs, outputs) * candidates),
  );
  const step = fitting >= budget.groupImages ? budget.groupImages : budget.images;
  return Math.max(1, Math.floor(fitting / step)) * step;
}

/** Several candidates with the fewest images may take so many times what a run otherwise takes. */
const PATIENCE = 4;

function tooLarge(one: KernelCase, budget: Budget, chosen: boolean): string | undefined {
  const { shape, candidates, images } = one;
  const { inputs, outputs, weights } = sizesOf(shape);
  const rows = Math.max(inputs, outputs);
  const activations = 4 * rows * candidates * Math.ceil(images / budget.images) * budget.images;
  const bytes = Math.max(activations, 4 * weights, (weights / 8) * candidates);
  if (bytes > budget.bufferBytes)
    return `needs a buffer of ${mib(bytes)}, ${mib(budget.bufferBytes)} are allowed`;
  if (shape.kernel === 'softmax_cross_entropy' && images > MAX_EVALUATED) {
    return `evaluates ${images} images in one dispatch, ${MAX_EVALUATED} are possible`;
  }
  const macs = costOf(shape, images).macs * candidates;
  if (chosen && candidates > 1 && macs > PATIENCE * budget.macs) {
    return `${(macs / 1e9).toFixed(2)}e9 multiply-accumulates are too many here; see --images`;
  }
  return undefined;
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
