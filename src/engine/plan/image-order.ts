/**
 * The order in which images prove soonest that a loss is too high: by falling loss, equal ones as they are.
 *
 * @param losses in `LOSS_UNITS`, by place
 * @returns for each place, the place that its image comes from
 */
export function hardestFirst(losses: Uint32Array): Uint32Array {
  // Loss and place in one number each, so that the sort needs no comparing function: 32 + 21 bits.
  const keys = new Float64Array(losses.length);
  losses.forEach((loss, place) => (keys[place] = (0xffffffff - loss) * 2 ** 21 + place));
  keys.sort();
  const source = new Uint32Array(losses.length);
  keys.forEach((key, place) => (source[place] = key % 2 ** 21));
  return source;
}
