// Softmax cross-entropy: adds each image's loss, in fixed point, and whether it is classified right to a running
// result. Integer sums, so the result does not depend on which invocation adds first.
//
// One invocation judges one image. A workgroup adds up in halves of 16 bits, which cannot overflow for up to 65,536
// images, then adds once to the 64-bit sum in storage.
// Grid: x images / workgroup_size.

override classes: u32;
override workgroup_size: u32;

const fixed_point = 1048576.0; // units per nat, 2^20
const largest_loss = 4095.0; // nats; as fixed point it fits 32 bits

struct Params {
  images: u32, // images to judge
  stride: u32, // images per row of logits, padding included
}

struct Result {
  loss_low: atomic<u32>, // low word of the loss sum, in 2^-20 nat
  loss_high: atomic<u32>,
  correct: atomic<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [class, image]
@group(0) @binding(2) var<storage, read> labels: array<u32>; // [image]
@group(0) @binding(3) var<storage, read_write> result: Result;

var<workgroup> low_half: atomic<u32>;
var<workgroup> high_half: atomic<u32>;
var<workgroup> correct: atomic<u32>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let image = group.x * workgroup_size + lane;
  if (image < params.images) {
    // The first of equal logits counts as the prediction.
    var largest = logits[image];
    var prediction = 0u;
    for (var class_index = 1u; class_index < classes; class_index++) {
      let logit = logits[class_index * params.stride + image];
      if (logit > largest) {
        largest = logit;
        prediction = class_index;
      }
    }
    var sum = 0.0;
    for (var class_index = 0u; class_index < classes; class_index++) {
      // Below -80 a term is under float32's resolution of the sum, which is at least 1.
      sum += exp(max(logits[class_index * params.stride + image] - largest, -80.0));
    }
    let label = labels[image];
    let loss = clamp(log(sum) - (logits[label * params.stride + image] - largest), 0.0, largest_loss);
    let units = u32(round(loss * fixed_point));
    atomicAdd(&low_half, units & 0xffffu);
    atomicAdd(&high_half, units >> 16u);
    atomicAdd(&correct, u32(prediction == label));
  }
  workgroupBarrier();

  if (lane == 0u) {
    let low_sum = atomicLoad(&low_half);
    let high_sum = atomicLoad(&high_half);
    // low_sum + high_sum * 2^16 as two words, with the carry of the low word's addition.
    let shifted = high_sum << 16u;
    let low = low_sum + shifted;
    let high = (high_sum >> 16u) + u32(low < shifted);
    let before = atomicAdd(&result.loss_low, low);
    atomicAdd(&result.loss_high, high + u32(before + low < before));
    atomicAdd(&result.correct, atomicLoad(&correct));
  }
}
