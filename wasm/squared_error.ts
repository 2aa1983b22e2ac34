/**
 * Twin of shaders/squared_error.wgsl: the loss of each image of a block, in fixed point. All arithmetic is float64.
 *
 * @param y [part, output, 12] f32, with the parts or the outputs outermost; lanes from `count` on are ignored
 * @param partBytes bytes from one part of the outputs to the next
 * @param outputBytes bytes from one output to the next
 * @param outputs number of outputs
 * @param targets [image, output] f32, of all images
 * @param order [lane] u32 index of the image in each lane of the block
 * @param count images of the block
 * @param losses [lane] u32, set to each image's loss in 2^-20
 * @param scale 1 / (outputs * variance of the targets)
 * @returns 0: nothing is a prediction that is correct or not
 */
import { lanesOf, storeLosses, targetsOf } from './shared/loss';

const LANES = 12;

export function squared_error(
  y: usize,
  partBytes: i32,
  outputBytes: i32,
  outputs: i32,
  targets: usize,
  order: usize,
  count: i32,
  losses: usize,
  scale: f64,
): i32 {
  for (let image = 0; image < count; image += 4) {
    const column = y + (image / LANES) * partBytes + ((image % LANES) << 2);
    const lanes = lanesOf(image, count);
    const at = order + (image << 2);
    // Of the first two images, and of the others.
    let first = f64x2.splat(0);
    let second = f64x2.splat(0);
    for (let output = 0; output < outputs; output++) {
      const value = v128.load(column + output * outputBytes);
      const wanted = targetsOf(targets, at, lanes, outputs, output);
      let difference = f64x2.sub(f64x2.promote_low_f32x4(value), f64x2.promote_low_f32x4(wanted));
      first = f64x2.add(first, f64x2.mul(difference, difference));
      difference = f64x2.sub(
        f64x2.promote_low_f32x4(v128.shuffle<i64>(value, value, 1, 1)),
        f64x2.promote_low_f32x4(v128.shuffle<i64>(wanted, wanted, 1, 1)),
      );
      second = f64x2.add(second, f64x2.mul(difference, difference));
    }
    storeLosses(losses + (image << 2), lanes, first, second, scale);
  }
  return 0;
}
