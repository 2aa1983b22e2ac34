// Sums of products of every input of x with every input of y, over images and places of the window of a layer with weights.
// Inputs are in the order of an output's weights; the last one is the constant 1, which a bias multiplies.
//
// A workgroup computes a tile of pairs of inputs of one group, over one piece of the samples: pairs of a place and four images.
// It stages a few samples of all its inputs in workgroup memory at a time. An invocation computes four by four pairs.
// Grid: x tiles of inputs of y, y tiles of inputs of x, z units: groups times pieces.

struct Params {
  images: u32, // that count; the last quad may have more
  first_unit: u32, // unit of the first workgroups in z
  is_symmetric: u32, // whether x and y are the same: then tiles below the diagonal are left out
  x_first: u32, // the first image in x; these and the strides count images, in multiples of four
  x_stride: u32, // from one pixel or feature to the next
  y_first: u32,
  y_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [channel, row, column, quad]
@group(0) @binding(2) var<storage, read> y: array<vec4f>; // likewise
@group(0) @binding(3) var<storage, read_write> sums: array<f32>; // [unit, input of x, input of y]

override workgroup_size: u32;
override size: u32; // inputs of an output, the constant included
override groups: u32;
override group_channels: u32; // of one group
override in_height: u32;
override in_width: u32;
override kernel_height: u32;
override kernel_width: u32;
override stride_y: u32;
override stride_x: u32;
override dilation_y: u32;
override dilation_x: u32;
override padding_top: u32;
override padding_left: u32;
override out_width: u32;
override places: u32; // of the window

const lanes_down = {lanes_down}u; // invocations of a workgroup: rows
const lanes_across = {lanes_across}u; // and columns
const tile_rows = lanes_down * 4u;
const tile_columns = lanes_across * 4u;
const depth = {depth}u; // samples that are staged at a time
const chain = {chain}u; // samples of a piece
const no_pixel = 0xffffffffu;

var<workgroup> x_tile: array<vec4f, {x_tile}>; // [sample, input]
var<workgroup> y_tile: array<vec4f, {y_tile}>; // [sample, input]

// Index of the pixel that an input is at a place of the window.
fn pixel_of(channel_group: u32, input: u32, place: u32) -> u32 {
  let channel = channel_group * group_channels + input / (kernel_height * kernel_width);
  let row = i32(place / out_width * stride_y + input / kernel_width % kernel_height * dilation_y) - i32(padding_top);
  let column = i32(place % out_width * stride_x + input % kernel_width * dilation_x) - i32(padding_left);
  let is_inside = row >= 0 && column >= 0 && row < i32(in_height) && column < i32(in_width);
  if (input >= size - 1u || !is_inside) {
    return no_pixel;
  }
  return (channel * in_height + u32(row)) * in_width + u32(column);
}

// What an input is for the four images of a quad: `value` is that of its pixel, if it has one. Images that do not count are 0.
fn counted(value: vec4f, input: u32, quad: u32) -> vec4f {
  let is_counted = vec4u(quad * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.images);
  return select(vec4f(0.0), select(value, vec4f(1.0), input == size - 1u), is_counted);
}

fn x_input(channel_group: u32, input: u32, place: u32, quad: u32) -> vec4f {
  let pixel = pixel_of(channel_group, input, place);
  var value = vec4f(0.0);
  if (pixel != no_pixel) {
    value = x[(params.x_first + pixel * params.x_stride) / 4u + quad];
  }
  return counted(value, input, quad);
}

fn y_input(channel_group: u32, input: u32, place: u32, quad: u32) -> vec4f {
  let pixel = pixel_of(channel_group, input, place);
  var value = vec4f(0.0);
  if (pixel != no_pixel) {
    value = y[(params.y_first + pixel * params.y_stride) / 4u + quad];
  }
  return counted(value, input, quad);
}

fn sum_of(lanes: vec4f) -> f32 {
  return (lanes.x + lanes.y) + (lanes.z + lanes.w);
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_row = group.y * tile_rows;
  let first_column = group.x * tile_columns;
  if (params.is_symmetric != 0u && first_row >= first_column + tile_columns) {
    return;
  }
  let unit = params.first_unit + group.z;
  let channel_group = unit % groups;
  let quads = (params.images + 3u) / 4u;
  let first_sample = unit / groups * chain;
  let end_sample = min(first_sample + chain, places * quads);
  let down = lane / lanes_across;
  let across = lane % lanes_across;

  // #for i in 0..4
  // #for j in 0..4
  var sum_{i}_{j} = vec4f(0.0);
  // #end
  // #end
  for (var sample = first_sample; sample < end_sample; sample += depth) {
    workgroupBarrier();
    for (var at = lane; at < tile_rows * depth; at += workgroup_size) {
      let s = sample + at % depth;
      var value = vec4f(0.0);
      if (s < end_sample) {
        value = x_input(channel_group, first_row + at / depth, s / quads, s % quads);
      }
      x_tile[at % depth * tile_rows + at / depth] = value;
    }
    for (var at = lane; at < tile_columns * depth; at += workgroup_size) {
      let s = sample + at % depth;
      var value = vec4f(0.0);
      if (s < end_sample) {
        value = y_input(channel_group, first_column + at / depth, s / quads, s % quads);
      }
      y_tile[at % depth * tile_columns + at / depth] = value;
    }
    workgroupBarrier();
    for (var s = 0u; s < depth; s++) {
      // #for i in 0..4
      let x_{i} = x_tile[s * tile_rows + {i}u * lanes_down + down];
      // #end
      // #for j in 0..4
      let y_{j} = y_tile[s * tile_columns + {j}u * lanes_across + across];
      // #for i in 0..4
      sum_{i}_{j} = fma(x_{i}, y_{j}, sum_{i}_{j});
      // #end
      // #end
    }
  }

  // #for i in 0..4
  // #for j in 0..4
  {
    let row = first_row + {i}u * lanes_down + down;
    let column = first_column + {j}u * lanes_across + across;
    if (row < size && column < size) {
      sums[(group.z * size + row) * size + column] = sum_of(sum_{i}_{j});
    }
  }
  // #end
  // #end
}
