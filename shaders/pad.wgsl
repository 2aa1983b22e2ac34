// An image with zeros around it, and channels of zeros before and after its own.
//
// One invocation writes a few neighbouring elements, for a pack of images.
// Grid: rows elements / elements per invocation, z candidates.

// #include "shared/candidate.wgsl"
// #include "shared/layer_params.wgsl"

override elements: u32; // of one padded image
override channels: u32; // of the image
override in_height: u32;
override in_width: u32;
override out_height: u32;
override out_width: u32;
override padding_top: u32;
override padding_left: u32;
override channels_before: u32;

@group(0) @binding(1) var<storage, read> states: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read> x: array<pack>; // [candidate, channel, row, column, pack]
@group(0) @binding(3) var<storage, read_write> y: array<pack>; // [candidate, channel, row, column, pack]

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let candidate = params.first_candidate + group.z;
  let grid_row = row_of(group);
  let place = pack_of(group, lane);
  if (grid_row >= rows || place >= params.images / pack_images || states[state_at(candidate, state_stopped)] != 0u) {
    return;
  }
  let x_place = (params.x_first + group.z * params.x_candidate) / pack_images + place;
  let y_place = (params.y_first + group.z * params.y_candidate) / pack_images + place;
  let x_stride = params.x_stride / pack_images;
  let y_stride = params.y_stride / pack_images;
  let first = grid_row * {per_invocation}u;
  // #for e in 0..per_invocation
  if (first + {e}u < elements) {
    // Before the image they wrap around and are too large too.
    let channel = (first + {e}u) / out_width / out_height - channels_before;
    let row = (first + {e}u) / out_width % out_height - padding_top;
    let column = (first + {e}u) % out_width - padding_left;
    var value = pack(0.0);
    if (channel < channels && row < in_height && column < in_width) {
      value = x[x_place + ((channel * in_height + row) * in_width + column) * x_stride];
    }
    y[y_place + (first + {e}u) * y_stride] = value;
  }
  // #end
}
