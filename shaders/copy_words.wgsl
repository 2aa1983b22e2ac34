// Measures memory bandwidth: reads and writes every word once.
// Grid: x quads of words / workgroup_size.

override workgroup_size: u32;

struct Params {
  quads: u32, // words / 4
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4u>; // [quad]
@group(0) @binding(2) var<storage, read_write> y: array<vec4u>; // [quad]

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let quad = group.x * workgroup_size + lane;
  if (quad < params.quads) {
    y[quad] = x[quad];
  }
}
