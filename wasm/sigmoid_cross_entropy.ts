/**
 * Twin of shaders/sigmoid_cross_entropy.wgsl: the loss of each image of a block, in fixed point, and the number of correct
 * outputs. What each output adds is float32; the sum over outputs and what follows it are float64.
 *
 * @param logits [part, output, 12] f32, with the parts or the outputs outermost; lanes from `count` on are ignored
 * @param partBytes bytes from one part of the logits to the next
 * @param outputBytes bytes from one output of the logits to the next
 * @param outputs number of outputs
 * @param targets [image, output] u32, 1 or 0, of all images
 * @param order [lane] u32 index of the image in each lane of the block
 * @param count images of the block
 * @param losses [lane] u32, set to each image's loss in 2^-20 nat
 * @param scale 1 / outputs
 * @returns the number of outputs that are above 0 where the target is 1, and not where it is 0
 */
import { exp } from './shared/exp';
import { lanesOf, storeLosses, targetsOf } from './shared/loss';
import { log1p } from './shared/log1p';

const LANES = 12;

export function sigmoid_cross_entropy(
  logits: usize,
  partBytes: i32,
  outputBytes: i32,
  outputs: i32,
  targets: usize,
  order: usize,
  count: i32,
  losses: usize,
  scale: f64,
): i32 {
  let correct = 0;
  const zero = f32x4.splat(0);
  for (let image = 0; image < count; image += 4) {
    const column = logits + (image / LANES) * partBytes + ((image % LANES) << 2);
    const lanes = lanesOf(image, count);
    const at = order + (image << 2);
    // Of the first two images, and of the others.
    let first = f64x2.splat(0);
    let second = f64x2.splat(0);
    let correctOutputs = i32x4.splat(0);
    for (let output = 0; output < outputs; output++) {
      const logit = v128.load(column + output * outputBytes);
      // The sign bit where the target is 1.
      const sign = i32x4.shl(targetsOf(targets, at, lanes, outputs, output), 31);
      const margin = v128.xor(logit, sign);
      const decay = exp(f32x4.neg(f32x4.pmin(f32x4.abs(logit), f32x4.splat(80))));
      const loss = f32x4.add(f32x4.pmax(margin, zero), log1p(decay));
      first = f64x2.add(first, f64x2.promote_low_f32x4(loss));
      second = f64x2.add(second, f64x2.promote_low_f32x4(v128.shuffle<i64>(loss, loss, 1, 1)));
      const isAbove = f32x4.gt(logit, zero);
      const isOne = i32x4.shr_s(sign, 31);
      correctOutputs = i32x4.sub(correctOutputs, i32x4.eq(isAbove, isOne));
    }
    storeLosses(losses + (image << 2), lanes, first, second, scale);
    correct += i32x4.extract_lane(correctOutputs, 0);
    if (lanes > 1) correct += i32x4.extract_lane(correctOutputs, 1);
    if (lanes > 2) correct += i32x4.extract_lane(correctOutputs, 2);
    if (lanes > 3) correct += i32x4.extract_lane(correctOutputs, 3);
  }
  return correct;
}
