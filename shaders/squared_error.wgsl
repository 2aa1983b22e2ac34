// Sum over the outputs of their squared differences from the targets, times a scale: 1 over the number of outputs and the variance
// of the targets. Nothing is a prediction that is correct or not.

// #include "shared/loss.wgsl"

override outputs: u32;

// `scores_at`: index of the image's first output. `place`: index of its first target.
fn evaluate_image(scores_at: u32, place: u32) -> ImageLoss {
  var sum = 0.0;
  for (var output = 0u; output < outputs; output++) {
    let target_value = bitcast<f32>(targets[output * params.targets_stride + place]);
    let difference = scores[output * params.scores_stride + scores_at] - target_value;
    sum = fma(difference, difference, sum);
  }
  return ImageLoss(min(sum, params.max_sum) * params.scale, 0u);
}
