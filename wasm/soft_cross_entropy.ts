/**
 * Twin of shaders/soft_cross_entropy.wgsl: the loss of each image of a block, in fixed point, and the number of correctly
 * classified images. Exponentials and what each class adds are float32; the mean over classes, the logarithm and what follows are
 * float64.
 *
 * @param logits [part, class, 12] f32, with the parts or the classes outermost; lanes from `count` on are ignored
 * @param partBytes bytes from one part of the logits to the next
 * @param classBytes bytes from one class of the logits to the next
 * @param classes number of classes
 * @param targets [image, 1 + class] f32, of all images: the class of the image, then a probability of each class
 * @param order [lane] u32 index of the image in each lane of the block
 * @param count images of the block
 * @param losses [lane] u32, set to each image's loss in 2^-20 nat
 * @returns the number of images whose largest logit is their class's; of equal logits the first counts
 */
import { exp } from './shared/exp';
import { log } from './shared/log';
import { lanesOf, storeLosses, targetsOf } from './shared/loss';

const LANES = 12;

export function soft_cross_entropy(
  logits: usize,
  partBytes: i32,
  classBytes: i32,
  classes: i32,
  targets: usize,
  order: usize,
  count: i32,
  losses: usize,
): i32 {
  let correct = 0;
  const perImage = 1 + classes;
  for (let image = 0; image < count; image += 4) {
    const column = logits + (image / LANES) * partBytes + ((image % LANES) << 2);
    const lanes = lanesOf(image, count);
    const at = order + (image << 2);
    let largest = v128.load(column);
    let prediction = i32x4.splat(0);
    for (let c = 1; c < classes; c++) {
      const logit = v128.load(column + c * classBytes);
      const isLarger = f32x4.gt(logit, largest);
      prediction = v128.bitselect(i32x4.splat(c), prediction, isLarger);
      largest = v128.bitselect(logit, largest, isLarger);
    }
    let sum = f32x4.splat(0);
    // Of the first two images, and of the others.
    let first = f64x2.splat(0);
    let second = f64x2.splat(0);
    for (let c = 0; c < classes; c++) {
      const below = f32x4.sub(largest, v128.load(column + c * classBytes));
      // The sum is at least 1, so a term below exp(-80) does not change it in float32.
      sum = f32x4.add(sum, exp(f32x4.neg(f32x4.pmin(below, f32x4.splat(80)))));
      const term = f32x4.mul(targetsOf(targets, at, lanes, perImage, 1 + c), below);
      first = f64x2.add(first, f64x2.promote_low_f32x4(term));
      second = f64x2.add(second, f64x2.promote_low_f32x4(v128.shuffle<i64>(term, term, 1, 1)));
    }
    const logs0 = f64x2.splat(log(<f64>f32x4.extract_lane(sum, 0)));
    const logs1 = f64x2.splat(log(<f64>f32x4.extract_lane(sum, 2)));
    first = f64x2.add(first, f64x2.replace_lane(logs0, 1, log(<f64>f32x4.extract_lane(sum, 1))));
    second = f64x2.add(second, f64x2.replace_lane(logs1, 1, log(<f64>f32x4.extract_lane(sum, 3))));
    storeLosses(losses + (image << 2), lanes, first, second, 1);
    const labels = i32x4.trunc_sat_f32x4_s(targetsOf(targets, at, lanes, perImage, 0));
    const isCorrect = i32x4.eq(prediction, labels);
    correct -= i32x4.extract_lane(isCorrect, 0);
    if (lanes > 1) correct -= i32x4.extract_lane(isCorrect, 1);
    if (lanes > 2) correct -= i32x4.extract_lane(isCorrect, 2);
    if (lanes > 3) correct -= i32x4.extract_lane(isCorrect, 3);
  }
  return correct;
}
