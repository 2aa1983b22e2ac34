// Masked 2-D convolution of every channel by itself, with bias and activation fused in.
//
// One invocation computes a few neighbouring pixels of one row of one output channel, for a pack of images. So a pixel is
// fetched once for all products of a row of the kernel. Reads of weights are uniform, from workgroup memory; reads of
// images are coalesced, since images are innermost.
// Grid: rows output channels * output rows * tiles of columns, z candidates.

// #include "shared/candidate.wgsl"
// #include "shared/layer_params.wgsl"
// #include "shared/pixel.wgsl"
// #include "shared/activation.wgsl"

override multiplier: u32; // output channels per input channel
override kernel_height: u32;
override stride_y: u32;
override stride_x: u32;
override dilation_y: u32;
override padding_top: u32;
override padding_left: u32;
override out_height: u32;
override out_width: u32;
override row_tiles: u32; // tiles of the columns of one row
override mask_words: u32; // words of one mask

const taps = {taps}u; // columns of the kernel
const kernel_size = {kernel_size}u; // weights per output channel
const tile_columns = {tile_columns}u; // output pixels per invocation

@group(0) @binding(1) var<storage, read> records: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read> states: array<u32>; // [candidate, word]
@group(0) @binding(3) var<storage, read> x: array<pack>; // [candidate, channel, row, column, pack]
@group(0) @binding(4) var<storage, read> weight: array<f32>; // [out_channel, kernel_row, kernel_column]
@group(0) @binding(5) var<storage, read> bias: array<f32>; // [out_channel]
@group(0) @binding(6) var<storage, read> mask: array<u32>; // [slot, word] bits of weight
@group(0) @binding(7) var<storage, read_write> y: array<pack>; // [candidate, out_channel, row, column, pack]

// [kernel_row, kernel_column] of the output channel, times their mask bits.
var<workgroup> kernel_weights: array<f32, {kernel_size}>;

// Mask bits are packed in u32 words: bit i of the mask is bit i mod 32 of word i div 32.
fn stage_kernel(output: u32, slot: u32, lane: u32) {
  for (var i = lane; i < kernel_size; i += workgroup_size) {
    let index = output * kernel_size + i;
    kernel_weights[i] = weight[index] * f32((mask[slot * mask_words + (index >> 5u)] >> (index & 31u)) & 1u);
  }
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let candidate = params.first_candidate + group.z;
  let tile = row_of(group);
  if (tile >= rows || states[state_at(candidate, state_stopped)] != 0u) {
    return;
  }
  let slot = records[candidate * params.record_words + record_slots + params.mask];
  let output = tile / row_tiles / out_height;
  let out_row = tile / row_tiles % out_height;
  let first_column = tile % row_tiles * tile_columns;
  let place = pack_of(group, lane);
  let x_place = (params.x_first + group.z * params.x_candidate) / pack_images + place;
  let x_stride = params.x_stride / pack_images;
  let top = i32(out_row * stride_y) - i32(padding_top);
  let left = i32(first_column * stride_x) - i32(padding_left);
  stage_kernel(output, slot, lane);
  workgroupBarrier();
  if (place < params.images / pack_images) {
    // Every sum starts at the bias and adds its products in ascending input order, one fma each.
    // #for o in 0..tile_columns
    var sum_{o} = pack(bias[output]);
    // #end
    for (var kernel_row = 0u; kernel_row < kernel_height; kernel_row++) {
      let row = top + i32(kernel_row * dilation_y);
      // #for c in 0..columns
      let x_{c} = pixel(x_place, x_stride, output / multiplier, row, left + {c*column_step});
      // #end
      // #for kx in 0..taps
      let w_{kx} = pack(kernel_weights[kernel_row * taps + {kx}u]);
      // #for o in 0..tile_columns
      sum_{o} = fma(w_{kx}, x_{o*pixel_columns+kx*tap_columns}, sum_{o});
      // #end
      // #end
    }

    let y_place = (params.y_first + group.z * params.y_candidate) / pack_images + place;
    let y_stride = params.y_stride / pack_images;
    let at = (output * out_height + out_row) * out_width + first_column;
    // #for o in 0..tile_columns
    if (first_column + {o}u < out_width) {
      y[y_place + (at + {o}u) * y_stride] = activate(sum_{o});
    }
    // #end
  }
}
