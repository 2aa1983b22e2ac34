// Masked 2-D convolution, stride 1, with bias, activation and an optional 2x2 mean fused in.
//
// One invocation computes one output pixel of one channel for a quad of four images (a vec4f lane each). With pooling
// that is four convolution outputs, so each weight is fetched once for sixteen multiply-adds. Weights and mask bits
// are indexed by the workgroup alone, hence uniform; images are innermost, hence coalesced.
// Grid: x quads of images / workgroup_size, y output pixels, z output channels.

// #include "shared/activation.wgsl"
// #include "shared/masked_weight.wgsl"

override in_channels: u32;
override in_height: u32;
override in_width: u32;
override kernel: u32;
override padding: u32;
override pool: u32; // 1 or 2
override out_height: u32; // after pooling
override out_width: u32; // after pooling
override workgroup_size: u32;

struct Params {
  quads: u32, // images / 4, rounded up
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [in_channel, row, column, quad]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [out_channel, in_channel, kernel_row, kernel_column]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [out_channel]
@group(0) @binding(4) var<storage, read> mask: array<u32>; // bits of weight
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>; // [out_channel, row, column, quad]

fn pixel(channel: u32, row: i32, column: i32, quad: u32) -> vec4f {
  if (row < 0 || column < 0 || row >= i32(in_height) || column >= i32(in_width)) {
    return vec4f(0.0);
  }
  return x[((channel * in_height + u32(row)) * in_width + u32(column)) * params.quads + quad];
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let quad = group.x * workgroup_size + lane;
  if (quad >= params.quads) {
    return;
  }
  let out_channel = group.z;
  let top = i32(group.y / out_width * pool) - i32(padding);
  let left = i32(group.y % out_width * pool) - i32(padding);

  // Every sum starts at the bias and adds its products in ascending input order, one fma each.
  var sum00 = vec4f(bias[out_channel]);
  var sum01 = sum00;
  var sum10 = sum00;
  var sum11 = sum00;
  for (var channel = 0u; channel < in_channels; channel++) {
    for (var ky = 0u; ky < kernel; ky++) {
      for (var kx = 0u; kx < kernel; kx++) {
        let w = vec4f(masked_weight(((out_channel * in_channels + channel) * kernel + ky) * kernel + kx));
        let row = top + i32(ky);
        let column = left + i32(kx);
        sum00 = fma(w, pixel(channel, row, column, quad), sum00);
        if (pool == 2u) {
          sum01 = fma(w, pixel(channel, row, column + 1, quad), sum01);
          sum10 = fma(w, pixel(channel, row + 1, column, quad), sum10);
          sum11 = fma(w, pixel(channel, row + 1, column + 1, quad), sum11);
        }
      }
    }
  }

  var out = activate(sum00);
  if (pool == 2u) {
    out = 0.25 * ((out + activate(sum01)) + (activate(sum10) + activate(sum11)));
  }
  y[(out_channel * out_height * out_width + group.y) * params.quads + quad] = out;
}
