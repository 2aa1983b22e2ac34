// Measures arithmetic throughput: chains of fused multiply-adds in registers, and almost nothing else. A chain of any
// length converges to term / (1 - factor), so it neither overflows nor becomes denormal.
// Grid: x invocations / workgroup_size.

override workgroup_size: u32;

struct Params {
  steps: u32, // iterations of the loop
  factor: f32,
  term: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [invocation] sum of its chains

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let invocation = group.x * workgroup_size + lane;
  let factor = vec4f(params.factor);
  let term = vec4f(params.term);
  // Every chain starts with another value: a compiler may compute equal chains only once.
  let start = vec4f(0.0, 0.25, 0.5, 0.75) + f32(invocation % 64u);
  // #for c in 0..chains
  var chain_{c} = start + {c}.0;
  // #end
  for (var step = 0u; step < params.steps; step++) {
    // #for u in 0..unroll
    // #for c in 0..chains
    chain_{c} = fma(chain_{c}, factor, term);
    // #end
    // #end
  }
  var sum = vec4f(0.0);
  // #for c in 0..chains
  sum += chain_{c};
  // #end
  y[invocation] = (sum.x + sum.y) + (sum.z + sum.w);
}
