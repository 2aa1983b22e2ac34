// Masked 2-D convolution with bias, activation and optional 2x2 pooling fused in.
//
// One invocation computes one output pixel of a few channels of one group for a pack of images; with pooling that is four
// pixels of the convolution. It takes the weights row by row. The pixels under a row of the kernel are fetched once for all
// products of that row; with pooling and a stride of 1 the rows under it move up and are not fetched again. Under a kernel
// of one pixel a row is the same pixel of four channels. Reads of weights are uniform, from workgroup memory; reads of
// images are coalesced, since images are innermost.
// Grid: rows output pixels, z candidates * tiles of output channels.

// #include "shared/candidate.wgsl"
// #include "shared/layer_params.wgsl"
// #include "shared/weights_tile.wgsl"
// #include "shared/pixel.wgsl"
// #include "shared/activation.wgsl"

override group_channels: u32; // input channels of one group
override group_outputs: u32; // output channels of one group
override group_tiles: u32; // tiles of the output channels of one group
override tiles: u32; // tiles of all output channels
override kernel_height: u32;
override kernel_rows: u32; // rows of weights of one output: of all its channels
override stride_y: u32;
override stride_x: u32;
override dilation_y: u32;
override padding_top: u32;
override padding_left: u32;
override out_width: u32; // after pooling

const taps = {taps}u; // weights of one row
const row_channels = {row_channels}u; // channels that one row of weights reads
const pool = {pool}u; // 1 or 2

@group(0) @binding(1) var<storage, read> records: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read> states: array<u32>; // [candidate, word]
@group(0) @binding(3) var<storage, read> x: array<pack>; // [candidate, in_channel, row, column, pack]
@group(0) @binding(4) var<storage, read> weight: array<f32>; // [out_channel, group's in_channel, kernel_row, kernel_column]
@group(0) @binding(5) var<storage, read> bias: array<f32>; // [out_channel]
@group(0) @binding(6) var<storage, read> mask: array<u32>; // [slot, word] bits of weight
@group(0) @binding(7) var<storage, read_write> y: array<pack>; // [candidate, out_channel, row, column, pack]

// Of the four pixels that become one.
fn pooled_none(a: pack, b: pack, c: pack, d: pack) -> pack {
  return a;
}

fn pooled_average(a: pack, b: pack, c: pack, d: pack) -> pack {
  return 0.25 * ((a + b) + (c + d));
}

fn pooled_max(a: pack, b: pack, c: pack, d: pack) -> pack {
  return max(max(a, b), max(c, d));
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let local_candidate = group.z / tiles;
  let candidate = params.first_candidate + local_candidate;
  let out_pixel = row_of(group);
  if (out_pixel >= rows || states[state_at(candidate, state_stopped)] != 0u) {
    return;
  }
  let slot = records[candidate * params.record_words + record_slots + params.mask];
  let channel_group = group.z % tiles / group_tiles;
  let first_output = channel_group * group_outputs + group.z % group_tiles * tile_quads * 4u;
  let end_output = (channel_group + 1u) * group_outputs;
  let first_channel = channel_group * group_channels;
  let last_channel = first_channel + group_channels - 1u;
  let place = pack_of(group, lane);
  let inside = place < params.images / pack_images;
  let x_place = (params.x_first + local_candidate * params.x_candidate) / pack_images + place;
  let x_stride = params.x_stride / pack_images;
  let top = i32(out_pixel / out_width * pool * stride_y) - i32(padding_top);
  let left = i32(out_pixel % out_width * pool * stride_x) - i32(padding_left);

  // Every sum starts at the bias and adds its products in ascending input order, one fma each.
  // #for q in 0..quads
  // #for i in 0..4
  // #for py in 0..pool
  // #for px in 0..pool
  var sum_{q}_{i}_{py}_{px} = pack(bias[min(first_output + {q}u * 4u + {i}u, outputs - 1u)]);
  // #end
  // #end
  // #end
  // #end
  // #for r in 0..pool
  // #for c in 0..columns
  var x_{r}_{c} = pack(0.0);
  // #end
  // #end
  let tile_rows = tile_positions / taps;
  for (var first_row = 0u; first_row < kernel_rows; first_row += tile_rows) {
    workgroupBarrier();
    stage_weights(first_output, first_row * taps, slot, lane);
    workgroupBarrier();
    if (inside) {
      let end_row = min(first_row + tile_rows, kernel_rows);
      for (var kernel_row = first_row; kernel_row < end_row; kernel_row++) {
        let channel = first_channel + kernel_row / kernel_height * row_channels;
        let row = top + i32(kernel_row % kernel_height * dilation_y);
        if (kernel_row % kernel_height == 0u) {
          // #for r in 0..kept_rows
          // #for c in 0..columns
          x_{r}_{c} = pixel(x_place, x_stride, min(channel + {c*column_channels}u, last_channel), row + {r*row_step}, left + {c*column_step});
          // #end
          // #end
        }
        // #for r in kept_rows..pool
        // #for c in 0..columns
        x_{r}_{c} = pixel(x_place, x_stride, min(channel + {c*column_channels}u, last_channel), row + {r*row_step}, left + {c*column_step});
        // #end
        // #end
        let tile = (kernel_row - first_row) * taps * tile_quads;
        // #for kx in 0..taps
        // #for q in 0..quads
        let w_{kx}_{q} = weights_tile[tile + {kx}u * tile_quads + {q}u];
        // #for i in 0..4
        // #for py in 0..pool
        // #for px in 0..pool
        sum_{q}_{i}_{py}_{px} = fma(pack(w_{kx}_{q}[{i}]), x_{py}_{px*pixel_columns+kx*tap_columns}, sum_{q}_{i}_{py}_{px});
        // #end
        // #end
        // #end
        // #end
        // #end
        // #for r in 0..kept_rows
        // #for c in 0..columns
        x_{r}_{c} = x_{r+1}_{c};
        // #end
        // #end
      }
    }
  }

  if (inside) {
    let y_place = (params.y_first + local_candidate * params.y_candidate) / pack_images + place;
    let y_stride = params.y_stride / pack_images;
    // #for q in 0..quads
    // #for i in 0..4
    if (first_output + {q}u * 4u + {i}u < end_output) {
      let at = (first_output + {q}u * 4u + {i}u) * rows + out_pixel;
      y[y_place + at * y_stride] = pooled_{pooling}(
        activate(sum_{q}_{i}_0_0),
        activate(sum_{q}_{i}_0_{last}),
        activate(sum_{q}_{i}_{last}_0),
        activate(sum_{q}_{i}_{last}_{last}),
      );
    }
    // #end
    // #end
  }
}
