// Where a layer finds its input and puts its output, in one dispatch: in images, multiples of four.
struct Params {
  first_candidate: u32, // of the dispatch, among the records and states
  record_words: u32, // of one record
  layer: u32, // place among the layers with weights
  images: u32, // to compute, padded to quads
  x_first: u32,
  x_stride: u32, // from one pixel or feature to the next
  x_candidate: u32, // from one candidate to the next; 0 where all share their input
  y_first: u32,
  y_stride: u32,
  y_candidate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
