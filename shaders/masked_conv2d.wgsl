// Masked 2-D convolution, stride 1, with bias, activation and an optional 2x2 mean fused in.
//
// One invocation computes one output pixel of a few channels for a pack of images; with pooling that is four pixels of
// the convolution. It keeps a window of `pool` rows of pixels in registers and moves it down the kernel's rows, so a
// pixel is fetched once for all products of a row. Reads of weights are uniform, from workgroup memory; reads of images
// are coalesced, since images are innermost.
// Grid: x packs of images / workgroup_size, y output pixels, z candidates * tiles of output channels.

// #include "shared/candidate.wgsl"
// #include "shared/layer_params.wgsl"
// #include "shared/weights_tile.wgsl"
// #include "shared/activation.wgsl"

override in_channels: u32;
override in_height: u32;
override in_width: u32;
override padding: u32;
override out_height: u32; // after pooling
override out_width: u32; // after pooling
override tiles: u32; // tiles of output channels
override workgroup_size: u32;

const kernel = {kernel}u;
const pool = {pool}u; // 1 or 2

@group(0) @binding(1) var<storage, read> records: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read> states: array<u32>; // [candidate, word]
@group(0) @binding(3) var<storage, read> x: array<pack>; // [candidate, in_channel, row, column, pack]
@group(0) @binding(4) var<storage, read> weight: array<f32>; // [out_channel, in_channel, kernel_row, kernel_column]
@group(0) @binding(5) var<storage, read> bias: array<f32>; // [out_channel]
@group(0) @binding(6) var<storage, read> mask: array<u32>; // [slot, word] bits of weight
@group(0) @binding(7) var<storage, read_write> y: array<pack>; // [candidate, out_channel, row, column, pack]

// A pixel of the image, or zero in the padding. `row` and `column` are the same for the whole workgroup, so it selects
// instead of branching.
fn pixel(first: u32, channel: u32, row: i32, column: i32) -> pack {
  let stride = params.x_stride / pack_images;
  if (padding == 0u) {
    return x[first + ((channel * in_height + u32(row)) * in_width + u32(column)) * stride];
  }
  let inside = row >= 0 && column >= 0 && row < i32(in_height) && column < i32(in_width);
  let at = select(0u, (channel * in_height + u32(row)) * in_width + u32(column), inside);
  return select(pack(0.0), x[first + at * stride], inside);
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let local_candidate = group.z / tiles;
  let candidate = params.first_candidate + local_candidate;
  if (states[state_at(candidate, state_stopped)] != 0u) {
    return;
  }
  let slot = records[candidate * params.record_words + record_slots + params.layer];
  let first_output = group.z % tiles * tile_quads * 4u;
  let place = group.x * workgroup_size + lane;
  let inside = place < params.images / pack_images;
  let x_place = (params.x_first + local_candidate * params.x_candidate) / pack_images + place;
  let top = i32(group.y / out_width * pool) - i32(padding);
  let left = i32(group.y % out_width * pool) - i32(padding);

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
  let tile_rows = tile_positions / kernel;
  for (var first_row = 0u; first_row < in_channels * kernel; first_row += tile_rows) {
    workgroupBarrier();
    stage_weights(first_output, first_row * kernel, slot, lane);
    workgroupBarrier();
    if (inside) {
      let end_row = min(first_row + tile_rows, in_channels * kernel);
      for (var kernel_row = first_row; kernel_row < end_row; kernel_row++) {
        let channel = kernel_row / kernel;
        let row = top + i32(kernel_row % kernel);
        if (kernel_row % kernel == 0u) {
          // #for r in 0..last
          // #for c in 0..columns
          x_{r}_{c} = pixel(x_place, channel, row + {r}, left + {c});
          // #end
          // #end
        }
        // #for c in 0..columns
        x_{last}_{c} = pixel(x_place, channel, row + {last}, left + {c});
        // #end
        let tile = (kernel_row - first_row) * kernel * tile_quads;
        // #for kx in 0..kernel
        // #for q in 0..quads
        let w_{kx}_{q} = weights_tile[tile + {kx}u * tile_quads + {q}u];
        // #for i in 0..4
        // #for py in 0..pool
        // #for px in 0..pool
        sum_{q}_{i}_{py}_{px} = fma(pack(w_{kx}_{q}[{i}]), x_{py}_{kx+px}, sum_{q}_{i}_{py}_{px});
        // #end
        // #end
        // #end
        // #end
        // #end
        // #for r in 0..last
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
    if (first_output + {q}u * 4u + {i}u < outputs) {
      // Without pooling all four are the same sum, and their mean is exactly that sum.
      let above = activate(sum_{q}_{i}_0_0) + activate(sum_{q}_{i}_0_{last});
      let below = activate(sum_{q}_{i}_{last}_0) + activate(sum_{q}_{i}_{last}_{last});
      let at = (first_output + {q}u * 4u + {i}u) * out_height * out_width + group.y;
      y[y_place + at * y_stride] = 0.25 * (above + below);
    }
    // #end
    // #end
  }
}
