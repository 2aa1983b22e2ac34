// Where one dispatch of a layer reads its input and writes its output. Positions count images, in multiples of four.
struct Params {
  first_candidate: u32, // index of the first record and state
  record_words: u32, // words of one record
  layer: u32, // index among the layers with weights
  images: u32, // to compute, padded to quads
  x_first: u32, // the first image in x
  x_stride: u32, // from one pixel or feature to the next
  x_candidate: u32, // from one candidate to the next; 0 if all share their input
  y_first: u32, // likewise for y
  y_stride: u32,
  y_candidate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
