/** Twin of shaders/shared/masked_weight.wgsl: every weight times its mask bit. */
export function maskedWeights(weight: ArrayLike<number>, mask: Uint32Array): Float64Array {
  const kept = new Float64Array(weight.length);
  for (let i = 0; i < kept.length; i++) kept[i] = weight[i]! * ((mask[i >>> 5]! >>> (i & 31)) & 1);
  return kept;
}
