// The channels, or features, of one tensor and then those of another.
//
// One invocation copies a few neighbouring elements, for a pack of images.
// Grid: rows elements / elements per invocation, z candidates.

// #include "shared/candidate.wgsl"
// #include "shared/layer_params.wgsl"

override elements: u32; // of one image, in both
override x_elements: u32; // of one image, in the first

@group(0) @binding(1) var<storage, read> states: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read> x: array<pack>; // [candidate, element, pack]
@group(0) @binding(3) var<storage, read> second: array<pack>; // [candidate, element, pack]
@group(0) @binding(4) var<storage, read_write> y: array<pack>; // [candidate, element, pack]

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let candidate = params.first_candidate + group.z;
  let row = row_of(group);
  let place = pack_of(group, lane);
  if (row >= rows || place >= params.images / pack_images || states[state_at(candidate, state_stopped)] != 0u) {
    return;
  }
  let x_place = (params.x_first + group.z * params.x_candidate) / pack_images + place;
  let second_place = (params.second_first + group.z * params.second_candidate) / pack_images + place;
  let y_place = (params.y_first + group.z * params.y_candidate) / pack_images + place;
  let x_stride = params.x_stride / pack_images;
  let second_stride = params.second_stride / pack_images;
  let y_stride = params.y_stride / pack_images;
  let first = row * {per_invocation}u;
  // #for e in 0..per_invocation
  if (first + {e}u < x_elements) {
    y[y_place + (first + {e}u) * y_stride] = x[x_place + (first + {e}u) * x_stride];
  } else if (first + {e}u < elements) {
    y[y_place + (first + {e}u) * y_stride] = second[second_place + (first + {e}u - x_elements) * second_stride];
  }
  // #end
}
