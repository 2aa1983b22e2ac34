// Mean over the outputs of their sigmoid cross-entropies, in nats: scores are logits, targets are 1 or 0, and every output is a
// prediction, of 1 if its logit is above 0.

// #include "shared/loss.wgsl"

override outputs: u32;

// `scores_at`: index of the image's first logit. `place`: index of its first target.
fn evaluate_image(scores_at: u32, place: u32) -> ImageLoss {
  var sum = 0.0;
  var correct_outputs = 0u;
  for (var output = 0u; output < outputs; output++) {
    let logit = scores[output * params.scores_stride + scores_at];
    let is_one = targets[output * params.targets_stride + place] != 0u;
    // ln(1 + e^m) for the margin m by which the logit is on the wrong side. The exponent is never positive, so it cannot overflow.
    let margin = select(logit, -logit, is_one);
    sum += max(margin, 0.0) + log(1.0 + exp(-min(abs(logit), 80.0)));
    correct_outputs += u32((logit > 0.0) == is_one);
  }
  return ImageLoss(min(sum, params.max_sum) * params.scale, correct_outputs);
}
