// Copies rows of images into the visiting order. Words have any type: activations or labels.
// Grid: x images / workgroup_size, y rows.

override workgroup_size: u32;

struct Params {
  padded: u32, // images per row, with padding
  rows: u32, // words per image
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> order: array<u32>; // [place] index of an image
@group(0) @binding(2) var<storage, read> x: array<u32>; // [row, image]
@group(0) @binding(3) var<storage, read_write> y: array<u32>; // [row, place]

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = group.x * workgroup_size + lane;
  if (place >= params.padded) {
    return;
  }
  let image = order[place];
  for (var row = group.y; row < params.rows; row += groups.y) {
    y[row * params.padded + place] = x[row * params.padded + image];
  }
}
