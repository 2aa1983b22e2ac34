// The largest value or the mean of every window.
//
// One invocation computes one output pixel of one channel, for a pack of images.
// Grid: rows channels * output pixels, z candidates.

// #include "shared/candidate.wgsl"
// #include "shared/layer_params.wgsl"

override in_height: u32;
override in_width: u32;
override out_height: u32;
override out_width: u32;
override kernel_height: u32;
override kernel_width: u32;
override stride_y: u32;
override stride_x: u32;
override dilation_y: u32;
override dilation_x: u32;
override padding_top: u32;
override padding_left: u32;
override counted_bottom: u32; // rows below the image that count in a mean; those above are all of the padding
override counted_right: u32; // likewise columns
override counts_padding: u32; // whether padding counts in a mean

const lowest = -3.4e38;

@group(0) @binding(1) var<storage, read> states: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read> x: array<pack>; // [candidate, channel, row, column, pack]
@group(0) @binding(3) var<storage, read_write> y: array<pack>; // [candidate, channel, row, column, pack]

// Places of a kernel, `dilation` pixels apart, before the pixel `edge`, counted from the first place.
fn places_before(edge: i32, dilation: u32, kernel: u32) -> u32 {
  return min((u32(max(edge, 0)) + dilation - 1u) / dilation, kernel);
}

// The value before the first pixel, with one more pixel, and of all; `count`: the pixels of a mean.
fn start_max() -> pack {
  return pack(lowest);
}

fn next_max(value: pack, more: pack) -> pack {
  return max(value, more);
}

fn end_max(value: pack, count: u32) -> pack {
  return value;
}

fn start_average() -> pack {
  return pack(0.0);
}

fn next_average(value: pack, more: pack) -> pack {
  return value + more;
}

fn end_average(value: pack, count: u32) -> pack {
  return value / f32(max(count, 1u));
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let candidate = params.first_candidate + group.z;
  let out_pixel = row_of(group);
  let place = pack_of(group, lane);
  if (out_pixel >= rows || place >= params.images / pack_images || states[state_at(candidate, state_stopped)] != 0u) {
    return;
  }
  let channel = out_pixel / out_width / out_height;
  let top = i32(out_pixel / out_width % out_height * stride_y) - i32(padding_top);
  let left = i32(out_pixel % out_width * stride_x) - i32(padding_left);
  // The places of the kernel that lie in the image.
  let first_ky = places_before(-top, dilation_y, kernel_height);
  let end_ky = places_before(i32(in_height) - top, dilation_y, kernel_height);
  let first_kx = places_before(-left, dilation_x, kernel_width);
  let end_kx = places_before(i32(in_width) - left, dilation_x, kernel_width);

  let x_place = (params.x_first + group.z * params.x_candidate) / pack_images + place;
  let x_stride = params.x_stride / pack_images;
  var value = start_{operation}();
  for (var ky = first_ky; ky < end_ky; ky++) {
    let row = channel * in_height + u32(top + i32(ky * dilation_y));
    for (var kx = first_kx; kx < end_kx; kx++) {
      let column = u32(left + i32(kx * dilation_x));
      value = next_{operation}(value, x[x_place + (row * in_width + column) * x_stride]);
    }
  }
  var count = (end_ky - first_ky) * (end_kx - first_kx);
  if (counts_padding != 0u) {
    count = places_before(i32(in_height + counted_bottom) - top, dilation_y, kernel_height)
      * places_before(i32(in_width + counted_right) - left, dilation_x, kernel_width);
  }
  let y_place = (params.y_first + group.z * params.y_candidate) / pack_images + place;
  y[y_place + out_pixel * (params.y_stride / pack_images)] = end_{operation}(value, count);
}
