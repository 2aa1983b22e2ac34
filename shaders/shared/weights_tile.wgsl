// A tile of weights, times their mask bits, in workgroup memory: `tile_positions` inputs by `tile_quads` quads of outputs.
// The weights of one output are contiguous in memory, in the order in which its products are added.

override outputs: u32; // outputs or output channels
override positions: u32; // weights per output
override mask_words: u32; // words of one mask

const tile_positions = {tile_positions}u; // weights per output in a tile
const tile_quads = {quads}u; // outputs per invocation / 4

// [position, quad of outputs]. Its length is text: for one made of overrides Naga panics (docs/kernels.md).
var<workgroup> weights_tile: array<vec4f, {tile_positions*quads}>;

// Mask bits are packed in u32 words: bit i of the mask is bit i mod 32 of word i div 32.
fn masked_weight(output: u32, position: u32, slot: u32) -> f32 {
  if (output >= outputs || position >= positions) {
    return 0.0;
  }
  let index = output * positions + position;
  return weight[index] * f32((mask[slot * mask_words + (index >> 5u)] >> (index & 31u)) & 1u);
}

// Fills the tile. The caller must put a barrier before and after it.
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
