// Cross-entropy with soft targets, in nats: scores are logits, an image's targets are its class and a probability of each class, and
// its one prediction is the class of the largest logit. The probabilities sum to 1, so the loss is the logarithm of the softmax's sum
// plus the mean, under them, of the differences from the largest logit: two terms that are never negative.

// #include "shared/loss.wgsl"

override classes: u32;

// `scores_at`: index of the image's first logit. `place`: index of its first target.
fn evaluate_image(scores_at: u32, place: u32) -> ImageLoss {
  // Of equal logits the first is the prediction.
  var largest = scores[scores_at];
  var prediction = 0u;
  for (var class_index = 1u; class_index < classes; class_index++) {
    let logit = scores[class_index * params.scores_stride + scores_at];
    if (logit > largest) {
      largest = logit;
      prediction = class_index;
    }
  }
  var sum = 0.0;
  var mean = 0.0;
  for (var class_index = 0u; class_index < classes; class_index++) {
    let below = largest - scores[class_index * params.scores_stride + scores_at];
    // The sum is at least 1, so a term below exp(-80) does not change it in float32.
    sum += exp(-min(below, 80.0));
    mean += bitcast<f32>(targets[(class_index + 1u) * params.targets_stride + place]) * below;
  }
  let label = u32(bitcast<f32>(targets[place]));
  return ImageLoss(log(sum) + mean, u32(prediction == label));
}
