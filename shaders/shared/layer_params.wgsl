// Where one dispatch of a layer reads its inputs and writes its output, and how its grid divides the work. Positions
// count images, in multiples of four.
struct Params {
  first_candidate: u32, // index of the first record and state
  record_words: u32, // words of one record
  mask: u32, // index of the layer's mask among the slots of a record
  images: u32, // to compute, padded to quads
  x_first: u32, // the first image in x
  x_stride: u32, // from one pixel or feature to the next
  x_candidate: u32, // from one candidate to the next; 0 if all share their input
  second_first: u32, // likewise for the second input, if the layer has one
  second_stride: u32,
  second_candidate: u32,
  y_first: u32, // likewise for y
  y_stride: u32,
  y_candidate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

override workgroup_size: u32;
override rows: u32; // of workgroups: what the layer divides among them beside images and candidates
override grid_rows: u32; // rows of workgroups in y; those beyond them follow in x

alias pack = {pack}; // one value of each of an invocation's images
const pack_images = {images}u;

// Workgroups in x that one row takes.
fn row_groups() -> u32 {
  return (params.images / pack_images + workgroup_size - 1u) / workgroup_size;
}

// The row of a workgroup; at least `rows` for one that has nothing to do.
fn row_of(group: vec3u) -> u32 {
  return group.x / row_groups() * grid_rows + group.y;
}

// Index of an invocation's pack of images; at least params.images / pack_images for one that has nothing to do.
fn pack_of(group: vec3u, lane: u32) -> u32 {
  return group.x % row_groups() * workgroup_size + lane;
}
