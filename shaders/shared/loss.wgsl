// What the losses share. A kernel that includes this defines `evaluate_image`. Adds the losses of images, in fixed point, and the
// number of correct predictions to the candidate's state, and marks the candidate as stopped once its sum is above its limit.
// Sums are integers, so they do not depend on the order of the invocations.
//
// One workgroup evaluates all images of the dispatch for one candidate, so no other workgroup accesses its state.
// Grid: x candidates.

// #include "shared/candidate.wgsl"

override workgroup_size: u32;

const fixed_point = 1048576.0; // units per 1, 2^20
const max_loss = 4095.0; // fits into 32 bits of fixed point

struct Params {
  first_candidate: u32, // index of the first record and state
  record_words: u32, // words of one record
  images: u32, // to evaluate, without padding
  scores_stride: u32, // scores from one output to the next
  scores_candidate: u32, // scores from one candidate to the next
  first_place: u32, // index of the first image's targets and loss
  loss_rows: u32, // candidates whose losses are kept
  losses_candidate: u32, // losses from one candidate to the next
  targets_stride: u32, // targets from one to the next of an image
  scale: f32, // from the sum over an image's outputs to its loss
  max_sum: f32, // cuts off sums over outputs, so that scaling them is finite
}

struct ImageLoss {
  loss: f32,
  correct: u32, // predictions
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> records: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read_write> states: array<u32>; // [candidate, word]
@group(0) @binding(3) var<storage, read> scores: array<f32>; // [candidate, output, image]
@group(0) @binding(4) var<storage, read> targets: array<u32>; // [target, place]; f32 bits where targets are numbers
@group(0) @binding(5) var<storage, read_write> losses: array<u32>; // [candidate, place], fixed point

// Sums of the losses' 16-bit halves, which cannot overflow for up to 65,536 images.
var<workgroup> low_half: atomic<u32>;
var<workgroup> high_half: atomic<u32>;
var<workgroup> correct: atomic<u32>;

fn add_image(image_loss: ImageLoss, image: u32, candidate: u32) {
  let units = u32(round(clamp(image_loss.loss, 0.0, max_loss) * fixed_point));
  if (candidate < params.loss_rows) {
    losses[candidate * params.losses_candidate + params.first_place + image] = units;
  }
  atomicAdd(&low_half, units & 0xffffu);
  atomicAdd(&high_half, units >> 16u);
  atomicAdd(&correct, image_loss.correct);
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let candidate = params.first_candidate + group.x;
  // No early return: the barrier must be reached by all invocations or by none, and WGSL does not consider a value from
  // a writable buffer uniform.
  let stopped = states[state_at(candidate, state_stopped)] != 0u;
  if (!stopped) {
    for (var image = lane; image < params.images; image += workgroup_size) {
      let image_loss = evaluate_image(group.x * params.scores_candidate + image, params.first_place + image);
      add_image(image_loss, image, candidate);
    }
  }
  workgroupBarrier();

  if (lane == 0u && !stopped) {
    let low_sum = atomicLoad(&low_half);
    let high_sum = atomicLoad(&high_half);
    // low_sum + high_sum * 2^16 as two words, added to the two words of the state with carries.
    let shifted = high_sum << 16u;
    let added_low = low_sum + shifted;
    let added_high = (high_sum >> 16u) + u32(added_low < shifted);
    let low = states[state_at(candidate, state_low)] + added_low;
    let high = states[state_at(candidate, state_high)] + added_high + u32(low < added_low);
    let limit = candidate * params.record_words + record_limit;
    let above = high > records[limit + 1u] || (high == records[limit + 1u] && low > records[limit]);
    states[state_at(candidate, state_low)] = low;
    states[state_at(candidate, state_high)] = high;
    states[state_at(candidate, state_correct)] += atomicLoad(&correct);
    states[state_at(candidate, state_images)] += params.images;
    states[state_at(candidate, state_stopped)] = u32(above);
  }
}
