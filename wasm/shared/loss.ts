/** What the losses with several targets per image share: the targets of four images, and their losses in fixed point. */

/** MAX_LOSS and LOSS_UNITS of src/kernels/loss-sum.ts. */
export const MAX_LOSS: f64 = 4095;
export const LOSS_UNITS: f64 = 1048576;

/** Images of a vector of four that starts at `image`. */
export function lanesOf(image: i32, count: i32): i32 {
  return min(count - image, 4);
}

/**
 * One target of each of up to four images, as 32-bit words; of lanes without an image that of the first.
 *
 * @param targets [image, target]
 * @param order [lane] u32 index of the image
 * @param perImage number of targets of an image
 * @param index of the target
 */
export function targetsOf(targets: usize, order: usize, lanes: i32, perImage: i32, index: i32): v128 {
  let words = i32x4.splat(load<i32>(targetOf(targets, order, 0, perImage, index)));
  if (lanes > 1)
    words = i32x4.replace_lane(words, 1, load<i32>(targetOf(targets, order, 1, perImage, index)));
  if (lanes > 2)
    words = i32x4.replace_lane(words, 2, load<i32>(targetOf(targets, order, 2, perImage, index)));
  if (lanes > 3)
    words = i32x4.replace_lane(words, 3, load<i32>(targetOf(targets, order, 3, perImage, index)));
  return words;
}

function targetOf(targets: usize, order: usize, lane: i32, perImage: i32, index: i32): usize {
  const image = <usize>load<u32>(order + (lane << 2));
  return targets + ((image * <usize>perImage + <usize>index) << 2);
}

/**
 * Stores the losses of up to four images.
 *
 * @param losses [lane] u32
 * @param first sums over the outputs of the first two images
 * @param second of the other two
 */
export function storeLosses(losses: usize, lanes: i32, first: v128, second: v128, scale: f64): void {
  store<u32>(losses, unitsOf(f64x2.extract_lane(first, 0) * scale));
  if (lanes > 1) store<u32>(losses, unitsOf(f64x2.extract_lane(first, 1) * scale), 4);
  if (lanes > 2) store<u32>(losses, unitsOf(f64x2.extract_lane(second, 0) * scale), 8);
  if (lanes > 3) store<u32>(losses, unitsOf(f64x2.extract_lane(second, 1) * scale), 12);
}

function unitsOf(loss: f64): u32 {
  return <u32>nearest(min(loss, MAX_LOSS) * LOSS_UNITS);
}
