// Sorts images by falling loss; images of equal loss keep their order. Every invocation counts the images that come
// before its own.
// Grid: x images / workgroup_size.

override workgroup_size: u32;

struct Params {
  images: u32,
  padded: u32, // images with padding, which stays last
  first: u32, // index of the first loss
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> losses: array<u32>; // [place], from params.first on, fixed point
@group(0) @binding(2) var<storage, read> order: array<u32>; // [place] index of an image, before
@group(0) @binding(3) var<storage, read_write> next: array<u32>; // [place] index of an image, after

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group.x * workgroup_size + lane;
  if (place >= params.padded) {
    return;
  }
  var rank = place;
  if (place < params.images) {
    let loss = losses[params.first + place];
    rank = 0u;
    for (var other = 0u; other < params.images; other++) {
      let other_loss = losses[params.first + other];
      rank += u32(other_loss > loss || (other_loss == loss && other < place));
    }
  }
  next[rank] = order[place];
}
