/**
 * Input data for a case. Images and candidates each repeat after three, so the float64 reference of three images of
 * three candidates gives every element of a large output. No power of two is a multiple of three, so an image or a
 * candidate that is confused with its neighbour in a pack or a workgroup is still noticed.
 *
 * Weights and inputs are odd multiples of a power of two, so small that every sum of products is exact in float32 in
 * any order. So the only error of a correct layer is that of the activation, and a single wrong product is noticed.
 */
import type { Targets } from '../engine/targets.ts';
import { targetsPerImage, type LossKernel } from '../kernels/loss.ts';
import { QUAD } from '../kernels/spec.ts';
import { randomStream } from '../core/random.ts';
import { isLoss, sizesOf, type KernelShape, type LossKernelShape } from './shapes.ts';

/** Number of candidates and of images after which the data repeats. */
export const PERIOD = 3;

export interface Planted {
  readonly shape: KernelShape;
  /** [out_channel, in_channel, kernel_row, kernel_column] or [output, input]; of an affine layer the scale; empty if there is none. */
  readonly weight: Float32Array;
  /** [out_channel] or [output]; of an affine layer the shift; empty if there is none. */
  readonly bias: Float32Array;
  /** Mask bits of candidate k, in u32 words: element k mod `PERIOD`. */
  readonly masks: readonly Uint32Array[];
  /**
   * Input of candidate k: element k mod `PERIOD`, [input, 4] with image i at i mod `PERIOD`; a second input follows the first. For a loss
   * it is the outputs of a network.
   */
  readonly x: readonly Float32Array[];
  /** Of `PERIOD` images: those of image i are those of i mod `PERIOD`. Undefined for a layer. */
  readonly targets: Targets | undefined;
}

/** Outputs start as this, so that an element that a kernel does not write is noticed. */
export const UNWRITTEN = 3e33;

/** Inputs are odd multiples of 1 / `GRAIN` between -1 and 1. */
const GRAIN = 16;

/**
 * Weights and mask bits repeat after this many, so that few are drawn. It is a prime, so no two rows of a layer are
 * equal.
 */
const DRAWN = 65_537;

/** Data for a shape; the same for the same arguments. `density`: fraction of the weights that is kept. */
export function plant(shape: KernelShape, density: number, seed = '1'): Planted {
  const { inputs, weights, biases } = sizesOf(shape);
  const stream = (what: string) => randomStream(seed, 'bench', shape.name, what);
  const odd = (length: number, what: string, scale = 1) => {
    const random = stream(what);
    const all = new Float32Array(length);
    const drawn = all.subarray(0, DRAWN);
    for (let i = 0; i < drawn.length; i++)
      drawn[i] = ((2 * Math.floor(random() * GRAIN) + 1) / GRAIN - 1) * scale;
    for (let i = DRAWN; i < length; i += DRAWN) all.set(drawn.subarray(0, length - i), i);
    return all;
  };
  if (isLoss(shape)) {
    const random = stream('logits');
    const logits = () => new Float32Array(inputs * QUAD).map(() => 12 * random() - 6);
    const isNumber = shape.kernel === 'squared_error';
    const targets = plantTargets(shape, random, (length) => odd(length, 'targets'));
    const x = threeOf((k) => (isNumber ? odd(inputs * QUAD, `x ${k}`) : logits()));
    return { shape, weight: none, bias: none, masks: [], x, targets };
  }
  // A power of two that keeps sums near 1, where the sigmoid is not saturated.
  const scale = 2 ** -Math.round(Math.log2(Math.max(1, Math.sqrt(weights / Math.max(1, biases)) / 3)));
  const bits = maskBits(Math.min(weights, DRAWN), density, stream(`mask ${density}`));
  return {
    shape,
    weight: odd(weights, 'weight', scale),
    bias: odd(biases, 'bias', scale),
    masks: threeOf((k) => repeatBits(bits, weights, k)),
    x: threeOf((k) => odd(inputs * QUAD, `x ${k}`)),
    targets: undefined,
  };
}

/** Of numbers between -1 and 1. */
const TARGET_VARIANCE = 1 / 3;

/** Factors from the sum over an image's outputs to its loss. */
const SCALES: Readonly<Record<LossKernel, (outputs: number) => number>> = {
  softmax_cross_entropy: () => 1,
  soft_cross_entropy: () => 1,
  sigmoid_cross_entropy: (outputs) => 1 / outputs,
  squared_error: (outputs) => 1 / (outputs * TARGET_VARIANCE),
};

/** `numbers`: makes targets that are numbers. */
function plantTargets(
  { kernel, shape: { outputs } }: LossKernelShape,
  random: () => number,
  numbers: (length: number) => Float32Array,
): Targets {
  const loss = { kernel, outputs, scale: SCALES[kernel](outputs) };
  const perImage = targetsPerImage(loss);
  const length = PERIOD * perImage;
  const below = (bound: number) => Uint32Array.from({ length }, () => Math.floor(random() * bound));
  if (kernel === 'squared_error') return { loss, perImage, values: numbers(length) };
  if (kernel === 'soft_cross_entropy') return { loss, perImage, values: softTargets(outputs, random) };
  return { loss, perImage, values: below(kernel === 'softmax_cross_entropy' ? outputs : 2) };
}

/** [image, 1 + class]: a class, then probabilities of all. */
function softTargets(classes: number, random: () => number): Float32Array {
  const images = threeOf(() => {
    const label = Math.floor(random() * classes);
    const weights = Array.from({ length: classes }, () => random());
    const sum = weights.reduce((a, b) => a + b);
    return [label, ...weights.map((weight) => weight / sum)];
  });
  return Float32Array.from(images.flat());
}

const none = new Float32Array(0);

function threeOf<T>(make: (k: number) => T): readonly T[] {
  return Array.from({ length: PERIOD }, (_, k) => make(k));
}

/** 0 or 1, 1 with probability `density`. */
function maskBits(length: number, density: number, random: () => number): Uint8Array {
  return new Uint8Array(length).map(() => (random() < density ? 1 : 0));
}

/** Packs `length` bits, repeating `bits` from a start that differs for each candidate k. */
function repeatBits(bits: Uint8Array, length: number, k: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(length / 32));
  let from = Math.floor((k * bits.length) / PERIOD);
  for (let i = 0; i < length; i++) {
    words[i >>> 5]! |= bits[from]! << (i & 31);
    if (++from === bits.length) from = 0;
  }
  return words;
}

/** Number of kept weights. */
export function keptBy(mask: Uint32Array): number {
  let count = 0;
  for (let word of mask) for (; word !== 0; word &= word - 1) count++;
  return count;
}

/** [row, image] from [row, 4]: rows of `stride` images, of which image i has the value of image i mod `PERIOD`. */
export function repeatImages(rows: Float32Array, stride: number): Float32Array {
  const repeated = new Float32Array((rows.length / QUAD) * stride);
  for (let row = 0, at = 0; row < rows.length; row += QUAD) {
    for (let i = 0; i < stride; i++) repeated[at++] = rows[row + (i % PERIOD)]!;
  }
  return repeated;
}
