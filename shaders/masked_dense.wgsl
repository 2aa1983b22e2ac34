// Masked dense layer with bias and activation.
//
// One invocation computes four neighbouring outputs for a quad of four images, so each activation is fetched once for
// sixteen multiply-adds. Weights and mask bits are indexed by the workgroup alone, hence uniform.
// Grid: x quads of images / workgroup_size, y outputs / 4.

// #include "shared/activation.wgsl"
// #include "shared/masked_weight.wgsl"

override inputs: u32;
override outputs: u32;
override workgroup_size: u32;

struct Params {
  quads: u32, // images / 4, rounded up
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [input, quad]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [output, input]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [output]
@group(0) @binding(4) var<storage, read> mask: array<u32>; // bits of weight
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>; // [output, quad]

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let quad = group.x * workgroup_size + lane;
  if (quad >= params.quads) {
    return;
  }
  // The last group repeats its last output where there are fewer than four left, and does not store the repeats.
  let output0 = group.y * 4u;
  let output1 = min(output0 + 1u, outputs - 1u);
  let output2 = min(output0 + 2u, outputs - 1u);
  let output3 = min(output0 + 3u, outputs - 1u);

  // Every sum starts at the bias and adds its products in ascending input order, one fma each.
  var sum0 = vec4f(bias[output0]);
  var sum1 = vec4f(bias[output1]);
  var sum2 = vec4f(bias[output2]);
  var sum3 = vec4f(bias[output3]);
  for (var input = 0u; input < inputs; input++) {
    let value = x[input * params.quads + quad];
    sum0 = fma(vec4f(masked_weight(output0 * inputs + input)), value, sum0);
    sum1 = fma(vec4f(masked_weight(output1 * inputs + input)), value, sum1);
    sum2 = fma(vec4f(masked_weight(output2 * inputs + input)), value, sum2);
    sum3 = fma(vec4f(masked_weight(output3 * inputs + input)), value, sum3);
  }

  y[output0 * params.quads + quad] = activate(sum0);
  if (output0 + 1u < outputs) {
    y[output1 * params.quads + quad] = activate(sum1);
  }
  if (output0 + 2u < outputs) {
    y[output2 * params.quads + quad] = activate(sum2);
  }
  if (output0 + 3u < outputs) {
    y[output3 * params.quads + quad] = activate(sum3);
  }
}
