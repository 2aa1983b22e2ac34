// Softmax cross-entropy: adds each image's loss, in fixed point, and whether it is classified right to the candidate's
// state, and stops the candidate once its sum is above its limit. Integer sums, so the result does not depend on which
// invocation adds first.
//
// One workgroup evaluates all images of the dispatch for one candidate, so nobody else touches its state meanwhile.
// Grid: x candidates.

// #include "shared/candidate.wgsl"

override classes: u32;
override workgroup_size: u32;

const fixed_point = 1048576.0; // units per nat, 2^20
const largest_loss = 4095.0; // nats; as fixed point it fits 32 bits

struct Params {
  first_candidate: u32, // of the dispatch, among the records and states
  record_words: u32, // of one record
  images: u32, // to evaluate, without padding
  logits_stride: u32, // from one class to the next
  logits_candidate: u32, // from one candidate to the next
  first_place: u32, // of the labels and losses
  loss_rows: u32, // candidates whose losses are kept
  losses_candidate: u32, // from one of them to the next
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> records: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read_write> states: array<u32>; // [candidate, word]
@group(0) @binding(3) var<storage, read> logits: array<f32>; // [candidate, class, image]
@group(0) @binding(4) var<storage, read> labels: array<u32>; // [place]
@group(0) @binding(5) var<storage, read_write> losses: array<u32>; // [candidate, place], fixed point

// Halves of 16 bits, which cannot overflow for up to 65,536 images.
var<workgroup> low_half: atomic<u32>;
var<workgroup> high_half: atomic<u32>;
var<workgroup> correct: atomic<u32>;

fn evaluate(first: u32, image: u32, candidate: u32) {
  let logits_at = first + image;
  // The first of equal logits counts as the prediction.
  var largest = logits[logits_at];
  var prediction = 0u;
  for (var class_index = 1u; class_index < classes; class_index++) {
    let logit = logits[class_index * params.logits_stride + logits_at];
    if (logit > largest) {
      largest = logit;
      prediction = class_index;
    }
  }
  var sum = 0.0;
  for (var class_index = 0u; class_index < classes; class_index++) {
    // Below -80 a term is under float32's resolution of the sum, which is at least 1.
    sum += exp(max(logits[class_index * params.logits_stride + logits_at] - largest, -80.0));
  }
  let label = labels[params.first_place + image];
  let loss = clamp(log(sum) - (logits[label * params.logits_stride + logits_at] - largest), 0.0, largest_loss);
  let units = u32(round(loss * fixed_point));
  if (candidate < params.loss_rows) {
    losses[candidate * params.losses_candidate + params.first_place + image] = units;
  }
  atomicAdd(&low_half, units & 0xffffu);
  atomicAdd(&high_half, units >> 16u);
  atomicAdd(&correct, u32(prediction == label));
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let candidate = params.first_candidate + group.x;
  // Not before the barrier: it must be reached by all or none, and a state that is written is not known to be uniform.
  let stopped = states[state_at(candidate, state_stopped)] != 0u;
  if (!stopped) {
    for (var image = lane; image < params.images; image += workgroup_size) {
      evaluate(group.x * params.logits_candidate, image, candidate);
    }
  }
  workgroupBarrier();

  if (lane == 0u && !stopped) {
    let low_sum = atomicLoad(&low_half);
    let high_sum = atomicLoad(&high_half);
    // low_sum + high_sum * 2^16 as two words, added to the state's, each with the carry of the low word's addition.
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
