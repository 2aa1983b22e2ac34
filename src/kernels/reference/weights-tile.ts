/**
 * Float64 twin of shaders/shared/weights_tile.wgsl. There is no workgroup memory here, so all weights are masked at
 * once.
 */

/** Weights, biases and mask of a layer. Numbers of any precision; they are used as float64. */
export interface LayerOperands {
  /** [out_channel, in_channel, kernel_row, kernel_column] or [output, input]. */
  readonly weight: ArrayLike<number>;
  /** [out_channel] or [output]. */
  readonly bias: ArrayLike<number>;
  /** One bit per weight, in the order of `weight`: bit i mod 32 of word i div 32. */
  readonly mask: Uint32Array;
}

/** Every weight times its mask bit, in the order of `weight`. */
export function maskedWeights({ weight, mask }: LayerOperands): Float64Array {
  const kept = new Float64Array(weight.length);
  for (let i = 0; i < kept.length; i++) kept[i] = weight[i]! * ((mask[i >>> 5]! >>> (i & 31)) & 1);
  return kept;
}
