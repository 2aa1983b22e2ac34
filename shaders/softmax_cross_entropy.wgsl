// Softmax cross-entropy, in nats: scores are logits, an image's target is its class, and its one prediction the class of the
// largest logit.

// #include "shared/loss.wgsl"

override classes: u32;

// `scores_at`: index of the image's first logit. `place`: index of its target.
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
  for (var class_index = 0u; class_index < classes; class_index++) {
    // The sum is at least 1, so a term below exp(-80) does not change it in float32.
    sum += exp(max(scores[class_index * params.scores_stride + scores_at] - largest, -80.0));
  }
  let label = targets[place];
  let loss = log(sum) - (scores[label * params.scores_stride + scores_at] - largest);
  return ImageLoss(loss, u32(prediction == label));
}
