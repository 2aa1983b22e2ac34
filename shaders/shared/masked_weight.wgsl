// The weight at `index` times its mask bit. Bits are packed in u32 words, little-endian: bit i of the mask is bit
// i mod 32 of word i div 32. `weight` and `mask` are the entry file's bindings.
fn masked_weight(index: u32) -> f32 {
  return weight[index] * f32((mask[index >> 5u] >> (index & 31u)) & 1u);
}
