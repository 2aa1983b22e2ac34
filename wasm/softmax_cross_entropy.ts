/**
 * Twin of shaders/softmax_cross_entropy.wgsl: the loss of each image of a block, in fixed point, and the number of
 * correctly classified images. Exponentials are float32; the logarithm and what follows it are float64.
 *
 * @param logits [part, class, 12] f32, with the parts or the classes outermost; lanes from `count` on are ignored
 * @param partBytes bytes from one part of the logits to the next
 * @param classBytes bytes from one class of the logits to the next
 * @param classes number of classes
 * @param labels [image] u32, of all images
 * @param order [lane] u32 index of the image in each lane of the block
 * @param count images of the block
 * @param losses [lane] u32, set to each image's loss in 2^-20 nat
 * @returns the number of images whose largest logit is their label's; of equal logits the first counts
 */
import { exp } from './shared/exp';
import { log } from './shared/log';
import { LOSS_UNITS, MAX_LOSS } from './shared/loss';

const LANES = 12;

export function softmax_cross_entropy(
  logits: usize,
  partBytes: i32,
  classBytes: i32,
  classes: i32,
  labels: usize,
  order: usize,
  count: i32,
  losses: usize,
): i32 {
  let correct = 0;
  for (let image = 0; image < count; image += 4) {
    const column = logits + (image / LANES) * partBytes + ((image % LANES) << 2);
    let largest = v128.load(column);
    let prediction = i32x4.splat(0);
    for (let c = 1; c < classes; c++) {
      const logit = v128.load(column + c * classBytes);
      const isLarger = f32x4.gt(logit, largest);
      prediction = v128.bitselect(i32x4.splat(c), prediction, isLarger);
      largest = v128.bitselect(logit, largest, isLarger);
    }
    let sum = f32x4.splat(0);
    for (let c = 0; c < classes; c++) {
      // The sum is at least 1, so a term below exp(-80) does not change it in float32.
      const difference = f32x4.sub(v128.load(column + c * classBytes), largest);
      sum = f32x4.add(sum, exp(f32x4.pmax(difference, f32x4.splat(-80))));
    }
    const lanes = min(count - image, 4);
    for (let lane = 0; lane < lanes; lane++) {
      const label = <i32>load<u32>(labels + (load<u32>(order + ((image + lane) << 2)) << 2));
      const logit = <f64>load<f32>(column + (lane << 2) + label * classBytes);
      const loss = log(<f64>laneOf(sum, lane)) - (logit - <f64>laneOf(largest, lane));
      const bounded = min(max(loss, <f64>0), MAX_LOSS);
      store<u32>(losses + ((image + lane) << 2), <u32>nearest(bounded * LOSS_UNITS));
      correct += <i32>(<i32>reinterpret<u32>(laneOf(<v128>prediction, lane)) == label);
    }
  }
  return correct;
}

/** A lane by its index: the instruction that extracts one takes a constant. */
function laneOf(v: v128, lane: i32): f32 {
  switch (lane) {
    case 0:
      return f32x4.extract_lane(v, 0);
    case 1:
      return f32x4.extract_lane(v, 1);
    case 2:
      return f32x4.extract_lane(v, 2);
    default:
      return f32x4.extract_lane(v, 3);
  }
}
