/** The memory that a worker needs to sum second moments. */
import { momentsSizes } from '../../../kernels/second-moments.ts';
import type { FusedLayer } from '../../../network/fused-layer.ts';
import { momentsShapeOf } from '../../../network/moments-shape.ts';
import { MAX_MOMENT_INPUTS } from '../../backend.ts';
import { BLOCK, FLOAT } from '../tensor-layout.ts';

/** Places of a window whose samples are laid out together: 192 with those of a block of images, so a float32 sum has 48 products. */
export const PIECE_PLACES = 8;
/** Bytes of the samples of one place. */
export const PLACE_BYTES = BLOCK * FLOAT;
export const PIECE_BYTES = PIECE_PLACES * PLACE_BYTES;

const DOUBLE = 8;
/** Rows that `second_moments` may read behind the last input. */
const SPARE_ROWS = 2;
/** Bytes of a matrix of sums: of larger ones, some rows after the others are summed. */
const MAX_SUMS_BYTES = 32 * 2 ** 20;
/** Of the matrices of all workers that share a memory. */
const MAX_ALL_SUMS_BYTES = 2 ** 29;

export interface MomentsSizes {
  /** The most inputs of an output, the constant 1 included. */
  readonly inputs: number;
  /** Elements of a matrix. */
  readonly elements: number;
}

export interface MomentsAddresses {
  /** Inputs in the current network: [input, sample] f32, `PIECE_BYTES` each. */
  readonly x: number;
  /** In the unpruned network, likewise. */
  readonly y: number;
  /** [row, size] f64 of `MomentsSizes.elements`, some rows of [group, size, size]. */
  readonly gram: number;
  readonly cross: number;
}

/** For any layer whose moments can be asked for; undefined if there is none. */
export function momentsRegions(layers: readonly FusedLayer[], workers: number): MomentsSizes | undefined {
  const shapes = layers.flatMap((layer) => (layer.mask === undefined ? [] : [momentsShapeOf(layer)]));
  const sizes = shapes
    .map((shape) => ({ groups: shape.groups, size: momentsSizes(shape).size }))
    .filter(({ size }) => size - 1 <= MAX_MOMENT_INPUTS);
  if (sizes.length === 0) return undefined;
  const wanted = Math.max(...sizes.map(({ groups, size }) => groups * size * size));
  const bytes = Math.min(MAX_SUMS_BYTES, MAX_ALL_SUMS_BYTES / workers);
  const largest = Math.max(...sizes.map(({ size }) => size));
  // At least one row.
  const elements = Math.max(largest, Math.min(wanted, Math.floor(bytes / DOUBLE)));
  return { inputs: largest, elements };
}

/** @param take reserves a region of so many bytes and returns its address */
export function momentsAddresses(
  { inputs, elements }: MomentsSizes,
  take: (bytes: number) => number,
): MomentsAddresses {
  const rows = () => take((inputs + SPARE_ROWS) * PIECE_BYTES);
  const sums = () => take(elements * DOUBLE);
  return { x: rows(), y: rows(), gram: sums(), cross: sums() };
}
