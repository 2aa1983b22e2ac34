// A workgroup's weights, times their mask bits, in workgroup memory: `tile_positions` inputs by `tile_quads` quads of
// outputs at a time. An output's weights are contiguous, in the order in which its products are summed up.

override outputs: u32; // or output channels
override positions: u32; // weights per output
override mask_words: u32; // of one mask
override tile_positions: u32;

const tile_quads = {quads}u; // an invocation computes four times as many outputs

alias pack = {pack}; // images per invocation
const pack_images = {images}u;

var<workgroup> weights_tile: array<vec4f, tile_positions * tile_quads>;

// Bits are packed in u32 words, little-endian: bit i of the mask is bit i mod 32 of word i div 32.
fn masked_weight(output: u32, position: u32, slot: u32) -> f32 {
  if (output >= outputs || position >= positions) {
    return 0.0;
  }
  let index = output * positions + position;
  return weight[index] * f32((mask[slot * mask_words + (index >> 5u)] >> (index & 31u)) & 1u);
}

// Between two barriers of the caller's.
fn stage_weights(first_output: u32, first_position: u32, slot: u32, lane: u32) {
  for (var i = lane; i < tile_positions * tile_quads; i += workgroup_size) {
    let output = first_output + (i % tile_quads) * 4u;
    let position = first_position + i / tile_quads;
    weights_tile[i] = vec4f(
      masked_weight(output, position, slot),
      masked_weight(output + 1u, position, slot),
      masked_weight(output + 2u, position, slot),
      masked_weight(output + 3u, position, slot),
    );
  }
}
