/**
 * Data for a case, and what must come out of it. The images and the candidates each repeat after three, so the float64
 * reference of a few tells what every element of a large output must be; and no power of two is a multiple of three, so
 * an image or a candidate that was taken for its neighbour in a pack or a workgroup still shows.
 *
 * Weights and inputs are odd multiples of a power of two, small enough for every sum of products to be exact in float32
 * in any order. So what is left to allow for is the activation alone, and a single wrong product shows.
 */
import { maskedConv2d } from '../kernels/reference/masked-conv2d.ts';
import { maskedDense } from '../kernels/reference/masked-dense.ts';
import { softmaxCrossEntropy } from '../kernels/reference/softmax-cross-entropy.ts';
import { QUAD } from '../kernels/spec.ts';
import { randomStream } from '../core/random.ts';
import { sizesOf, type KernelShape } from './cases.ts';

/** After so many candidates or images the data repeats. */
export const PERIOD = 3;

export interface Planted {
  readonly shape: KernelShape;
  /** [output, input] or [out_channel, in_channel, kernel_row, kernel_column]; empty where there are none. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** Mask bits of candidate k at k mod `PERIOD`. */
  readonly masks: readonly Uint32Array[];
  /** Input of candidate k at k mod `PERIOD`: [row, 4], image i at i mod `PERIOD`. */
  readonly x: readonly Float32Array[];
  /** Label of image i at i mod `PERIOD`, for the loss. */
  readonly labels: Uint32Array;
}

/** Outputs start as this, so that an element that a kernel does not write is noticed. */
export const UNWRITTEN = 3e33;

/** Values are odd multiples of 1 / `GRAIN` below 1. */
const GRAIN = 16;

/** A prime, after which weights and their mask bits repeat: no two rows of a layer are the same, and few are drawn. */
const DRAWN = 65_537;

export function plant(shape: KernelShape, density: number, seed = '1'): Planted {
  const { inputs, outputs, weights, biases } = sizesOf(shape);
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
  if (shape.kernel === 'softmax_cross_entropy') {
    const random = stream('logits');
    const logits = () => new Float32Array(inputs * QUAD).map(() => 12 * random() - 6);
    const labels = Uint32Array.from({ length: PERIOD }, () => Math.floor(random() * inputs));
    return { shape, weight: none, bias: none, masks: [], x: threeOf(logits), labels };
  }
  // A power of two that keeps sums near 1, where a sigmoid still tells them apart.
  const scale = 2 ** -Math.round(Math.log2(Math.max(1, Math.sqrt(weights / biases) / 3)));
  const bits = maskBits(Math.min(weights, DRAWN), density, stream(`mask ${density}`));
  return {
    shape,
    weight: odd(weights, 'weight', scale),
    bias: odd(biases, 'bias', scale),
    masks: threeOf((k) => repeatBits(bits, weights, k)),
    x: threeOf((k) => odd(inputs * QUAD, `x ${k}`)),
    labels: new Uint32Array(outputs > 0 ? PERIOD : 0),
  };
}

const none = new Float32Array(0);

function threeOf<T>(make: (k: number) => T): readonly T[] {
  return Array.from({ length: PERIOD }, (_, k) => make(k));
}

/** Bits that are set with probability `density`. */
function maskBits(length: number, density: number, random: () => number): Uint8Array {
  return new Uint8Array(length).map(() => (random() < density ? 1 : 0));
}

/** Packed, over and over, from another start for every candidate. */
function repeatBits(bits: Uint8Array, length: number, k: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(length / 32));
  let from = Math.floor((k * bits.length) / PERIOD);
  for (let i = 0; i < length; i++) {
    words[i >>> 5]! |= bits[from]! << (i & 31);
    if (++from === bits.length) from = 0;
  }
  return words;
}

/** Number of bits set. */
export function keptBy(mask: Uint32Array): number {
  let count = 0;
  for (let word of mask) for (; word !== 0; word &= word - 1) count++;
  return count;
}

/** What every candidate must come to; see `Planted` for the layout. */
export interface Expected {
  /** [output, 4] of a layer, float64. */
  readonly y: Float64Array;
  /** Loss in fixed point, and whether it is classified right, of image i at i mod `PERIOD`. */
  readonly losses: Uint32Array;
  readonly correct: Uint32Array;
}

/** Remembers the reference's answers, since cases of several widths have the same. */
export class Reference {
  readonly #planted: Planted;
  readonly #answers: (Expected | undefined)[] = [];

  constructor(planted: Planted) {
    this.#planted = planted;
  }

  /** Of candidate k. */
  of(candidate: number): Expected {
    const k = candidate % PERIOD;
    return (this.#answers[k] ??= expectedOf(this.#planted, k));
  }
}

function expectedOf({ shape, weight, bias, masks, x, labels }: Planted, k: number): Expected {
  const inputs = Float64Array.from(x[k]!);
  const losses = new Uint32Array(PERIOD);
  const correct = new Uint32Array(PERIOD);
  switch (shape.kernel) {
    case 'masked_conv2d':
      return { y: maskedConv2d(shape.shape, 1, inputs, { weight, bias, mask: masks[k]! }), losses, correct };
    case 'masked_dense':
      return { y: maskedDense(shape.shape, 1, inputs, { weight, bias, mask: masks[k]! }), losses, correct };
    case 'softmax_cross_entropy': {
      for (let image = 0; image < PERIOD; image++) {
        const column = inputs.filter((_, i) => i % QUAD === image);
        const padded = new Float64Array(column.length * QUAD).map((_, i) => column[Math.floor(i / QUAD)]!);
        const sum = softmaxCrossEntropy(shape.shape, 1, padded, [labels[image]!]);
        losses[image] = sum.units;
        correct[image] = sum.correct;
      }
      return { y: new Float64Array(0), losses, correct };
    }
  }
}

/** Rows of `stride` values, value i that of image i mod `PERIOD`. */
export function repeatImages(rows: Float32Array, stride: number): Float32Array {
  const repeated = new Float32Array((rows.length / QUAD) * stride);
  for (let row = 0, at = 0; row < rows.length; row += QUAD) {
    for (let i = 0; i < stride; i++) repeated[at++] = rows[row + (i % PERIOD)]!;
  }
  return repeated;
}
