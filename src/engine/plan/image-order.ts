/**
 * The visiting order in which a loss above a limit shows after the fewest images: images by falling loss, equal losses
 * in their previous order.
 *
 * @param losses [place] in `LOSS_UNITS`; at most 2^21 images
 * @returns for each new place, the place that its image was at
 */
export function highestLossFirst(losses: Uint32Array): Uint32Array {
  // Loss (32 bits) and place (21 bits) in one float64, so that the sort needs no comparison function.
  const keys = new Float64Array(losses.length);
  losses.forEach((loss, place) => (keys[place] = (0xffffffff - loss) * 2 ** 21 + place));
  keys.sort();
  const source = new Uint32Array(losses.length);
  keys.forEach((key, place) => (source[place] = key % 2 ** 21));
  return source;
}
