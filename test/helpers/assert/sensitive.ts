import * as assert from 'uvu/assert';

/**
 * Checks that a tolerance is tight enough to notice the smallest mistakes: fails unless `expect`, a comparison with the
 * reference by `assertClose`, throws for a flipped mask bit and for two swapped weights.
 */
export function assertSensitive(
  weight: Float32Array,
  mask: Uint32Array,
  expect: (weight: Float32Array, mask: Uint32Array) => void,
): void {
  const kept = Array.from(weight.keys()).filter((i) => (mask[i >>> 5]! >>> (i & 31)) & 1);
  const last = kept.at(-1)!;
  const flipped = mask.slice();
  flipped[last >>> 5]! ^= 1 << (last & 31);
  assert.throws(() => expect(weight, flipped), /are off/, 'a flipped mask bit goes unnoticed');

  const [a, b] = [kept[0]!, last];
  if (a === b) return;
  const swapped = weight.slice();
  [swapped[a], swapped[b]] = [weight[b]!, weight[a]!];
  assert.throws(() => expect(swapped, mask), /are off/, 'swapped weights go unnoticed');
}
